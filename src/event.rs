//! Listeners of DOM events, and streams of events.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use futures::{Stream, stream::FusedStream};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventTarget};

use crate::{
    promise::Callback,
    wake::{CloseSignal, CloseWait, Waiter, WakerSet},
};

/// A listener of DOM events, which is removed when this value is dropped.
///
/// # Examples
/// ```no_run
/// # use browser_rtc::Listener;
/// # fn example(button: &web_sys::EventTarget) {
/// let clicks = Listener::new(button, "click", |_event| { /* … */ });
/// drop(clicks); // removes the listener
/// # }
/// ```
#[must_use = "dropping this value removes the listener"]
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Callback,
}

impl Listener {
    /// Adds a listener to `target`, which calls `callback` for each event with the name `event`.
    pub fn new(target: &EventTarget, event: &'static str, mut callback: impl FnMut(Event) + 'static) -> Self {
        Self::attach(target, event, Box::new(move |event: JsValue| callback(event.unchecked_into())))
    }

    /// Adds a listener. This function is compiled once, because it is not generic over the callback.
    fn attach(target: &EventTarget, event: &'static str, callback: Box<dyn FnMut(JsValue)>) -> Self {
        let callback = Callback::wrap(callback);
        // This only throws for an invalid abort signal, and none is passed.
        let _ = target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        Self { target: target.clone(), event, callback }
    }
}

impl Drop for Listener {
    /// Removes the listener before the field with the closure is dropped. In the other order, an event that is being
    /// dispatched would call a freed closure.
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

/// A stream of the events of an object.
///
/// Each stream is an independent subscription. It yields every event from its creation on, in order, and buffers unread
/// events. A stream of states begins with the current state.
///
/// A [`Room`](crate::room::Room), a [`Call`](crate::room::Call) and a [`Session`](crate::session::Session) buffer their
/// events until the first subscription, which yields them. They limit the unread events of each stream.
///
/// The stream ends when the object closes, including when it is closed locally. It does not keep the object alive, and
/// also ends when the last handle of the object is dropped. Dropping the stream removes its listeners and its unread
/// events.
///
/// # Cancel safety
/// `next` and the other functions of [`StreamExt`](futures::StreamExt) that wait for one item are cancel safe.
#[must_use = "dropping the stream ends the subscription"]
pub struct EventStream<T> {
    source: Source,
    /// A field, so that a stream of any type can be polled, although only those of `'static` types are created.
    unboxed: fn(Item) -> Option<T>,
}

/// The content of a stream. It is not generic over the items, so that it is compiled once.
struct Source {
    queue: Rc<Items>,
    pushed: Waiter,
    listeners: Vec<Listener>,
    end: CloseWait,
    /// Returns a last item when the object has closed.
    finish: Option<Box<dyn FnOnce() -> Option<Item>>>,
    is_finished: bool,
}

impl Source {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        if let Some(item) = self.queue.pop() {
            return Poll::Ready(Some(item));
        }
        if self.is_finished {
            return Poll::Ready(None);
        }
        self.pushed.register(cx);
        if Pin::new(&mut self.end).poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.is_finished = true;
        self.listeners.clear();
        Poll::Ready(self.finish.take().and_then(|finish| finish()))
    }
}

