//! Taking a seat, and taking it back.

use futures::{FutureExt, SinkExt, StreamExt, select_biased};
use gloo_timers::future::TimeoutFuture;

use super::{
    Join,
    join::Token,
    receive::{MAX_PEERS, is_of_one_frame, is_valid},
};
use crate::{
    error::{Error, ErrorKind, Result},
    peer::IceServer,
    signaling::{
        self, ClientMessage, ErrorCode, Joined, Peer, ResumeToken, ServerError, ServerMessage, SignalingSocket,
    },
};

const OPERATION: &str = "join";

/// The number of ICE servers that are taken from the signaling server, and of URLs from each.
const MAX_ICE_SERVERS: usize = 32;

/// The number of sockets that are kept open because the server may have a seat for them.
const MAX_SILENT: usize = 8;

/// How long to wait for the last words of a server that has closed its socket.
const LAST_WORDS_MS: u32 = 2_000;

/// A seat, as the server gives it.
pub(super) struct Seat {
    pub(super) socket: SignalingSocket,
    pub(super) you: Peer,
    pub(super) peers: Vec<Peer>,
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) heartbeat_ms: u32,
    pub(super) max_frame_bytes: usize,
    pub(super) resume: Option<ResumeToken>,
    /// Whether it is the seat of before.
    pub(super) resumed: bool,
    /// The number of numbered frames that the server has received.
    pub(super) received: u32,
}

/// The way to a seat in one room.
pub(super) struct Connector {
    url: String,
    request: signaling::Join,
    token: Token,
    /// Sockets that fell silent, and may still have the seat as far as the server knows. To close one would give the
    /// seat up; once it is taken back over another, that does no harm.
    silent: Vec<SignalingSocket>,
}

impl Connector {
    pub(super) fn new(url: &str, join: &Join) -> Self {
        Self { url: url.to_owned(), request: join.request(), token: join.token.clone(), silent: Vec::new() }
    }

    /// Keeps a silent socket until there is another.
    pub(super) fn set_aside(&mut self, socket: SignalingSocket) {
        // The first one had the seat; those after it may have had no answer.
        if self.silent.len() == MAX_SILENT {
            self.silent.remove(1);
        }
        self.silent.push(socket);
    }

    /// Takes a seat, or takes it back with a resume token. Cancel safe: dropped early, the seat is given up.
    ///
    /// A provider is only asked for a token where the server does not do without, and while no socket is open, as it may
    /// have to ask a server of its own.
    pub(super) async fn enter(&mut self, resume: Option<ResumeToken>, received: u32, limit_ms: u32) -> Result<Seat> {
        let is_resumable = resume.is_some() && received != super::kept_seat::UNKNOWN_COUNT;
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
                // The server may have given the seat all the same.
                self.set_aside(socket);
                return Err(late());
            }
        };
        self.silent.clear();
        Ok(joined(socket))
    }
}

/// Returns why a socket has ended. What the server said last may be unread where sending failed first.
pub(super) async fn last_error(socket: &mut SignalingSocket, error: Error) -> Error {
    if *error.kind() != ErrorKind::Closed {
        return error;
    }
    let mut limit = TimeoutFuture::new(LAST_WORDS_MS).fuse();
    loop {
        let message = select_biased! {
            message = socket.next().fuse() => message,
            () = limit => return error,
        };
        match message {
            Some(Ok(ServerMessage::Error(ServerError { code, message, frame: None, .. }))) => {
                return Error::signaling(OPERATION, code, message);
            }
            Some(Err(last)) if !is_of_one_frame(&last) => return last,
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
                return Err(Error::signaling(OPERATION, code, message));
            }
            _ => {}
        }
    }
}

fn is_unauthorized(error: &Error) -> bool {
    *error.kind() == ErrorKind::Signaling(ErrorCode::Unauthorized)
}

/// Whether it makes no sense to retry: the server would refuse this join at any time, or has the seat on another
/// socket. A name that is taken may be this client's own, in its former seat.
pub(super) fn is_final(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Signaling(code) => matches!(
            code,
            ErrorCode::Unauthorized
                | ErrorCode::BadName
                | ErrorCode::BadRoom
                | ErrorCode::BadMessage
                | ErrorCode::TooLarge
                | ErrorCode::UnsupportedVersion
                | ErrorCode::AlreadyJoined
        ),
        kind => matches!(kind, ErrorKind::Security | ErrorKind::Syntax),
    }
}
