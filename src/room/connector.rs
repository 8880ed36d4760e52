//! Connections to the signaling server, which take a seat in a room or resume it.

use futures::{FutureExt, SinkExt, StreamExt, select_biased};

use super::{
    join::{Join, Token},
    kept_seat::UNKNOWN_COUNT,
    presence::{MAX_PEERS, is_valid},
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::online,
    log::log,
    peer::IceServer,
    signaling::{
        self, ClientMessage, ErrorCode, Joined, Peer, ResumeToken, ServerError, ServerMessage, SignalingSocket,
        is_frame_error, socket_closed,
    },
    timer::Sleep,
};

const OPERATION: &str = "join";

/// Maximum number of ICE servers that are accepted from the signaling server, and of URLs of each.
const MAX_ICE_SERVERS: usize = 32;

/// Maximum number of unresponsive sockets that are kept open.
const MAX_UNRESPONSIVE: usize = 8;

/// Time in which the server's last message is read after sending on the socket has failed.
const LAST_MESSAGE_MS: u32 = 2_000;

/// A seat in a room, from the server's `joined` message.
pub(super) struct Seat {
    pub(super) socket: SignalingSocket,
    pub(super) you: Peer,
    pub(super) peers: Vec<Peer>,
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) heartbeat_ms: u32,
    pub(super) max_frame_bytes: usize,
    pub(super) resume: Option<ResumeToken>,
    /// True if the previous seat was resumed.
    pub(super) resumed: bool,
    /// Number of numbered frames that the server has received.
    pub(super) received: u32,
}

/// Takes and resumes seats in one room.
pub(super) struct Connector {
    url: String,
    request: signaling::Join,
    token: Token,
    /// Unresponsive sockets, one of which may still hold the seat on the server. Closing that one before the seat is
    /// resumed on another socket would give up the seat.
    unresponsive: Vec<SignalingSocket>,
}

impl Connector {
    pub(super) fn new(url: &str, join: &Join) -> Self {
        Self { url: url.to_owned(), request: join.request(), token: join.token.clone(), unresponsive: Vec::new() }
    }

    /// Keeps an unresponsive socket open until another socket has the seat.
    pub(super) fn set_aside(&mut self, socket: SignalingSocket) {
        // The first socket had the seat. The later ones may never have received an answer.
        if self.unresponsive.len() == MAX_UNRESPONSIVE {
            self.unresponsive.remove(1);
        }
        self.unresponsive.push(socket);
    }

    /// Takes a seat, or resumes it with a resume token. Cancel safe: if the future is dropped, the seat is given up.
    ///
    /// The token provider is called only if the server requires a token, and while no socket is open, because it may
    /// take as long as a request to another server.
    pub(super) async fn enter(&mut self, resume: Option<ResumeToken>, received: u32, timeout_ms: u32) -> Result<Seat> {
        let is_resumable = resume.is_some() && received != UNKNOWN_COUNT;
        let token = if is_resumable { self.token.fixed() } else { self.token.request(timeout_ms).await? };
        match self.try_to_enter(resume.clone(), received, token, timeout_ms).await {
            Err(error) if is_resumable && is_unauthorized(&error) && self.token.has_provider() => {
                let token = self.token.request(timeout_ms).await?;
                self.try_to_enter(resume, received, token, timeout_ms).await
            }
            entered => entered,
        }
    }

    async fn try_to_enter(
        &mut self,
        resume: Option<ResumeToken>,
        received: u32,
        token: Option<String>,
        timeout_ms: u32,
    ) -> Result<Seat> {
        let timed_out = || Error::new(OPERATION, ErrorKind::Timeout, "the signaling server does not answer");
        let request = ClientMessage::Join(self.request.clone().resume(resume).received(received).token(token));
        let mut timeout = Sleep::new(timeout_ms).fuse();
        let mut online = online();
        let mut socket = loop {
            select_biased! {
                socket = SignalingSocket::connect(&self.url).boxed_local().fuse() => break socket?,
                // The network has returned, and the system would wait seconds before it repeats the request.
                () = online.select_next_some() => {}
                () = timeout => return Err(timed_out()),
            }
        };
        let seat_on = select_biased! {
            joined = request_seat(&mut socket, request).boxed_local().fuse() => joined?,
            () = timeout => {
                // The server may have assigned the seat to this socket in the meantime.
                self.set_aside(socket);
                return Err(timed_out());
            }
        };
        self.unresponsive.clear();
        let seat = seat_on(socket);
        log!(info, "joined as {}, resumed: {}, peers: {}", seat.you.id, seat.resumed, seat.peers.len());
        Ok(seat)
    }
}

