//! The state of both directions of a byte stream.

use std::{error, fmt};

use super::{control::Control, inbox::Inbox};
use crate::framing::window::{Credit, Window};

/// Default size of a receiver's window, in bytes.
pub const DEFAULT_WINDOW: u32 = 1024 * 1024;

/// Number of bytes that each side may send before it has received any credit.
pub const INITIAL_CREDIT: u32 = 64 * 1024;

/// The state of one side of a byte stream.
#[derive(Debug)]
#[non_exhaustive]
pub struct State {
    /// The received bytes that were not read yet.
    pub inbox: Inbox,
    /// The bytes that may be sent.
    pub credit: Credit,
    /// The bytes that may be received.
    pub window: Window,
    /// True if the peer has sent a control message, and therefore implements the protocol.
    pub confirmed: bool,
    /// True if the peer has ended its direction.
    pub peer_ended: bool,
}

/// A violation of the protocol by the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError {
    /// The peer exceeded its credit.
    CreditExceeded,
    /// The peer sent bytes or a second end after its end.
    AfterEnd,
    /// The peer sent a text message that is not a control message.
    UnknownText,
    /// A message was received as a blob.
    Blob,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreditExceeded => "the peer sent more bytes than it had credit for",
            Self::AfterEnd => "the peer sent bytes after its end",
            Self::UnknownText => "the peer sent a text message that is neither credit nor an end",
            Self::Blob => "the binary type of the channel was changed while the byte stream was in use",
        })
    }
}

impl error::Error for StreamError {}

impl State {
    /// Creates the state of a byte stream with a receive window in bytes, at least [`INITIAL_CREDIT`].
    #[must_use]
    pub fn new(window: u32) -> Self {
        Self {
            inbox: Inbox::default(),
            credit: Credit::new(INITIAL_CREDIT),
            window: Window::new(window.max(INITIAL_CREDIT), INITIAL_CREDIT),
            confirmed: false,
            peer_ended: false,
        }
    }

    /// Receives a binary message.
    ///
    /// # Errors
    /// Returns an error if the peer exceeded its credit, or has ended its direction.
    pub fn receive_bytes(&mut self, bytes: Vec<u8>) -> Result<(), StreamError> {
        if self.peer_ended {
            return Err(StreamError::AfterEnd);
        }
        if !self.window.receive(bytes.len()) {
            return Err(StreamError::CreditExceeded);
        }
        self.inbox.push(bytes);
        Ok(())
    }

    /// Receives a text message.
    ///
    /// # Errors
    /// Returns an error if the text is not a control message, or is a second end.
    pub fn receive_text(&mut self, text: &str) -> Result<(), StreamError> {
        let control = Control::parse(text).ok_or(StreamError::UnknownText)?;
        self.confirmed = true;
        match control {
            Control::Credit(bytes) => self.credit.add(bytes),
            Control::End if self.peer_ended => return Err(StreamError::AfterEnd),
            Control::End => self.peer_ended = true,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violations_have_distinct_errors() {
        let mut state = State::new(0);
        assert_eq!(state.receive_bytes(vec![0; 65_536]), Ok(()));
        assert_eq!(state.receive_bytes(vec![0]), Err(StreamError::CreditExceeded));
        assert_eq!(state.receive_text("stop"), Err(StreamError::UnknownText));
        assert!(!state.confirmed, "neither bytes nor an unknown text belong to the protocol");
        assert_eq!(state.receive_text("end"), Ok(()));
        assert_eq!(state.receive_bytes(Vec::new()), Err(StreamError::AfterEnd));
        assert_eq!(state.receive_text("end"), Err(StreamError::AfterEnd));
        assert_eq!(state.receive_text("+7"), Ok(()), "the other direction is still open");
        assert_eq!(state.credit.allows(usize::MAX), 65_543);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod at_random {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    enum Message {
        Bytes(Vec<u8>),
        Text(String),
    }

    proptest! {
        /// With two sides and messages in flight, all bytes are received in order, and no window is exceeded.
        #[test]
        fn all_bytes_are_received_with_any_window(
            window in 0_u32..200_000,
            total in 0_usize..600_000,
            turns in prop::collection::vec((1_usize..70_000, 0_usize..5, 1_usize..70_000), 1..20),
        ) {
            let (mut from, mut to) = (State::new(0), State::new(window));
            let (mut there, mut back) = (VecDeque::new(), VecDeque::new());
            let (mut sent, mut read, mut ended) = (0, 0, false);
            for (write, deliver, take) in turns.into_iter().cycle() {
                let length = from.credit.allows(write.min(total - sent));
                if length > 0 {
                    from.credit.spend(length);
                    there.push_back(Message::Bytes((sent..sent + length).map(|at| at as u8).collect()));
                    sent += length;
                } else if sent == total && !ended {
                    there.push_back(Message::Text(Control::End.to_string()));
                    ended = true;
                }
                for _ in 0..deliver.max(usize::from(length == 0)) {
                    match there.pop_front() {
                        Some(Message::Bytes(bytes)) => prop_assert_eq!(to.receive_bytes(bytes), Ok(())),
                        Some(Message::Text(text)) => prop_assert_eq!(to.receive_text(&text), Ok(())),
                        None => break,
                    }
                }
                let mut into = vec![0; take];
                let taken = to.inbox.read(&mut into);
                prop_assert!(into[..taken].iter().enumerate().all(|(at, byte)| *byte == (read + at) as u8));
                read += taken;
                to.window.consume(taken);
                if let Some(credit) = to.window.take_credit() {
                    back.push_back(Control::Credit(credit).to_string());
                }
                while let Some(text) = back.pop_front() {
                    prop_assert_eq!(from.receive_text(&text), Ok(()));
                }
                if to.peer_ended && to.inbox.chunk().is_empty() {
                    break;
                }
            }
            prop_assert_eq!((sent, read), (total, total));
        }
    }
}
