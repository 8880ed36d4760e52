//! Events as guards and streams.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    future::Future,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use futures::{Stream, stream::FusedStream};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Event, EventTarget};

use crate::wake::{CloseSignal, CloseWait, Waiter, WakerSet};

/// A DOM event listener that is removed when this is dropped.
///
/// ```no_run
/// # use browser_rtc::Listener;
/// # fn example(button: &web_sys::EventTarget) {
/// let clicks = Listener::new(button, "click", |_event| { /* … */ });
/// drop(clicks); // the button no longer calls
/// # }
/// ```
#[must_use = "the listener is removed when this is dropped"]
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Calls `callback` for each event of this name on `target`, until the listener is dropped.
    pub fn new(target: &EventTarget, event: &'static str, callback: impl FnMut(Event) + 'static) -> Self {
        Self::attach(target, event, Box::new(callback))
    }

    /// Does not depend on the type of the callback, and so is compiled once.
    fn attach(target: &EventTarget, event: &'static str, callback: Box<dyn FnMut(Event)>) -> Self {
        let callback = Closure::wrap(callback);
        // This throws only for an abort signal, and none is given.
        let _ = target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        Self { target: target.clone(), event, callback }
    }
}

impl Drop for Listener {
    /// Removes the listener before the closure, a field, is freed. In the other order, an event that is being
    /// dispatched would call into freed memory.
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        // This never throws.
        let _ = self.target.remove_event_listener_with_callback(self.event, callback);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("event", &self.event).finish_non_exhaustive()
    }
}

/// The events of an object as a stream.
///
/// Each stream is a subscription of its own and gets every event from its creation on, in order; unread events wait. A
/// [`Room`](crate::room::Room), a [`Call`](crate::room::Call) and a [`Session`](crate::session::Session) also keep the
/// events before their first subscription, for that one; their unread events are limited per stream. A stream of states
/// begins with the current state.
///
/// The stream ends when the object closes, also when it is closed locally. It does not keep the object alive: it ends as
/// well when the last handle of the object is dropped. Dropping the stream removes its listeners and its unread events.
#[must_use = "dropping the stream ends the subscription"]
pub struct EventStream<T> {
    queue: Queue<T>,
    finish: Option<Box<dyn FnOnce() -> Option<T>>>,
    source: Source,
}

/// The part of a stream that does not depend on the type of its items, and so is compiled once.
struct Source {
    filled: Waiter,
    listeners: Vec<Listener>,
    end: CloseWait,
    finished: bool,
}

impl Source {
    /// Resolves when the object has closed: with `false` the first time, and with `true` after that.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if self.finished {
            return Poll::Ready(true);
        }
        self.filled.register(cx);
        if Pin::new(&mut self.end).poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.finished = true;
        self.listeners.clear();
        Poll::Ready(false)
    }
}

