//! Credit-based flow control: a limit of the bytes that were sent and not consumed by the receiver. It is needed
//! because browsers do not limit what they receive on a data channel.

/// The credit of a sender: the number of bytes that it may send.
#[derive(Debug)]
pub struct Credit(u64);

impl Credit {
    /// Creates the initial credit of a sender, in bytes.
    #[must_use]
    pub fn new(bytes: u32) -> Self {
        Self(bytes.into())
    }

    /// Returns how many of `bytes` may be sent now.
    #[must_use]
    pub fn allows(&self, bytes: usize) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX).min(bytes)
    }

    /// Subtracts sent bytes.
    pub fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes as u64);
    }

    /// Adds credit from the receiver.
    pub fn add(&mut self, bytes: u32) {
        self.0 = self.0.saturating_add(bytes.into());
    }
}

/// The window of a receiver: the number of bytes that the peer may send, and of those that were consumed.
#[derive(Debug)]
pub struct Window {
    size: u32,
    /// Number of bytes that the peer may send.
    open: u32,
    /// Number of bytes consumed since the last credit.
    consumed: u32,
}

impl Window {
    /// Creates a window of `size` bytes, of which the peer may send `open` bytes before it receives any credit.
    #[must_use]
    pub fn new(size: u32, open: u32) -> Self {
        let open = open.min(size);
        Self { size, open, consumed: size - open }
    }

    /// Returns the credit to send to the peer, once it reaches a quarter of the window. A sender with enough data then
    /// never stops, and not every message is acknowledged.
    pub fn take_credit(&mut self) -> Option<u32> {
        let is_worth_a_message = self.consumed > 0 && self.consumed >= self.size / 4;
        is_worth_a_message.then(|| {
            let credit = std::mem::take(&mut self.consumed);
            self.open = self.open.saturating_add(credit);
            credit
        })
    }

    /// Counts received bytes. Returns false if they exceed the credit of the peer.
    #[must_use]
    pub fn receive(&mut self, bytes: usize) -> bool {
        let rest = u32::try_from(bytes).ok().and_then(|bytes| self.open.checked_sub(bytes));
        self.open = rest.unwrap_or(0);
        rest.is_some()
    }

    /// Counts consumed bytes.
    pub fn consume(&mut self, bytes: usize) {
        self.consumed = self.consumed.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_is_never_exceeded() {
        let mut window = Window::new(1_000, 400);
        assert!(window.receive(400));
        assert_eq!(window.take_credit(), Some(600), "the part that is not open at first");
        assert!(window.receive(600));
        assert!(!window.receive(1));
    }

    #[test]
    fn credit_is_sent_per_quarter_of_window() {
        let mut window = Window::new(1_000, 1_000);
        assert_eq!(window.take_credit(), None);
        assert!(window.receive(600));
        window.consume(249);
        assert_eq!(window.take_credit(), None);
        window.consume(1);
        assert_eq!(window.take_credit(), Some(250));
        assert_eq!(window.take_credit(), None);
    }

    #[test]
    fn window_of_one_byte_works() {
        let mut window = Window::new(1, 1);
        for _ in 0..3 {
            assert!(window.receive(1));
            assert_eq!(window.take_credit(), None);
            window.consume(1);
            assert_eq!(window.take_credit(), Some(1));
        }
    }

    #[test]
    fn credit_is_spent_and_added() {
        let mut credit = Credit::new(10);
        assert_eq!(credit.allows(20), 10);
        credit.spend(10);
        assert_eq!(credit.allows(20), 0);
        for _ in 0..3 {
            credit.add(u32::MAX);
        }
        assert_eq!(credit.allows(20), 20);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod at_random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// For any sizes and schedules, one side can always proceed, and unconsumed bytes never exceed the window.
        #[test]
        fn sender_and_receiver_never_both_wait(
            size in 1_u32..5_000,
            at_first in 0_u32..5_000,
            turns in prop::collection::vec((1_usize..3_000, 1_usize..3_000), 1..200),
        ) {
            let at_first = at_first.min(size);
            let (mut window, mut credit) = (Window::new(size, at_first), Credit::new(at_first));
            let mut waiting = 0;
            for (send, read) in turns {
                if let Some(more) = window.take_credit() {
                    credit.add(more);
                }
                let sent = credit.allows(send);
                prop_assert!(sent > 0 || waiting > 0, "both wait");
                credit.spend(sent);
                prop_assert!(window.receive(sent));
                waiting += sent;
                prop_assert!(waiting <= size as usize);
                let read = read.min(waiting);
                window.consume(read);
                waiting -= read;
            }
        }
    }
}
