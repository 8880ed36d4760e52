//! Fake WebSockets, whose server is the test.

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

/// A replacement of the page's `WebSocket`, until this is dropped.
pub struct Sockets {
    created: Array,
    taken: Cell<u32>,
    _fake: Override,
}

impl Sockets {
    pub fn new() -> Self {
        let created = Array::new();
        let fake = js::run("sockets", &[&created], FAKE);
        Self { created, taken: Cell::new(0), _fake: Override::new(&js_sys::global(), "WebSocket", &fake) }
    }

    /// Returns the next socket that the page creates, not yet open.
    pub async fn next(&self) -> Socket {
        let index = self.taken.replace(self.taken.get() + 1);
        until(|| self.created.length() > index).within("a WebSocket").await;
        Socket { raw: self.created.get(index), read: Cell::new(0) }
    }

    /// Returns the number of sockets that the page has created.
    pub fn created(&self) -> u32 {
        self.created.length()
    }
}

/// The server's end of a socket.
pub struct Socket {
    raw: JsValue,
    read: Cell<u32>,
}

impl Socket {
    pub fn open(&self) {
        js::run("socket", &[&self.raw], "socket.readyState = 1; socket.dispatchEvent(new Event('open'))");
    }

    /// Returns the next frame that the page sends.
    pub async fn sent(&self) -> Value {
        self.next_sent().within("a frame").await
    }

    /// Returns the next frame that the page sends, without a time limit.
    pub async fn next_sent(&self) -> Value {
        let index = self.read.replace(self.read.get() + 1);
        let sent: Array = js::get(&self.raw, "sent").unchecked_into();
        until(|| sent.length() > index).await;
        serde_json::from_str(&sent.get(index).as_string().unwrap()).unwrap()
    }

    /// Returns the number of frames that the page has sent and the test has not read.
    pub fn unread(&self) -> u32 {
        js::get(&self.raw, "sent").unchecked_into::<Array>().length() - self.read.get()
    }

    /// Sends a frame to the page.
    pub fn say(&self, frame: &Value) {
        let body = "socket.dispatchEvent(new MessageEvent('message', { data }))";
        js::run("socket, data", &[&self.raw, &frame.to_string().into()], body);
    }

    /// Breaks the connection, which the page sees as an error and a close with code 1006.
    pub fn cut(&self) {
        let body = "socket.readyState = 3; socket.dispatchEvent(new Event('error'));
            socket.dispatchEvent(new CloseEvent('close', { code: 1006 }))";
        js::run("socket", &[&self.raw], body);
    }

    /// Closes the socket as the server.
    pub fn close(&self, code: u16, reason: &str) {
        let body = "socket.readyState = 3;
            socket.dispatchEvent(new CloseEvent('close', { code, reason, wasClean: true }))";
        js::run("socket, code, reason", &[&self.raw, &code.into(), &reason.into()], body);
    }

    /// Returns `true` if the page has closed the socket.
    pub fn is_closed(&self) -> bool {
        js::get(&self.raw, "closed").is_truthy()
    }
}

/// Returns a message id that no other message of the tests has.
pub fn new_id() -> String {
    thread_local!(static NEXT: Cell<u32> = const { Cell::new(0) });
    format!("new-{}", NEXT.with(|next| next.replace(next.get() + 1)))
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        sleep(Duration::from_millis(5)).await;
    }
}
