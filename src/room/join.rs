//! Options for joining a room.

use std::{fmt, future::Future, rc::Rc, time::Duration};

use futures::{FutureExt, TryFutureExt, future::LocalBoxFuture, select_biased};

use crate::{
    error::{Error, ErrorKind, Result},
    peer::Configuration,
    session::Recovery,
    signaling,
    timer::Sleep,
};

/// The default of [`Join::give_up_after`].
const DEFAULT_GIVE_UP_AFTER: Duration = Duration::from_secs(5 * 60);

/// The default of [`Join::ring_time`].
const DEFAULT_RING_TIME: Duration = Duration::from_secs(45);

/// The operation name in errors of a token provider.
pub(super) const TOKEN_OPERATION: &str = "token";

/// The room to join, the name to join under, and options.
///
/// # Examples
/// ```
/// use browser_rtc::{
///     peer::{Configuration, IceServer, IceTransportPolicy},
///     room::Join,
///     session::Recovery,
/// };
/// use std::time::Duration;
///
/// let relay = IceServer::turn("turn:turn.example.org", "ada", "secret");
/// let join = Join::new("lobby", "Ada")
///     .give_up_after(Duration::from_secs(60))
///     .configuration(Configuration::new().ice_server(relay).ice_transport_policy(IceTransportPolicy::Relay))
///     .recovery(Recovery::new().attempts(3))
///     .ring_time(Duration::from_secs(30))
///     .keep_seat();
/// # let _ = join;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Join {
    pub(super) room: String,
    pub(super) name: String,
    pub(super) token: Token,
    pub(super) give_up_after: Duration,
    pub(super) configuration: Configuration,
    pub(super) recovery: Recovery,
    pub(super) ring_time: Duration,
    pub(super) keeps_seat: bool,
}

/// The access token of a client, with which the server authorizes its join.
#[derive(Clone)]
pub(super) enum Token {
    None,
    Fixed(String),
    Provider(Rc<dyn Fn() -> LocalBoxFuture<'static, Result<String>>>),
}

impl Join {
    /// Creates options to join `room` under `name`, each of 1 to 64 characters. The name must be unique in the room.
    pub fn new(room: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            room: room.into(),
            name: name.into(),
            token: Token::None,
            give_up_after: DEFAULT_GIVE_UP_AFTER,
            configuration: Configuration::default(),
            recovery: Recovery::default(),
            ring_time: DEFAULT_RING_TIME,
            keeps_seat: false,
        }
    }

