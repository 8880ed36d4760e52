//! How a seat is taken, and taken back.

use futures::{FutureExt, SinkExt, StreamExt, select_biased};
use gloo_timers::future::TimeoutFuture;

use super::Join;
use crate::{
    error::{Error, ErrorKind, Result},
    peer::IceServer,
    signaling::{ClientMessage, ErrorCode, Peer, ResumeToken, ServerMessage, SignalingSocket},
};

const OPERATION: &str = "join";

/// A seat, as the server gives it.
pub(super) struct Seat {
    pub(super) socket: SignalingSocket,
    pub(super) you: Peer,
    pub(super) peers: Vec<Peer>,
    pub(super) ice_servers: Vec<IceServer>,
    pub(super) heartbeat_ms: u32,
    pub(super) resume: Option<ResumeToken>,
    /// Whether it is the one that we had.
    pub(super) resumed: bool,
    /// How many of our numbered frames the server has had.
    pub(super) received: u32,
}

/// The way to a seat in one room.
pub(super) struct Door {
    url: String,
    join: Join,
    /// Sockets that fell silent, and may have the seat still as far as the server knows. To close one would give the
    /// seat up; once it is taken back over another, that does no harm.
    silent: Vec<SignalingSocket>,
}

impl Door {
    pub(super) fn new(url: &str, join: Join) -> Self {
        Self { url: url.to_owned(), join, silent: Vec::new() }
    }

    /// Keeps a socket of which nothing is heard, until there is another.
    pub(super) fn set_aside(&mut self, socket: SignalingSocket) {
        self.silent.push(socket);
    }

    /// Takes a seat, or takes it back where there is a token for it. Cancel safe: dropped early, the seat is given up.
    pub(super) async fn enter(&mut self, resume: Option<ResumeToken>, received: u32, limit_ms: u32) -> Result<Seat> {
        let late = || Error::new(OPERATION, ErrorKind::Timeout, "the signaling server does not answer");
        let mut limit = TimeoutFuture::new(limit_ms).fuse();
        let mut socket = select_biased! {
            socket = SignalingSocket::connect(&self.url).boxed_local().fuse() => socket?,
            () = limit => return Err(late()),
        };
        let Join { room, name, token, .. } = self.join.clone();
        let request = ClientMessage::Join { room, name, resume, received, token };
        let joined = select_biased! {
            joined = ask(&mut socket, request).boxed_local().fuse() => joined?,
            () = limit => {
                // It may have given the seat all the same.
                self.silent.push(socket);
                return Err(late());
            }
        };
        self.silent.clear();
        Ok(joined(socket))
    }
}

/// What the server answers, but for the socket.
async fn ask(
    socket: &mut SignalingSocket,
    request: ClientMessage,
) -> Result<impl FnOnce(SignalingSocket) -> Seat + use<>> {
    socket.send(request).await?;
    loop {
        let message = match socket.next().await.ok_or_else(|| Error::closed(OPERATION))? {
            // It may be the word of a newer server.
            Err(error) if *error.kind() == ErrorKind::Syntax => continue,
            message => message?,
        };
        match message {
            ServerMessage::Joined { you, peers, resume, resumed, received, ice_servers, heartbeat_ms, .. } => {
                let ice_servers = ice_servers.into_iter().map(Into::into).collect();
                return Ok(move |socket| Seat {
                    socket,
                    you,
                    peers,
                    ice_servers,
                    heartbeat_ms,
                    resume,
                    resumed,
                    received,
                });
            }
            ServerMessage::Error { code, message, .. } => {
                return Err(Error::signaling(OPERATION, code, message));
            }
            _ => {}
        }
    }
}

/// Whether it makes no sense to try again later: the server would refuse this join at any time. A name that is taken
/// may be our own, in the seat that we had.
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
        ),
        kind => matches!(kind, ErrorKind::Security | ErrorKind::Syntax),
    }
}
