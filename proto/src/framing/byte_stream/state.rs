//! Both directions of a byte stream: a state machine without a browser.

use super::{control::Control, inbox::Inbox};
use crate::framing::window::{Credit, Window};

/// The default window of a receiver, in bytes.
pub const DEFAULT_WINDOW: u32 = 1024 * 1024;

/// What each side may send before the other has told of its window.
pub const INITIAL_CREDIT: u32 = 64 * 1024;

#[derive(Debug)]
pub struct State {
    pub inbox: Inbox,
    pub credit: Credit,
    pub window: Window,
    /// The peer has sent credit or its end, so it speaks the protocol.
    pub greeted: bool,
    /// The other side will send no more.
    pub ended: bool,
}

/// What the other side sent that it should not have.
#[derive(Debug, PartialEq, Eq)]
pub enum Breach {
    OverItsCredit,
    AfterItsEnd,
    UnknownWord,
    Blob,
}

impl Breach {
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::OverItsCredit => "the other side sent more than it had credit for",
            Self::AfterItsEnd => "the other side sent bytes after its end",
            Self::UnknownWord => "the other side sent a text that is neither credit nor end",
            Self::Blob => "the channel's binary type was changed under the byte stream",
        }
    }
}

impl State {
    pub fn new(window: u32) -> Self {
        Self {
            inbox: Inbox::default(),
            credit: Credit::new(INITIAL_CREDIT),
            window: Window::new(window.max(INITIAL_CREDIT), INITIAL_CREDIT),
            greeted: false,
            ended: false,
        }
    }

    pub fn bytes(&mut self, bytes: Vec<u8>) -> Result<(), Breach> {
        if self.ended {
            return Err(Breach::AfterItsEnd);
        }
        if !self.window.arrived(bytes.len()) {
            return Err(Breach::OverItsCredit);
        }
        self.inbox.push(bytes);
        Ok(())
    }

    /// Takes a text message in.
    pub fn text(&mut self, text: &str) -> Result<(), Breach> {
        let control = Control::parse(text).ok_or(Breach::UnknownWord)?;
        self.greeted = true;
        match control {
            Control::Credit(bytes) => self.credit.add(bytes),
            Control::End if self.ended => return Err(Breach::AfterItsEnd),
            Control::End => self.ended = true,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaches_are_told_apart() {
        let mut state = State::new(0);
        assert_eq!(state.bytes(vec![0; 65_536]), Ok(()));
        assert_eq!(state.bytes(vec![0]), Err(Breach::OverItsCredit));
        assert_eq!(state.text("stop"), Err(Breach::UnknownWord));
        assert!(!state.greeted, "neither bytes nor an unknown text are of the protocol");
        assert_eq!(state.text("end"), Ok(()));
        assert_eq!(state.bytes(Vec::new()), Err(Breach::AfterItsEnd));
        assert_eq!(state.text("end"), Err(Breach::AfterItsEnd));
        assert_eq!(state.text("+7"), Ok(()), "the other direction goes on");
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
        /// Two ends, with whatever is under way between them: all arrives, in order, and nobody is ever over a window.
        #[test]
        fn all_arrives_through_any_window(
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
                        Some(Message::Bytes(bytes)) => prop_assert_eq!(to.bytes(bytes), Ok(())),
                        Some(Message::Text(text)) => prop_assert_eq!(to.text(&text), Ok(())),
                        None => break,
                    }
                }
                let mut into = vec![0; take];
                let taken = to.inbox.read(&mut into);
                prop_assert!(into[..taken].iter().enumerate().all(|(at, byte)| *byte == (read + at) as u8));
                read += taken;
                to.window.taken(taken);
                if let Some(credit) = to.window.credit() {
                    back.push_back(Control::Credit(credit).to_string());
                }
                while let Some(text) = back.pop_front() {
                    prop_assert_eq!(from.text(&text), Ok(()));
                }
                if to.ended && to.inbox.next().is_empty() {
                    break;
                }
            }
            prop_assert_eq!((sent, read), (total, total));
        }
    }
}