impl<T: 'static> EventStream<T> {
    /// Creates a stream of the events with the name `event` on any target.
    ///
    /// `read` is called while the event is dispatched, and returns an item for the stream or `None`. The stream never ends.
    ///
    /// # Examples
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

    /// Creates a stream without listeners, which ends when `end` is set.
    pub(crate) fn new(end: &CloseSignal) -> Self {
        Self::from_queue(Queue::default(), end)
    }

    /// Creates a stream of the items of `queue`. The stream must be the only consumer.
    pub(crate) fn from_queue(queue: Queue<T>, end: &CloseSignal) -> Self {
        let source = Source {
            pushed: queue.items.pushed.waiter(),
            queue: queue.items,
            listeners: Vec::new(),
            end: end.wait(),
            finish: None,
            is_finished: false,
        };
        Self { source, unboxed }
    }

    /// Adds a listener of the events with the name `event`. `read` is called while the event is dispatched, and returns an
    /// item for the stream or `None`.
    pub(crate) fn on(
        mut self,
        target: &EventTarget,
        event: &'static str,
        mut read: impl FnMut(Event) -> Option<T> + 'static,
    ) -> Self {
        let queue = self.source.queue.clone();
        self.source.listeners.push(Listener::new(target, event, move |event| {
            if let Some(item) = read(event) {
                queue.push(Box::new(item));
            }
        }));
        self
    }

    /// Creates a stream of states: the current state, each change, and the final state. `read` returns the current state,
    /// which may change with each of `events`.
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
        stream.source.queue.push(Box::new(now));
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

    /// Adds a last item, for a change at the end of the object for which browsers fire no event.
    pub(crate) fn finish_with(mut self, finish: impl FnOnce() -> Option<T> + 'static) -> Self {
        self.source.finish = Some(Box::new(|| finish().map(boxed)));
        self
    }
}

/// Creates a stream of the times at which the network returns.
pub(crate) fn online() -> EventStream<()> {
    EventStream::listen(js_sys::global().unchecked_ref(), "online", |_| Some(()))
}

impl<T> Unpin for EventStream<T> {}

impl<T> Stream for EventStream<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let unboxed = self.unboxed;
        self.source.poll_next(cx).map(|item| item.and_then(unboxed))
    }
}

impl<T> FusedStream for EventStream<T> {
    fn is_terminated(&self) -> bool {
        self.source.is_finished
    }
}

impl<T> fmt::Debug for EventStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("listeners", &self.source.listeners).finish_non_exhaustive()
    }
}

/// An item of any queue. Queues of all types share the code of one type, which keeps programs small.
type Item = Box<dyn Any>;

fn boxed<T: 'static>(item: T) -> Item {
    Box::new(item)
}

/// Returns the item of a queue of this type.
fn unboxed<T: 'static>(item: Item) -> Option<T> {
    item.downcast().ok().map(|item| *item)
}

#[derive(Default)]
struct Items {
    list: RefCell<VecDeque<Item>>,
    pushed: WakerSet,
}

impl Items {
    fn push(&self, item: Item) {
        self.list.borrow_mut().push_back(item);
        self.pushed.wake_all();
    }

    fn pop(&self) -> Option<Item> {
        self.list.borrow_mut().pop_front()
    }
}

/// A first-in, first-out queue with any number of producers and one consumer.
pub(crate) struct Queue<T> {
    items: Rc<Items>,
    item: PhantomData<T>,
}

impl<T: 'static> Queue<T> {
    fn new(items: Rc<Items>) -> Self {
        Self { items, item: PhantomData }
    }

    pub(crate) fn push(&self, item: T) {
        self.items.push(boxed(item));
    }

    #[cfg(test)]
    pub(crate) fn pop(&self) -> Option<T> {
        self.items.pop().and_then(unboxed)
    }

    pub(crate) fn len(&self) -> usize {
        self.items.list.borrow().len()
    }

    /// Returns the sum of the items' sizes.
    pub(crate) fn size(&self, size: impl Fn(&T) -> usize) -> usize {
        self.items.list.borrow().iter().filter_map(|item| item.downcast_ref()).map(size).sum()
    }

    /// Changes the newest item. Returns the result of `change`, or false if the queue is empty.
    pub(crate) fn change_last(&self, change: impl FnOnce(&mut T) -> bool) -> bool {
        self.items.list.borrow_mut().back_mut().and_then(|item| item.downcast_mut()).is_some_and(change)
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), item: PhantomData }
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { items: Rc::default(), item: PhantomData }
    }
}

/// A broadcast of an object's events. Each subscriber has its own queue.
pub(crate) struct Broadcast<T> {
    subscribers: Rc<Subscribers>,
    item: PhantomData<T>,
}

