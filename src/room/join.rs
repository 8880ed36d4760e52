//! Options of joining a room.

use std::{fmt, future::Future, rc::Rc, time::Duration};

use futures::{FutureExt, TryFutureExt, future::LocalBoxFuture, select_biased};
use gloo_timers::future::TimeoutFuture;

use crate::{
    error::{Error, ErrorKind, Result},
    peer::Configuration,
    session::Recovery,
    signaling,
};

/// The default of [`Join::give_up_after`].
const GIVE_UP_AFTER: Duration = Duration::from_secs(5 * 60);

/// The default of [`Join::ring_time`].
const RING_TIME: Duration = Duration::from_secs(45);

/// The operation of the errors of a provider of tokens.
pub(super) const PROVIDER: &str = "token";

/// The room to join, the name to join with, and options.
///
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

/// The proof that the client may join.
#[derive(Clone)]
pub(super) enum Token {
    None,
    Fixed(String),
    Provider(Rc<dyn Fn() -> LocalBoxFuture<'static, Result<String>>>),
}

impl Join {
    /// Creates the request to join a room under a name that is unique in it, each of 1 to 64 characters.
    pub fn new(room: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            room: room.into(),
            name: name.into(),
            token: Token::None,
            give_up_after: GIVE_UP_AFTER,
            configuration: Configuration::default(),
            recovery: Recovery::default(),
            ring_time: RING_TIME,
            keeps_seat: false,
        }
    }

    /// Sets the token that proves to the server that the client may join, if the server requires one. It replaces a
    /// [`token_provider`](Self::token_provider). Once it has expired, a restart of the server ends the room.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Token::Fixed(token.into());
        self
    }

    /// Sets a function that provides a token, such as from the application's own server. It replaces a
    /// [`token`](Self::token).
    ///
    /// It is called before the first join, and whenever the room reconnects and the server requires a token again,
    /// because it no longer knows the seat. It may take 20 seconds, or 10 seconds when reconnecting; then the attempt to
    /// join fails with `Timeout`.
    ///
    /// An error of the function fails [`Room::join`](super::Room::join). When reconnecting, it is reported as
    /// [`RoomEvent::Refused`](super::RoomEvent::Refused), and the function is called again with the next attempt.
    ///
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
        let failed = |error: E| Error::new(PROVIDER, ErrorKind::Other, format!("the token provider failed: {error}"));
        self.token = Token::Provider(Rc::new(move || provider().map_err(failed).boxed_local()));
        self
    }

    /// Sets how long the room tries to reconnect each time that the server is lost, before the room is lost as well.
    /// Default: five minutes. With a time of zero, the first loss is final.
    #[must_use]
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = time;
        self
    }

    /// Sets the configuration of the room's calls, such as ICE servers, a policy that only allows relays, or
    /// certificates. The ICE servers that the signaling server states are added after those of the configuration. One
    /// that the browser refuses fails each call.
    #[must_use]
    pub fn configuration(mut self, configuration: Configuration) -> Self {
        self.configuration = configuration;
        self
    }

    /// Sets the recovery of the room's calls after the network between the two peers breaks.
    #[must_use]
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// Sets how long [`Room::call`](super::Room::call) waits for an answer. A call from another peer rings for 15 seconds
    /// longer, unless its caller gives up before. Default: 45 seconds.
    #[must_use]
    pub fn ring_time(mut self, time: Duration) -> Self {
        self.ring_time = time;
        self
    }

    /// Keeps the seat's resume token in the page's `sessionStorage`, so that the name is free at once for a page that
    /// was reloaded after a crash, or whose socket did not close properly. Otherwise the name is taken until the server
    /// notices that the former page is gone, which takes it 15 seconds by default.
    ///
    /// The reloaded page gets a new seat with a new id, as it has lost the state of the former one. The other peers see
    /// the former seat leave with [`LeaveReason::Replaced`](crate::signaling::LeaveReason::Replaced).
    ///
    /// The token is removed when the seat has been given up or taken over. A tab that was duplicated has a copy of it: if
    /// that tab joins with the same room and name, it takes over the seat, and the room of the first tab is lost with
    /// `Signaling` with [`ErrorCode::AlreadyJoined`](crate::signaling::ErrorCode::AlreadyJoined). The same applies to a
    /// second room of one page. Scripts of the page's origin can read the token. Where the page may not use
    /// `sessionStorage`, the option has no effect.
    #[must_use]
    pub fn keep_seat(mut self) -> Self {
        self.keeps_seat = true;
        self
    }

    /// Returns the request for a seat, without what differs in each attempt.
    pub(super) fn request(&self) -> signaling::Join {
        signaling::Join::new(&self.room, &self.name)
    }
}

impl Token {
    pub(super) fn is_provided(&self) -> bool {
        matches!(self, Self::Provider(_))
    }

    /// Returns the token, unless a provider has to be asked for it.
    pub(super) fn fixed(&self) -> Option<String> {
        if let Self::Fixed(token) = self { Some(token.clone()) } else { None }
    }

    /// Returns the token, asking the provider for it.
    pub(super) async fn provided(&self, limit_ms: u32) -> Result<Option<String>> {
        let Self::Provider(provider) = self else { return Ok(self.fixed()) };
        select_biased! {
            token = provider().fuse() => token.map(Some),
            () = TimeoutFuture::new(limit_ms).fuse() => {
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

/// Formats the options without the token, as this is logged.
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