impl<T: 'static> EventStream<T> {
    /// Creates a stream of the events of this name on any target, which never ends by itself. `read` runs inside the
    /// event's dispatch, and returns the item for the stream, if any.
    ///
    /// ```no_run
    /// # use browser_rtc::EventStream;
    /// # use futures::StreamExt;
    /// # async fn example(form: &web_sys::EventTarget) {
    /// let mut submits = EventStream::listen(form, "submit", |event| {
    ///     event.prevent_default();
    ///     Some(())
    /// });
    /// while let Some(()) = submits.next().await { /* … */ }
    /// # }
    /// ```
    pub fn listen(target: &EventTarget, event: &'static str, read: impl FnMut(Event) -> Option<T> + 'static) -> Self {
        Self::new(&CloseSignal::default()).on(target, event, read)
    }

    /// Creates a stream without a listener yet, which ends with `end`.
    pub(crate) fn new(end: &CloseSignal) -> Self {
        Self::from_queue(Queue::default(), end)
    }

    /// Creates a stream that takes the items of `queue`, of which it is the only consumer.
    pub(crate) fn from_queue(queue: Queue<T>, end: &CloseSignal) -> Self {
        let source = Source { filled: queue.waiter(), listeners: Vec::new(), end: end.wait(), finished: false };
        Self { queue, finish: None, source }
    }

    /// Adds the events of this name. `read` runs inside the event's dispatch, and returns the item, if any.
    pub(crate) fn on(
        mut self,
        target: &EventTarget,
        event: &'static str,
        mut read: impl FnMut(Event) -> Option<T> + 'static,
    ) -> Self {
        let queue = self.queue.clone();
        self.source.listeners.push(Listener::new(target, event, move |event| {
            if let Some(item) = read(event) {
                queue.push(item);
            }
        }));
        self
    }

    /// Creates a stream of states: the current one, each change, and the final one.
    pub(crate) fn from_states(
        end: &CloseSignal,
        target: &EventTarget,
        events: &[&'static str],
        read: impl Fn() -> T + Clone + 'static,
    ) -> Self
    where
        T: PartialEq + Clone,
    {
        let now = read();
        let last = Rc::new(RefCell::new(now.clone()));
        let mut stream = Self::new(end);
        stream.queue.push(now);
        let changed = move || {
            let state = read();
            (last.replace(state.clone()) != state).then_some(state)
        };
        for event in events {
            let changed = changed.clone();
            stream = stream.on(target, event, move |_| changed());
        }
        stream.finish_with(changed)
    }

    /// Adds a last item at the end, for a change of which browsers fire no event.
    pub(crate) fn finish_with(mut self, finish: impl FnOnce() -> Option<T> + 'static) -> Self {
        self.finish = Some(Box::new(finish));
        self
    }
}

impl<T> Unpin for EventStream<T> {}

impl<T> Stream for EventStream<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if let Some(item) = self.queue.pop() {
            return Poll::Ready(Some(item));
        }
        match self.source.poll_end(cx) {
            Poll::Ready(false) => Poll::Ready(self.finish.take().and_then(|finish| finish())),
            Poll::Ready(true) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T> FusedStream for EventStream<T> {
    fn is_terminated(&self) -> bool {
        self.source.finished
    }
}

impl<T> fmt::Debug for EventStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("listeners", &self.source.listeners).finish_non_exhaustive()
    }
}

/// A first-in, first-out queue with any number of producers and one consumer.
pub(crate) struct Queue<T>(Rc<QueueState<T>>);

struct QueueState<T> {
    items: RefCell<VecDeque<T>>,
    filled: WakerSet,
}

impl<T> Queue<T> {
    pub(crate) fn push(&self, item: T) {
        self.0.items.borrow_mut().push_back(item);
        self.0.filled.wake_all();
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.0.items.borrow_mut().pop_front()
    }

    pub(crate) fn waiter(&self) -> Waiter {
        self.0.filled.waiter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.items.borrow().len()
    }

    /// Returns the sum of the items' sizes.
    pub(crate) fn size(&self, size: impl Fn(&T) -> usize) -> usize {
        self.0.items.borrow().iter().map(size).sum()
    }

    /// Changes the newest item. Returns false if there is none, or `change` does.
    pub(crate) fn change_last(&self, change: impl FnOnce(&mut T) -> bool) -> bool {
        self.0.items.borrow_mut().back_mut().is_some_and(change)
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(Rc::new(QueueState { items: RefCell::default(), filled: WakerSet::default() }))
    }
}

/// The source of an object's events: each subscriber has a queue of its own.
pub(crate) struct Broadcast<T>(Rc<BroadcastState<T>>);

struct BroadcastState<T> {
    /// The events before the first subscription, which takes them.
    backlog: Cell<Option<Queue<T>>>,
    queues: RefCell<Vec<Weak<QueueState<T>>>>,
}

impl<T: Clone + 'static> Broadcast<T> {
    /// Creates a stream of the events from now on, and for the first subscriber also of those before.
    pub(crate) fn subscribe(&self, end: &CloseSignal) -> EventStream<T> {
        let queue = self.0.backlog.take().unwrap_or_else(|| {
            let queue = Queue::default();
            let mut queues = self.0.queues.borrow_mut();
            // Without an event, nothing else removes the queues of dropped streams.
            queues.retain(|queue| queue.strong_count() > 0);
            queues.push(Rc::downgrade(&queue.0));
            queue
        });
        EventStream::from_queue(queue, end)
    }

    /// Hands an event to the queue of each subscriber with `push`, which limits the queue and returns whether it has
    /// taken the event. Returns whether any has.
    ///
    /// `push` wakes tasks, which may subscribe or unsubscribe, so that nothing is borrowed while it runs.
    pub(crate) fn send(&self, event: T, push: impl Fn(&Queue<T>, T) -> bool) -> bool {
        let mut queues = Vec::new();
        self.0.queues.borrow_mut().retain(|queue| queue.upgrade().map(|queue| queues.push(Queue(queue))).is_some());
        let Some(last) = queues.pop() else { return false };
        let mut is_taken = false;
        for queue in queues {
            is_taken |= push(&queue, event.clone());
        }
        push(&last, event) || is_taken
    }
}

