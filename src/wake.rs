//! The tasks that wait for one reason, and the one-time end of a browser object.

use std::{
    cell::{Cell, RefCell},
    fmt,
    future::Future,
    mem,
    ops::Range,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

/// Any number of tasks waiting for the same thing, in the order in which they came. Each wait has its own place, freed
/// when it is dropped.
#[derive(Clone, Default)]
pub(crate) struct WakerSet(Rc<RefCell<Places>>);

#[derive(Default)]
struct Places {
    next: u64,
    /// The places in rising order of their numbers. A list is fast enough, as there are mostly one or two.
    taken: Vec<(u64, Option<Waker>)>,
}

impl WakerSet {
    /// Wakes every task that waits now. No borrow is held while a waker runs, as it may be any code; a task that it adds
    /// is not woken.
    pub(crate) fn wake_all(&self) {
        let mut numbers = 0..self.0.borrow().next;
        while self.wake_one(&mut numbers) {}
    }

    /// Wakes the first task of these numbers that is to be woken, and leaves those after it.
    fn wake_one(&self, numbers: &mut Range<u64>) -> bool {
        let mut places = self.0.borrow_mut();
        let mut those = places.taken.iter_mut().filter(|(number, _)| numbers.contains(number));
        let first = those.find_map(|(number, waker)| Some((*number, waker.take()?)));
        drop(places);
        first
            .map(|(number, waker)| {
                numbers.start = number + 1;
                waker.wake();
            })
            .is_some()
    }

    /// Wakes the task that waits for the longest time.
    pub(crate) fn wake_first(&self) {
        let first = self.0.borrow_mut().taken.first_mut().and_then(|(_, waker)| waker.take());
        if let Some(waker) = first {
            waker.wake();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().taken.is_empty()
    }

    pub(crate) fn waiter(&self) -> Waiter {
        Waiter { set: self.clone(), place: None }
    }

    /// A place at the end of the line.
    pub(crate) fn turn(&self) -> Turn {
        let mut waiter = self.waiter();
        waiter.set_waker(None);
        Turn(Some(waiter))
    }
}

/// One task's place in a [`WakerSet`].
pub(crate) struct Waiter {
    set: WakerSet,
    place: Option<u64>,
}

impl Waiter {
    /// Registers the task. Call it before each check of the condition.
    pub(crate) fn register(&mut self, cx: &Context<'_>) {
        self.set_waker(Some(cx.waker().clone()));
    }

    fn set_waker(&mut self, waker: Option<Waker>) {
        let mut places = self.set.0.borrow_mut();
        let former = match self.place {
            // A task that registered recently is near the end.
            Some(place) => {
                let mut taken = places.taken.iter_mut().rev();
                taken.find(|(number, _)| *number == place).and_then(|(_, place)| mem::replace(place, waker))
            }
            None => {
                let number = places.next;
                places.next += 1;
                places.taken.push((number, waker));
                self.place = Some(number);
                None
            }
        };
        // The former one goes after the borrow: with it may go a task, and with that whatever it holds.
        drop(places);
        drop(former);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.place.is_some() {
            let mut places = self.set.0.borrow_mut();
            let index = places.taken.iter().position(|(number, _)| self.place == Some(*number));
            let gone = index.map(|index| places.taken.remove(index));
            drop(places);
            drop(gone);
        }
    }
}

/// A place in a line whose tasks are served one after the other. Dropped by the first, it is the next one's turn.
pub(crate) struct Turn(Option<Waiter>);

impl Turn {
    pub(crate) fn is_first(&self) -> bool {
        let Some(waiter) = &self.0 else { return false };
        waiter.set.0.borrow().taken.first().is_some_and(|(first, _)| waiter.place == Some(*first))
    }

    pub(crate) fn register(&mut self, cx: &Context<'_>) {
        if let Some(waiter) = &mut self.0 {
            waiter.register(cx);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let was_first = self.is_first();
        let Some(Waiter { set, .. }) = &self.0 else { return };
        let set = set.clone();
        self.0 = None;
        if was_first {
            set.wake_first();
        }
    }
}

/// The end of an object's life, which is set once and stays set. All tasks that wait on the object also wait on this, as a
/// browser neither settles promises nor fires events after `close()`.
#[derive(Clone, Default)]
pub(crate) struct CloseSignal(Rc<CloseState>);

#[derive(Default)]
struct CloseState {
    is_set: Cell<bool>,
    waiting: WakerSet,
}

impl CloseSignal {
    pub(crate) fn is_set(&self) -> bool {
        self.0.is_set.get()
    }

    /// Sets the signal. Returns false if it was set before.
    pub(crate) fn set(&self) -> bool {
        let first = !self.0.is_set.replace(true);
        if first {
            self.0.waiting.wake_all();
        }
        first
    }

    pub(crate) fn wait(&self) -> CloseWait {
        CloseWait { waiter: self.0.waiting.waiter(), end: self.clone() }
    }
}

impl fmt::Debug for CloseSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CloseSignal").field(&self.is_set()).finish()
    }
}

/// Resolves when the [`CloseSignal`] is set, and each time it is polled after that.
pub(crate) struct CloseWait {
    waiter: Waiter,
    end: CloseSignal,
}

impl Future for CloseWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.end.is_set() {
            return Poll::Ready(());
        }
        self.waiter.register(cx);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Mutex},
        task::Wake,
    };

    use futures::FutureExt;

    use super::*;

    #[test]
    fn dropped_wait_leaves_no_waker_behind() {
        let end = CloseSignal::default();
        for _ in 0..1_000 {
            assert_eq!(end.wait().now_or_never(), None);
        }
        assert_eq!(end.0.waiting.0.borrow().taken.len(), 0);
    }

    #[test]
    fn close_signal_is_set_once_and_stays() {
        let end = CloseSignal::default();
        assert!(end.set());
        assert!(!end.set());
        assert_eq!(end.wait().now_or_never(), Some(()));
    }

    #[test]
    fn woken_waiter_keeps_its_place() {
        let set = WakerSet::default();
        let mut first = set.waiter();
        let cx = Context::from_waker(Waker::noop());
        first.register(&cx);
        set.wake_all();
        first.register(&cx);
        let mut second = set.waiter();
        second.register(&cx);
        assert_eq!(set.0.borrow().taken.len(), 2);
        drop(first);
        assert_eq!(set.0.borrow().taken.len(), 1);
    }

    /// Notes who was woken.
    struct Woken(Arc<Mutex<Vec<u8>>>, u8);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.lock().unwrap().push(self.1);
        }
    }

    fn wakers() -> (Arc<Mutex<Vec<u8>>>, impl Fn(u8) -> Waker) {
        let woken = Arc::<Mutex<Vec<u8>>>::default();
        let of = woken.clone();
        (woken, move |number| Arc::new(Woken(of.clone(), number)).into())
    }

    #[test]
    fn tasks_are_woken_once_in_order() {
        let (woken, waker) = wakers();
        let set = WakerSet::default();
        let mut waiters: Vec<_> = (0..5).map(|_| set.waiter()).collect();
        for (waiter, number) in waiters.iter_mut().zip(0..) {
            waiter.register(&Context::from_waker(&waker(number)));
        }
        waiters.remove(2);
        set.wake_all();
        set.wake_all();
        assert_eq!(*woken.lock().unwrap(), [0, 1, 3, 4]);
    }

    #[test]
    fn dropped_turn_passes_on() {
        let (woken, waker) = wakers();
        let line = WakerSet::default();
        let mut turns: Vec<_> = (0..4).map(|_| line.turn()).collect();
        for (turn, number) in turns.iter_mut().zip(0..) {
            turn.register(&Context::from_waker(&waker(number)));
        }
        assert!(turns[0].is_first() && !turns[1].is_first());
        turns.remove(1);
        assert!(woken.lock().unwrap().is_empty(), "it was not yet its turn");
        turns.remove(0);
        assert_eq!(*woken.lock().unwrap(), [2]);
        assert!(turns[0].is_first() && !turns[1].is_first());
        drop(turns);
        assert!(line.is_empty());
    }
}
