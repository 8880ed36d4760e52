//! How much may be under way that the other side has not yet taken: a window of credit, as browsers have none for
//! what arrives.

/// What may be sent until the other side gives more.
#[derive(Debug)]
pub struct Credit(u64);

impl Credit {
    pub fn new(bytes: u32) -> Self {
        Self(bytes.into())
    }

    /// How much of this may go.
    pub fn allows(&self, bytes: usize) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX).min(bytes)
    }

    pub fn spend(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes as u64);
    }

    pub fn add(&mut self, bytes: u32) {
        self.0 = self.0.saturating_add(bytes.into());
    }
}

/// What the other side may send, and what of it has been taken.
#[derive(Debug)]
pub struct Window {
    size: u32,
    /// What may still come.
    open: u32,
    /// What has been taken since credit was last given.
    taken: u32,
}

impl Window {
    /// Of this size, of which the other side may send `open` bytes before it is given any credit.
    pub fn new(size: u32, open: u32) -> Self {
        let open = open.min(size);
        Self { size, open, taken: size - open }
    }

    /// The credit to give, if it is worth a message: a quarter of the window, so that a sender that is kept supplied
    /// never stands still.
    pub fn credit(&mut self) -> Option<u32> {
        let worth = self.taken > 0 && self.taken >= self.size / 4;
        worth.then(|| {
            let credit = std::mem::take(&mut self.taken);
            self.open = self.open.saturating_add(credit);
            credit
        })
    }

    /// Bytes have come. False where they are more than the other side had credit for.
    #[must_use]
    pub fn arrived(&mut self, bytes: usize) -> bool {
        let rest = u32::try_from(bytes).ok().and_then(|bytes| self.open.checked_sub(bytes));
        self.open = rest.unwrap_or(0);
        rest.is_some()
    }

    /// So many of them have been taken.
    pub fn taken(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_window_may_come_and_not_a_byte_more() {
        let mut window = Window::new(1_000, 400);
        assert!(window.arrived(400));
        assert_eq!(window.credit(), Some(600), "what is not open at first");
        assert!(window.arrived(600));
        assert!(!window.arrived(1));
    }

    #[test]
    fn credit_comes_in_quarters() {
        let mut window = Window::new(1_000, 1_000);
        assert_eq!(window.credit(), None);
        assert!(window.arrived(600));
        window.taken(249);
        assert_eq!(window.credit(), None);
        window.taken(1);
        assert_eq!(window.credit(), Some(250));
        assert_eq!(window.credit(), None);
    }

    #[test]
    fn the_smallest_window_still_moves() {
        let mut window = Window::new(1, 1);
        for _ in 0..3 {
            assert!(window.arrived(1));
            assert_eq!(window.credit(), None);
            window.taken(1);
            assert_eq!(window.credit(), Some(1));
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
        /// Whatever the sizes and the turns: neither side stands still while the other has something to do, and what
        /// is not taken never exceeds the window.
        #[test]
        fn a_sender_and_a_reader_always_get_on(
            size in 1_u32..5_000,
            at_first in 0_u32..5_000,
            turns in prop::collection::vec((1_usize..3_000, 1_usize..3_000), 1..200),
        ) {
            let at_first = at_first.min(size);
            let (mut window, mut credit) = (Window::new(size, at_first), Credit::new(at_first));
            let mut waiting = 0;
            for (send, read) in turns {
                if let Some(more) = window.credit() {
                    credit.add(more);
                }
                let sent = credit.allows(send);
                prop_assert!(sent > 0 || waiting > 0, "both stand still");
                credit.spend(sent);
                prop_assert!(window.arrived(sent));
                waiting += sent;
                prop_assert!(waiting <= size as usize);
                let read = read.min(waiting);
                window.taken(read);
                waiting -= read;
            }
        }
    }
}