    /// Sets the access token, for servers that require one.
    ///
    /// This replaces a [`token_provider`](Self::token_provider). If the token has expired when the room has to join again,
    /// such as after a restart of the server, the room is lost.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Token::Fixed(token.into());
        self
    }

    /// Sets a function that provides access tokens, such as by a request to the application's server.
    ///
    /// This replaces a [`token`](Self::token). The function is called before the first join. When the room reconnects, it
    /// is called if the server has not kept the seat and requires a token again. It has 20 seconds to resolve, or 10
    /// seconds when the room reconnects. After that, the attempt fails with `Timeout`.
    ///
    /// If the function returns an error, [`Room::join`](super::Room::join) fails with kind `Other`. When the room
    /// reconnects, the error is emitted as [`RoomEvent::Refused`](super::RoomEvent::Refused), and the function is called
    /// again at the next attempt.
    ///
    /// # Examples
    /// ```
    /// use browser_rtc::room::Join;
    ///
    /// async fn fetch_token() -> Result<String, std::io::Error> {
    ///     Ok("eyJhbGciOiJIUzI1NiJ9…".to_owned())
    /// }
    ///
    /// let join = Join::new("lobby", "Ada").token_provider(fetch_token);
    /// # let _ = join;
    /// ```
    #[must_use]
    pub fn token_provider<F, E>(mut self, provider: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = std::result::Result<String, E>> + 'static,
        E: fmt::Display,
    {
        let provider_error =
            |error: E| Error::new(TOKEN_OPERATION, ErrorKind::Other, format!("the token provider failed: {error}"));
        self.token = Token::Provider(Rc::new(move || provider().map_err(provider_error).boxed_local()));
        self
    }

    /// Sets how long the room tries to reconnect after it has lost the connection to the server, before it emits
    /// [`RoomEvent::Lost`](super::RoomEvent::Lost). With zero, it does not reconnect. Default: 5 minutes.
    #[must_use]
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = time;
        self
    }

    /// Sets the configuration of the room's calls, such as ICE servers, a relay-only policy, or certificates.
    ///
    /// The ICE servers that the signaling server provides are appended to those of the configuration. Each call fails if
    /// the browser rejects the configuration.
    #[must_use]
    pub fn configuration(mut self, configuration: Configuration) -> Self {
        self.configuration = configuration;
        self
    }

    /// Sets how the room's calls recover when the network between the two peers fails.
    #[must_use]
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// Sets how long [`Room::call`](super::Room::call) waits for an answer, unless the call has a
    /// [ring time of its own](super::CallOptions::ring_time). An incoming call whose caller has set none rings for up to
    /// 15 seconds longer, in case the caller's cancellation is lost. Default: 45 seconds.
    #[must_use]
    pub fn ring_time(mut self, time: Duration) -> Self {
        self.ring_time = time;
        self
    }

    /// Keeps the seat's resume token in the page's `sessionStorage`, so that a reloaded page can join under the same name
    /// immediately.
    ///
    /// Without this option, the name stays taken after a crash, or after any other end of the page that does not close its
    /// socket, until the server detects that the page no longer exists: 15 seconds by default.
    ///
    /// The reloaded page gets a new seat with a new id, because it has lost the state of the previous one. The other
    /// peers see the previous peer leave with [`LeaveReason::Replaced`](crate::signaling::LeaveReason::Replaced).
    ///
    /// The token is removed when the seat has been given up or taken over. Scripts of the page's origin can read it. A
    /// duplicated tab has a copy of it: if that tab joins the same room under the same name, it takes over the seat, and
    /// the room of the first tab is lost with [`ErrorCode::AlreadyJoined`](crate::signaling::ErrorCode::AlreadyJoined).
    /// This also applies if one page joins twice. If the page may not use `sessionStorage`, this option has no effect.
    #[must_use]
    pub fn keep_seat(mut self) -> Self {
        self.keeps_seat = true;
        self
    }

    /// Returns the part of the join request that is the same in each attempt.
    pub(super) fn request(&self) -> signaling::Join {
        signaling::Join::new(&self.room, &self.name)
    }
}

impl Token {
    pub(super) fn has_provider(&self) -> bool {
        matches!(self, Self::Provider(_))
    }

    /// Returns the fixed token, if there is one.
    pub(super) fn fixed(&self) -> Option<String> {
        if let Self::Fixed(token) = self { Some(token.clone()) } else { None }
    }

    /// Returns the fixed token, or requests one from the provider.
    pub(super) async fn request(&self, timeout_ms: u32) -> Result<Option<String>> {
        let Self::Provider(provider) = self else { return Ok(self.fixed()) };
        select_biased! {
            token = provider().fuse() => token.map(Some),
            () = Sleep::new(timeout_ms).fuse() => {
                Err(Error::new("join", ErrorKind::Timeout, "the token provider does not answer"))
            }
        }
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Fixed(token), Self::Fixed(other)) => token == other,
            (Self::Provider(provider), Self::Provider(other)) => Rc::ptr_eq(provider, other),
            _ => false,
        }
    }
}

impl Eq for Token {}

/// Formats the options without the token, because the output may be logged.
impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join")
            .field("room", &self.room)
            .field("name", &self.name)
            .field("give_up_after", &self.give_up_after)
            .field("configuration", &self.configuration)
            .field("recovery", &self.recovery)
            .field("ring_time", &self.ring_time)
            .field("keeps_seat", &self.keeps_seat)
            .finish_non_exhaustive()
    }
}
