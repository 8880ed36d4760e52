//! Sets of waiting tasks, and the signal that a browser object has been closed.

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

/// A set of tasks that wait for the same condition, in the order of their registration. Each [`Waiter`] has one entry,
/// which is removed when the waiter is dropped.
#[derive(Clone, Default)]
pub(crate) struct WakerSet(Rc<RefCell<Entries>>);

#[derive(Default)]
struct Entries {
    next_id: u64,
    /// The entries in ascending order of their ids. A list is fast enough, because most sets have one or two entries.
    list: Vec<(u64, Option<Waker>)>,
}

impl WakerSet {
    /// Wakes all tasks that wait at this moment. No borrow is held while a waker runs, because it may run any code.
    /// Tasks that register in the meantime are not woken.
    pub(crate) fn wake_all(&self) {
        let mut ids = 0..self.0.borrow().next_id;
        while self.wake_next(&mut ids) {}
    }

    /// Wakes the first waiting task in the range of ids, and removes its id and lower ones from the range. Returns false if
    /// no task waits.
    fn wake_next(&self, ids: &mut Range<u64>) -> bool {
        let mut entries = self.0.borrow_mut();
        let mut in_range = entries.list.iter_mut().filter(|(id, _)| ids.contains(id));
        let first = in_range.find_map(|(id, waker)| Some((*id, waker.take()?)));
        drop(entries);
        first
            .map(|(id, waker)| {
                ids.start = id + 1;
                waker.wake();
            })
            .is_some()
    }

    /// Wakes the task of the oldest entry.
    pub(crate) fn wake_first(&self) {
        let first = self.0.borrow_mut().list.first_mut().and_then(|(_, waker)| waker.take());
        if let Some(waker) = first {
            waker.wake();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().list.is_empty()
    }

    pub(crate) fn waiter(&self) -> Waiter {
        Waiter { set: self.clone(), id: None }
    }

    /// Adds an entry to the end of the set, used as a first-in, first-out queue.
    pub(crate) fn turn(&self) -> Turn {
        let mut waiter = self.waiter();
        waiter.set_waker(None);
        Turn(Some(waiter))
    }
}

/// The entry of one task in a [`WakerSet`].
pub(crate) struct Waiter {
    set: WakerSet,
    /// The id of the entry. `None` before the first registration.
    id: Option<u64>,
}

impl Waiter {
    /// Registers the task. Call it before each check of the condition.
    pub(crate) fn register(&mut self, cx: &Context<'_>) {
        self.set_waker(Some(cx.waker().clone()));
    }

    fn set_waker(&mut self, waker: Option<Waker>) {
        let mut entries = self.set.0.borrow_mut();
        let previous = match self.id {
            // A task that registered recently is near the end.
            Some(own_id) => {
                let mut list = entries.list.iter_mut().rev();
                list.find(|(id, _)| *id == own_id).and_then(|(_, entry)| mem::replace(entry, waker))
            }
            None => {
                let id = entries.next_id;
                entries.next_id += 1;
                entries.list.push((id, waker));
                self.id = Some(id);
                None
            }
        };
        // The previous waker is dropped after the borrow, because this may drop a task and all that it owns.
        drop(entries);
        drop(previous);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.id.is_some() {
            let mut entries = self.set.0.borrow_mut();
            let index = entries.list.iter().position(|(id, _)| self.id == Some(*id));
            let removed = index.map(|index| entries.list.remove(index));
            // As in `set_waker`.
            drop(entries);
            drop(removed);
        }
    }
}

/// A position in a queue of tasks that take turns. When the first turn is dropped, the next task is woken.
pub(crate) struct Turn(Option<Waiter>);

impl Turn {
    pub(crate) fn is_first(&self) -> bool {
        let Some(waiter) = &self.0 else { return false };
        waiter.set.0.borrow().list.first().is_some_and(|(first, _)| waiter.id == Some(*first))
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

/// A signal that an object has been closed. Once set, it stays set. All tasks that wait on the object also wait on its
/// signal, because browsers neither settle promises nor fire events after `close()`.
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
        let is_first = !self.0.is_set.replace(true);
        if is_first {
            self.0.waiting.wake_all();
        }
        is_first
    }

    pub(crate) fn wait(&self) -> CloseWait {
        CloseWait { waiter: self.0.waiting.waiter(), signal: self.clone() }
    }
}

impl fmt::Debug for CloseSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CloseSignal").field(&self.is_set()).finish()
    }
}

/// A future that resolves when its [`CloseSignal`] is set. It can be polled again after that.
pub(crate) struct CloseWait {
    waiter: Waiter,
    signal: CloseSignal,
}

impl Future for CloseWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.signal.is_set() {
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
    fn dropped_wait_removes_waker() {
        let signal = CloseSignal::default();
        for _ in 0..1_000 {
            assert_eq!(signal.wait().now_or_never(), None);
        }
        assert_eq!(signal.0.waiting.0.borrow().list.len(), 0);
    }

    #[test]
    fn close_signal_stays_set() {
        let signal = CloseSignal::default();
        assert!(signal.set());
        assert!(!signal.set());
        assert_eq!(signal.wait().now_or_never(), Some(()));
    }

    #[test]
    fn woken_waiter_keeps_entry() {
        let set = WakerSet::default();
        let mut first = set.waiter();
        let cx = Context::from_waker(Waker::noop());
        first.register(&cx);
        set.wake_all();
        first.register(&cx);
        let mut second = set.waiter();
        second.register(&cx);
        assert_eq!(set.0.borrow().list.len(), 2);
        drop(first);
        assert_eq!(set.0.borrow().list.len(), 1);
    }

    /// A waker that records its number when it is woken.
    struct RecordingWaker(Arc<Mutex<Vec<u8>>>, u8);

    impl Wake for RecordingWaker {
        fn wake(self: Arc<Self>) {
            self.0.lock().unwrap().push(self.1);
        }
    }

    /// Returns the numbers of the woken wakers, and a function that creates wakers.
    fn recording_wakers() -> (Arc<Mutex<Vec<u8>>>, impl Fn(u8) -> Waker) {
        let woken = Arc::<Mutex<Vec<u8>>>::default();
        let record = woken.clone();
        (woken, move |number| Arc::new(RecordingWaker(record.clone(), number)).into())
    }

    #[test]
    fn tasks_are_woken_once_in_order() {
        let (woken, waker) = recording_wakers();
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
    fn dropped_first_turn_wakes_next() {
        let (woken, waker) = recording_wakers();
        let set = WakerSet::default();
        let mut turns: Vec<_> = (0..4).map(|_| set.turn()).collect();
        for (turn, number) in turns.iter_mut().zip(0..) {
            turn.register(&Context::from_waker(&waker(number)));
        }
        assert!(turns[0].is_first() && !turns[1].is_first());
        turns.remove(1);
        assert!(woken.lock().unwrap().is_empty(), "the dropped turn was not the first");
        turns.remove(0);
        assert_eq!(*woken.lock().unwrap(), [2]);
        assert!(turns[0].is_first() && !turns[1].is_first());
        drop(turns);
        assert!(set.is_empty());
    }
}
