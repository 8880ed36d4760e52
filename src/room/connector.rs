//! Connections to the signaling server: taking a seat, and resuming it.

use futures::{FutureExt, SinkExt, StreamExt, select_biased};
use gloo_timers::future::TimeoutFuture;

use super::{
    join::{Join, Token},
    kept_seat::UNKNOWN_COUNT,
    presence::{MAX_PEERS, is_valid},
};
use crate::{
    error::{Error, ErrorKind, Result},
    peer::IceServer,
    signaling::{
        self, ClientMessage, ErrorCode, Joined, Peer, ResumeToken, ServerError, ServerMessage, SignalingSocket,
        is_frame_error,
    },
};

const OPERATION: &str = "join";

/// Maximum number of ICE servers that are taken from the signaling server, and of URLs from each.
const MAX_ICE_SERVERS: usize = 32;

/// Maximum number of sockets that are kept open because the server may have a seat for them.
const MAX_SILENT: usize = 8;

/// Time for which the last message of a server that has closed its socket may arrive.
const LAST_MESSAGE_MS: u32 = 2_000;

/// A seat, as the server gives it.
pub(super) struct Seat {
    pub(super) socket: SignalingSocket,
    pub(super) you: Peer,
    pub(super) peers: Vec<Peer>,
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) heartbeat_ms: u32,
    pub(super) max_frame_bytes: usize,
    pub(super) resume: Option<ResumeToken>,
    /// True if this is the former seat.
    pub(super) resumed: bool,
    /// Number of numbered frames that the server has received.
    pub(super) received: u32,
}

/// Takes seats in one room.
pub(super) struct Connector {
    url: String,
    request: signaling::Join,
    token: Token,
    /// Sockets that fell silent, and may still have the seat as far as the server knows. Closing one would give up the
    /// seat, until it is resumed over another socket.
    silent: Vec<SignalingSocket>,
}

impl Connector {
    pub(super) fn new(url: &str, join: &Join) -> Self {
        Self { url: url.to_owned(), request: join.request(), token: join.token.clone(), silent: Vec::new() }
    }

    /// Keeps a silent socket until another has the seat.
    pub(super) fn set_aside(&mut self, socket: SignalingSocket) {
        // The first one had the seat; the later ones may have had no answer.
        if self.silent.len() == MAX_SILENT {
            self.silent.remove(1);
        }
        self.silent.push(socket);
    }

    /// Takes a seat, or resumes it with a resume token. Cancel safe: dropped early, the seat is given up.
    ///
    /// A provider is only asked for a token if the server requires one, and while no socket is open, as it may have to
    /// ask a server of its own.
    pub(super) async fn enter(&mut self, resume: Option<ResumeToken>, received: u32, limit_ms: u32) -> Result<Seat> {
        let is_resumable = resume.is_some() && received != UNKNOWN_COUNT;
        let token = if is_resumable { self.token.fixed() } else { self.token.provided(limit_ms).await? };
        match self.try_to_enter(resume.clone(), received, token, limit_ms).await {
            Err(error) if is_resumable && is_unauthorized(&error) && self.token.is_provided() => {
                let token = self.token.provided(limit_ms).await?;
                self.try_to_enter(resume, received, token, limit_ms).await
            }
            entered => entered,
        }
    }

    async fn try_to_enter(
        &mut self,
        resume: Option<ResumeToken>,
        received: u32,
        token: Option<String>,
        limit_ms: u32,
    ) -> Result<Seat> {
        let late = || Error::new(OPERATION, ErrorKind::Timeout, "the signaling server does not answer");
        let request = ClientMessage::Join(self.request.clone().resume(resume).received(received).token(token));
        let mut limit = TimeoutFuture::new(limit_ms).fuse();
        let mut socket = select_biased! {
            socket = SignalingSocket::connect(&self.url).boxed_local().fuse() => socket?,
            () = limit => return Err(late()),
        };
        let joined = select_biased! {
            joined = ask(&mut socket, request).boxed_local().fuse() => joined?,
            () = limit => {
                // The server may have given the seat nevertheless.
                self.set_aside(socket);
                return Err(late());
            }
        };
        self.silent.clear();
        Ok(joined(socket))
    }
}

/// Returns the reason for the end of a socket. The last message of the server may be unread if sending failed first.
pub(super) async fn last_error(socket: &mut SignalingSocket, error: Error) -> Error {
    if *error.kind() != ErrorKind::Closed {
        return error;
    }
    let mut limit = TimeoutFuture::new(LAST_MESSAGE_MS).fuse();
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

/// Returns the server's answer, without the socket.
async fn ask(
    socket: &mut SignalingSocket,
    request: ClientMessage,
) -> Result<impl FnOnce(SignalingSocket) -> Seat + use<>> {
    if let Err(error) = socket.send(request).await {
        return Err(last_error(socket, error).await);
    }
    loop {
        let message = match socket.next().await.ok_or_else(|| Error::closed(OPERATION))? {
            // It may be a message of a newer server.
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
                    let message = "the ids or names in `joined` are too long";
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

/// Returns whether a retry is of no use: the server would refuse this join at any time, or has the seat on another
/// socket. A name that is taken may be this client's own, in its former seat.
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