/// Returns the reason for the end of a socket, given the error of an operation on it. If sending failed, the server's last
/// message may still be unread.
pub(super) async fn last_error(socket: &mut SignalingSocket, error: Error) -> Error {
    if *error.kind() != ErrorKind::Closed {
        return error;
    }
    let mut limit = Sleep::new(LAST_MESSAGE_MS).fuse();
    loop {
        let message = select_biased! {
            message = socket.next().fuse() => message,
            () = limit => return error,
        };
        match message {
            Some(Ok(ServerMessage::Error(ServerError { code, message, frame: None, .. }))) => {
                return Error::signaling(OPERATION, &code, message);
            }
            Some(Err(last)) if !is_frame_error(&last) => return last,
            Some(_) => {}
            None => return error,
        }
    }
}

/// Sends the request, and returns a function that makes the seat from the server's answer and the socket.
async fn request_seat(
    socket: &mut SignalingSocket,
    request: ClientMessage,
) -> Result<impl FnOnce(SignalingSocket) -> Seat + use<>> {
    if let Err(error) = socket.send(request).await {
        return Err(last_error(socket, error).await);
    }
    loop {
        let message = match socket.next().await.ok_or_else(|| socket_closed(OPERATION))? {
            // A newer server may send messages of unknown types.
            Err(error) if *error.kind() == ErrorKind::NotSupported => continue,
            message => message?,
        };
        match message {
            ServerMessage::Joined(Joined {
                you,
                mut peers,
                resume,
                resumed,
                received,
                ice_servers,
                heartbeat_ms,
                max_frame_bytes,
                ..
            }) => {
                if !is_valid(&you) || !peers.iter().all(is_valid) {
                    let message = "the ids or names in the signaling server's `joined` are too long";
                    return Err(Error::new(OPERATION, ErrorKind::Syntax, message));
                }
                peers.truncate(MAX_PEERS);
                let mut ice_servers: Vec<IceServer> =
                    ice_servers.into_iter().take(MAX_ICE_SERVERS).map(Into::into).collect();
                ice_servers.iter_mut().for_each(|server| server.urls.truncate(MAX_ICE_SERVERS));
                let max_frame_bytes = usize::try_from(max_frame_bytes).unwrap_or(usize::MAX);
                return Ok(move |socket| Seat {
                    socket,
                    you,
                    peers,
                    ice_servers,
                    heartbeat_ms,
                    max_frame_bytes,
                    resume,
                    resumed,
                    received,
                });
            }
            ServerMessage::Error(ServerError { code, message, .. }) => {
                return Err(Error::signaling(OPERATION, &code, message));
            }
            _ => {}
        }
    }
}

fn is_unauthorized(error: &Error) -> bool {
    error.signaling_code() == Some(ErrorCode::Unauthorized)
}

/// Returns whether retrying is pointless: the server rejects this join permanently, or has the seat on another socket.
/// `NameTaken` is not final, because the name may still be taken by this client's previous seat.
pub(super) fn is_final(error: &Error) -> bool {
    match error.signaling_code() {
        Some(code) => matches!(
            code,
            ErrorCode::Unauthorized
                | ErrorCode::BadName
                | ErrorCode::BadRoom
                | ErrorCode::BadMessage
                | ErrorCode::TooLarge
                | ErrorCode::UnsupportedVersion
                | ErrorCode::AlreadyJoined
        ),
        None => matches!(error.kind(), ErrorKind::Security | ErrorKind::Syntax),
    }
}
