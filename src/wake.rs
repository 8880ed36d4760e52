//! The tasks that wait for one reason, and the one-time end of a browser object.

use std::{
    cell::{Cell, RefCell},
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use slab::Slab;

/// Any number of tasks waiting for the same thing. Each wait has its own slot, freed when it is dropped.
#[derive(Clone, Default)]
pub(crate) struct WakerSet(Rc<RefCell<Slab<Option<Waker>>>>);

impl WakerSet {
    /// Wakes every task. No borrow is held meanwhile: a waker may be anybody's code.
    pub(crate) fn wake_all(&self) {
        let woken: Vec<Waker> = self.0.borrow_mut().iter_mut().filter_map(|(_, slot)| slot.take()).collect();
        for waker in woken {
            waker.wake();
        }
    }

    pub(crate) fn waiter(&self) -> Waiter {
        Waiter { set: self.clone(), slot: None }
    }
}

/// One task's place in a [`WakerSet`].
pub(crate) struct Waiter {
    set: WakerSet,
    slot: Option<usize>,
}

impl Waiter {
    /// To be called before each look at what is waited for.
    pub(crate) fn register(&mut self, cx: &Context<'_>) {
        let mut slots = self.set.0.borrow_mut();
        let waker = Some(cx.waker().clone());
        match self.slot.and_then(|slot| slots.get_mut(slot)) {
            Some(slot) => *slot = waker,
            None => self.slot = Some(slots.insert(waker)),
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            self.set.0.borrow_mut().try_remove(slot);
        }
    }
}

/// The end of an object's life, which comes once and stays. All that waits on the object also waits on this,
/// as a browser neither settles promises nor fires events after `close()`.
#[derive(Clone, Default)]
pub(crate) struct End(Rc<EndState>);

#[derive(Default)]
struct EndState {
    come: Cell<bool>,
    waiting: WakerSet,
}

impl End {
    pub(crate) fn has_come(&self) -> bool {
        self.0.come.get()
    }

    /// Marks the end. False where it had come already.
    pub(crate) fn come(&self) -> bool {
        let first = !self.0.come.replace(true);
        if first {
            self.0.waiting.wake_all();
        }
        first
    }

    pub(crate) fn wait(&self) -> EndWait {
        EndWait { waiter: self.0.waiting.waiter(), end: self.clone() }
    }
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("End").field(&self.has_come()).finish()
    }
}

/// Resolves when the [`End`] has come, and again each time it is polled after that.
pub(crate) struct EndWait {
    waiter: Waiter,
    end: End,
}

impl Future for EndWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.end.has_come() {
            return Poll::Ready(());
        }
        self.waiter.register(cx);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_dropped_wait_leaves_no_waker_behind() {
        let end = End::default();
        for _ in 0..1_000 {
            assert_eq!(end.wait().now_or_never(), None);
        }
        assert_eq!(end.0.waiting.0.borrow().len(), 0);
    }

    #[test]
    fn the_end_comes_once_and_stays() {
        let end = End::default();
        assert!(end.come());
        assert!(!end.come());
        assert_eq!(end.wait().now_or_never(), Some(()));
    }

    #[test]
    fn a_waker_may_wait_anew_on_the_same_set() {
        let set = WakerSet::default();
        let mut first = set.waiter();
        let cx = Context::from_waker(Waker::noop());
        first.register(&cx);
        set.wake_all();
        first.register(&cx);
        let mut second = set.waiter();
        second.register(&cx);
        assert_eq!(set.0.borrow().len(), 2);
        drop(first);
        assert_eq!(set.0.borrow().len(), 1);
    }
}
