//! DOM events as guards and streams: the only place in this crate where a DOM callback lives.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
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
    /// Calls `callback` for each event of this name on `target`, until dropped.
    pub fn new(target: &EventTarget, event: &'static str, callback: impl FnMut(Event) + 'static) -> Self {
        Self::attach(target, event, Box::new(callback))
    }

    /// Apart, to be compiled once.
    fn attach(target: &EventTarget, event: &'static str, callback: Box<dyn FnMut(Event)>) -> Self {
        let callback = Closure::wrap(callback);
        // It throws only for an abort signal, and none is given.
        let _infallible = target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        Self { target: target.clone(), event, callback }
    }
}

impl Drop for Listener {
    /// Detaches first; the closure goes after, as a field. The other way round, an event that is already under way
    /// would call into freed memory.
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        let _infallible = self.target.remove_event_listener_with_callback(self.event, callback);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("event", &self.event).finish_non_exhaustive()
    }
}

/// A first-in, first-out queue between callbacks and tasks, which any number of either may share.
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

/// The events of a browser object as a stream. It owns its listeners, keeps what came while nobody polled, in
/// order, and ends when the object closes, by our own `close()` too. Dropping it removes the listeners.
///
/// It does not keep the object alive: it ends as well when the last handle of the object is dropped.
#[must_use = "a stream that is dropped listens no more"]
pub struct EventStream<T> {
    queue: Queue<T>,
    finish: Option<Box<dyn FnOnce() -> Option<T>>>,
    source: Source,
}

/// What is the same of streams of anything, and so compiled once.
struct Source {
    filled: Waiter,
    listeners: Vec<Listener>,
    end: CloseWait,
    finished: bool,
}

impl Source {
    /// Ready when the end has come: with whether it had before.
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
    /// The events of this name on `target`, of whatever kind it is; `read` runs inside the event's dispatch and says
    /// what goes into the stream. It never ends by itself.
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

    /// A stream without a listener yet, which ends with `end`.
    pub(crate) fn new(end: &CloseSignal) -> Self {
        Self::of(Queue::default(), end)
    }

    /// A view on a queue that others fill.
    pub(crate) fn of(queue: Queue<T>, end: &CloseSignal) -> Self {
        let source = Source { filled: queue.waiter(), listeners: Vec::new(), end: end.wait(), finished: false };
        Self { queue, finish: None, source }
    }

    /// Takes events of this name; `read` runs inside the event's dispatch and says what goes into the stream.
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

    /// A state machine: its state now, then each change, then the state it ends in.
    pub(crate) fn of_states(
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

    /// One more item when the end has come: for what a browser fires no event of.
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