#[derive(Default)]
struct Subscribers {
    /// The queue of the events before the first subscription, which continues with it.
    backlog: Cell<Option<Rc<Items>>>,
    queues: RefCell<Vec<Weak<Items>>>,
}

impl Subscribers {
    fn with_backlog() -> Self {
        let subscribers = Self::default();
        subscribers.backlog.set(Some(subscribers.add()));
        subscribers
    }

    fn add(&self) -> Rc<Items> {
        let queue = Rc::default();
        let mut queues = self.queues.borrow_mut();
        // `queues` also removes the queues of dropped streams, but there may be no event.
        queues.retain(|queue| queue.strong_count() > 0);
        queues.push(Rc::downgrade(&queue));
        queue
    }

    fn queues(&self) -> Vec<Rc<Items>> {
        let mut queues = Vec::new();
        self.queues.borrow_mut().retain(|queue| queue.upgrade().map(|queue| queues.push(queue)).is_some());
        queues
    }
}

impl<T: Clone + 'static> Broadcast<T> {
    /// Creates a broadcast whose events before the first subscription are dropped.
    pub(crate) fn without_backlog() -> Self {
        Self { subscribers: Rc::default(), item: PhantomData }
    }

    /// Creates a stream of the events from now on. The first subscriber also receives all earlier events.
    pub(crate) fn subscribe(&self, end: &CloseSignal) -> EventStream<T> {
        let queue = self.subscribers.backlog.take().unwrap_or_else(|| self.subscribers.add());
        EventStream::from_queue(Queue::new(queue), end)
    }

    /// Passes an event and the queue of each subscriber to `push`. That function limits the queue, and returns whether it
    /// has added the event. Returns whether the event was added to any queue.
    ///
    /// `push` wakes tasks, which may subscribe and unsubscribe. No borrow is held while it runs.
    pub(crate) fn send(&self, event: T, push: impl Fn(&Queue<T>, T) -> bool) -> bool {
        let mut queues = self.subscribers.queues();
        let Some(last) = queues.pop() else { return false };
        let mut is_queued = false;
        for queue in queues {
            is_queued |= push(&Queue::new(queue), event.clone());
        }
        push(&Queue::new(last), event) || is_queued
    }
}

impl<T> Clone for Broadcast<T> {
    fn clone(&self) -> Self {
        Self { subscribers: self.subscribers.clone(), item: PhantomData }
    }
}

impl<T> Default for Broadcast<T> {
    fn default() -> Self {
        Self { subscribers: Rc::new(Subscribers::with_backlog()), item: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};

    use super::*;

    fn push(queue: &Queue<u32>, event: u32) -> bool {
        let has_room = queue.len() < 3;
        if has_room {
            queue.push(event);
        }
        has_room
    }

    fn unread(stream: &mut EventStream<u32>) -> Vec<u32> {
        std::iter::from_fn(|| stream.next().now_or_never().flatten()).collect()
    }

    #[test]
    fn every_subscriber_gets_every_event() {
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
    fn slow_subscriber_does_not_limit_others() {
        let (events, end) = (Broadcast::default(), CloseSignal::default());
        let (mut fast, mut slow) = (events.subscribe(&end), events.subscribe(&end));
        for event in 1..=5 {
            assert!(events.send(event, push));
            assert_eq!(unread(&mut fast), [event]);
        }
        assert_eq!(unread(&mut slow), [1, 2, 3]);
    }

    #[test]
    fn dropped_subscriber_frees_unread_events() {
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
        assert!(!events.send(event.clone(), push), "an event without subscribers is dropped");
        assert_eq!(Rc::strong_count(&event), 1);
        assert_eq!(events.subscribers.queues.borrow().len(), 0);
    }

    #[test]
    fn queues_of_dropped_subscribers_are_removed() {
        let (events, end) = (Broadcast::<u32>::default(), CloseSignal::default());
        for _ in 0..1_000 {
            drop(events.subscribe(&end));
        }
        assert!(events.subscribers.queues.borrow().len() <= 1);
    }

    #[test]
    fn subscription_during_send_starts_after_event() {
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