impl<T> Clone for Broadcast<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Broadcast<T> {
    fn default() -> Self {
        let backlog = Queue::default();
        let queues = RefCell::new(vec![Rc::downgrade(&backlog.0)]);
        Self(Rc::new(BroadcastState { backlog: Cell::new(Some(backlog)), queues }))
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};

    use super::*;

    fn push(queue: &Queue<u32>, event: u32) -> bool {
        let is_taken = queue.len() < 3;
        if is_taken {
            queue.push(event);
        }
        is_taken
    }

    fn unread(stream: &mut EventStream<u32>) -> Vec<u32> {
        std::iter::from_fn(|| stream.next().now_or_never().flatten()).collect()
    }

    #[test]
    fn subscribers_each_get_every_event() {
        let (events, end) = (Broadcast::default(), CloseSignal::default());
        events.send(1, push);
        let mut first = events.subscribe(&end);
        events.send(2, push);
        let mut second = events.subscribe(&end);
        events.send(3, push);
        assert_eq!(unread(&mut first), [1, 2, 3]);
        assert_eq!(unread(&mut second), [3]);
        events.send(4, push);
        end.set();
        assert_eq!(first.collect::<Vec<_>>().now_or_never().unwrap(), [4]);
        assert_eq!(second.collect::<Vec<_>>().now_or_never().unwrap(), [4]);
        assert_eq!(events.subscribe(&end).next().now_or_never(), Some(None));
    }

    #[test]
    fn slow_subscriber_is_limited_alone() {
        let (events, end) = (Broadcast::default(), CloseSignal::default());
        let (mut fast, mut slow) = (events.subscribe(&end), events.subscribe(&end));
        for event in 1..=5 {
            assert!(events.send(event, push));
            assert_eq!(unread(&mut fast), [event]);
        }
        assert_eq!(unread(&mut slow), [1, 2, 3]);
    }

    #[test]
    fn dropped_subscriber_frees_its_events() {
        let (events, end) = (Broadcast::default(), CloseSignal::default());
        let event = Rc::new(());
        let push = |queue: &Queue<Rc<()>>, event| {
            queue.push(event);
            true
        };
        events.send(event.clone(), push);
        let (first, second) = (events.subscribe(&end), events.subscribe(&end));
        events.send(event.clone(), push);
        assert_eq!(Rc::strong_count(&event), 4);
        drop(first);
        assert_eq!(Rc::strong_count(&event), 2);
        drop(second);
        assert_eq!(Rc::strong_count(&event), 1);
        assert!(!events.send(event.clone(), push), "an event without a subscriber is dropped");
        assert_eq!(Rc::strong_count(&event), 1);
        assert_eq!(events.0.queues.borrow().len(), 0);
    }

    #[test]
    fn dropped_subscriptions_leave_nothing_behind() {
        let (events, end) = (Broadcast::<u32>::default(), CloseSignal::default());
        for _ in 0..1_000 {
            drop(events.subscribe(&end));
        }
        assert!(events.0.queues.borrow().len() <= 1);
    }

    #[test]
    fn subscription_while_an_event_is_sent_begins_after_it() {
        let (events, end) = (Broadcast::default(), CloseSignal::default());
        let _first = events.subscribe(&end);
        let late = RefCell::new(None);
        events.send(1, |queue, event| {
            late.replace(Some(events.subscribe(&end)));
            push(queue, event)
        });
        events.send(2, push);
        assert_eq!(unread(late.borrow_mut().as_mut().unwrap()), [2]);
    }
}
