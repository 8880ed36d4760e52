//! Who may send a block now: one after the other, in the order in which they asked.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use futures::channel::oneshot;

#[derive(Clone, Default)]
pub(super) struct Turns(Rc<State>);

#[derive(Default)]
struct State {
    taken: Cell<bool>,
    waiting: RefCell<VecDeque<oneshot::Sender<Turn>>>,
}

/// It is the next one's when this is dropped.
#[derive(Debug)]
pub(super) struct Turn(Option<Turns>);

impl Turns {
    pub(super) async fn next(&self) -> Turn {
        if !self.0.taken.replace(true) {
            return Turn(Some(self.clone()));
        }
        let (call, called) = oneshot::channel();
        self.0.waiting.borrow_mut().push_back(call);
        // The sender is only let go of with the whole line.
        called.await.unwrap_or(Turn(None))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(turns) = self.0.take() else { return };
        loop {
            let next = turns.0.waiting.borrow_mut().pop_front();
            let Some(next) = next else {
                turns.0.taken.set(false);
                return;
            };
            match next.send(Turn(Some(turns.clone()))) {
                Ok(()) => return,
                // That one waits no more. Its turn is not to come back here.
                Err(mut unheard) => unheard.0 = None,
            }
        }
    }
}

impl std::fmt::Debug for Turns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Turns")
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn turns_come_in_the_order_they_were_asked_for() {
        let turns = Turns::default();
        let first = turns.next().now_or_never().unwrap();
        let mut second = Box::pin(turns.next());
        let mut gone = Box::pin(turns.next());
        let mut third = Box::pin(turns.next());
        assert!(second.as_mut().now_or_never().is_none());
        assert!(gone.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        drop(gone);
        drop(first);
        assert!(third.as_mut().now_or_never().is_none());
        let second = second.now_or_never().unwrap();
        assert!(turns.next().now_or_never().is_none(), "who comes later waits longer");
        drop(second);
        drop(third.now_or_never().unwrap());
        turns.next().now_or_never().unwrap();
    }

    #[test]
    fn a_turn_that_was_given_and_not_taken_goes_on() {
        let turns = Turns::default();
        let first = turns.next().now_or_never().unwrap();
        let mut second = Box::pin(turns.next());
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        drop(second);
        turns.next().now_or_never().unwrap();
    }
}
