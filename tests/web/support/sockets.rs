//! WebSockets without a network: the test is the server.

use std::{cell::Cell, time::Duration};

use js_sys::Array;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    Within,
    js::{self, Override},
    sleep,
};

const FAKE: &str = "
return class extends EventTarget {
  readyState = 0;
  binaryType = 'blob';
  sent = [];
  closed = false;
  constructor(url, protocol) {
    super();
    this.url = url;
    this.protocol = protocol;
    sockets.push(this);
  }
  send(text) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
    this.readyState = 3;
  }
};";

/// In place of the page's WebSockets until this is dropped.
pub struct Sockets {
    made: Array,
    taken: Cell<u32>,
    _fake: Override,
}

impl Sockets {
    pub fn new() -> Self {
        let made = Array::new();
        let fake = js::run("sockets", &[&made], FAKE);
        Self { made, taken: Cell::new(0), _fake: Override::new(&js_sys::global(), "WebSocket", &fake) }
    }

    /// The next one that the page makes, not yet open.
    pub async fn next(&self) -> Socket {
        let at = self.taken.replace(self.taken.get() + 1);
        let made = async { until(|| self.made.length() > at).await };
        made.within("a socket").await;
        Socket { raw: self.made.get(at), read: Cell::new(0) }
    }

    /// How many have been made.
    pub fn made(&self) -> u32 {
        self.made.length()
    }
}

/// The server's end.
pub struct Socket {
    raw: JsValue,
    read: Cell<u32>,
}

impl Socket {
    pub fn open(&self) {
        js::run("socket", &[&self.raw], "socket.readyState = 1; socket.dispatchEvent(new Event('open'))");
    }

    /// The next frame that the page sends.
    pub async fn sent(&self) -> Value {
        self.next_sent().within("a frame").await
    }

    /// The same, however long that takes.
    pub async fn next_sent(&self) -> Value {
        let at = self.read.replace(self.read.get() + 1);
        let sent: Array = js::get(&self.raw, "sent").unchecked_into();
        until(|| sent.length() > at).await;
        serde_json::from_str(&sent.get(at).as_string().unwrap()).unwrap()
    }

    /// How many frames were sent and not yet looked at.
    pub fn unread(&self) -> u32 {
        js::get(&self.raw, "sent").unchecked_into::<Array>().length() - self.read.get()
    }

    pub fn say(&self, frame: &Value) {
        let body = "socket.dispatchEvent(new MessageEvent('message', { data }))";
        js::run("socket, data", &[&self.raw, &frame.to_string().into()], body);
    }

    /// The path to it breaks, as the browser notices.
    pub fn cut(&self) {
        let body = "socket.readyState = 3; socket.dispatchEvent(new Event('error'));
            socket.dispatchEvent(new CloseEvent('close', { code: 1006 }))";
        js::run("socket", &[&self.raw], body);
    }

    /// The server closes it.
    pub fn close(&self, code: u16, reason: &str) {
        let body = "socket.readyState = 3;
            socket.dispatchEvent(new CloseEvent('close', { code, reason, wasClean: true }))";
        js::run("socket, code, reason", &[&self.raw, &code.into(), &reason.into()], body);
    }

    /// Whether the page has closed it.
    pub fn is_closed(&self) -> bool {
        js::get(&self.raw, "closed").is_truthy()
    }
}

/// A message id that no other message has.
pub fn new_id() -> String {
    thread_local!(static NEXT: Cell<u32> = const { Cell::new(0) });
    format!("m{}", NEXT.with(|next| next.replace(next.get() + 1)))
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        sleep(Duration::from_millis(5)).await;
    }
}
