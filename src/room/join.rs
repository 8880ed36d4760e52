use std::{fmt, time::Duration};

/// How long a room whose server is gone is kept, unless told.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5 * 60);

/// Which room to join, and as whom.
///
/// ```
/// use browser_rtc::room::Join;
/// use std::time::Duration;
///
/// let join = Join::new("lobby", "Ada").give_up_after(Duration::from_secs(60));
/// # let _ = join;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Join {
    pub(super) room: String,
    pub(super) name: String,
    pub(super) token: Option<String>,
    pub(super) give_up_after: Duration,
}

impl Join {
    /// A room and a name that nobody else has there, each of 1 to 64 characters.
    pub fn new(room: impl Into<String>, name: impl Into<String>) -> Self {
        Self { room: room.into(), name: name.into(), token: None, give_up_after: GIVE_UP_AFTER }
    }

    /// What proves to the server that one may join, where it asks for that.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// How long to try to come back each time that the server is lost, before the room is lost as well. Five minutes
    /// unless told; with no time at all, the first loss is the last.
    #[must_use]
    pub fn give_up_after(mut self, time: Duration) -> Self {
        self.give_up_after = time;
        self
    }
}

/// Without the token, as this is what gets logged.
impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join")
            .field("room", &self.room)
            .field("name", &self.name)
            .field("give_up_after", &self.give_up_after)
            .finish_non_exhaustive()
    }
}
