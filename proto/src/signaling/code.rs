use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An enum of words, in which a word that a newer server may use is kept as `Other`.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )+
            /// A word that this version does not know.
            Other(String),
        }

        impl $name {
            /// The word as it travels.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $( $word => Self::$variant, )+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(word: &str) -> Result<Self, Infallible> {
                Ok(Self::from(word))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(|word| Self::from(word.as_str()))
            }
        }

                impl $name {
            /// All words of this version.
            pub const WORDS: &[&str] = &[$($word),+];
        }
    };
}

words! {
    /// Why the server refused something.
    ///
    /// The connection goes on after all of them, except where it says that it closes.
    pub enum ErrorCode {
        /// Somebody in the room has this name.
        NameTaken = "name_taken",
        /// The room has no seat left.
        RoomFull = "room_full",
        /// The server has no place for another room.
        ServerFull = "server_full",
        /// The addressee is not in the room, perhaps no longer.
        UnknownPeer = "unknown_peer",
        /// The frame is over the server's limit, and was discarded. The connection closes if the client has no seat, or if
        /// the frame is far over the limit.
        TooLarge = "too_large",
        /// The JSON of the frame is nested too deeply; the frame was dropped.
        TooDeep = "too_deep",
        /// Too many frames or bytes in a short time; this frame was dropped.
        RateLimited = "rate_limited",
        /// The frame is not a message of this protocol.
        BadMessage = "bad_message",
        /// The name is empty, too long, or has characters that the server does not take, such as control characters.
        BadName = "bad_name",
        /// The same of the room's name.
        BadRoom = "bad_room",
        /// Only somebody in a room can say this.
        NotJoined = "not_joined",
        /// The client is in a room already.
        AlreadyJoined = "already_joined",
        /// The server wants a token, or a better one.
        Unauthorized = "unauthorized",
        /// Too many clients from one address. The connection closes.
        TooManyClients = "too_many_clients",
        /// The server is about to shut down, and takes nobody new. The connection closes soon; another may be had at
        /// once, from this server or one that takes over.
        Draining = "draining",
        /// The server does not speak the client's version of the protocol. The connection closes.
        UnsupportedVersion = "unsupported_version",
        /// Redis, which the servers share their rooms through, is away: nobody is seated, and peers on other servers
        /// are not reached. Trying again makes sense.
        Unavailable = "unavailable",
        /// The server failed, by no fault of the client.
        Internal = "internal",
    }
}

words! {
    /// Why a peer is no longer in the room.
    pub enum LeaveReason {
        /// The peer left, or its page was closed or reloaded.
        Left = "left",
        /// The peer was silent, too slow or too fast, or its socket ended and the seat was not resumed in time.
        Lost = "lost",
        /// The peer joined again on another socket and could not resume its seat: it has a new id there.
        Replaced = "replaced",
    }
}
