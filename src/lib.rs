//! WebRTC for Rust programs in the browser: camera and microphone, peer connections, data channels, DTMF tones,
//! statistics, and calls between the users of a room.
//!
//! The crate wraps the browser's WebRTC interfaces as typed, asynchronous Rust, and adds what an application needs on top
//! of them: perfect negotiation, recovery after network failures, rooms on a [signaling server], file transfer, and
//! messages of any size and type. It is for the target `wasm32-unknown-unknown`, with or without a UI framework.
//!
//! [signaling server]: https://docs.rs/browser-rtc-signaling
//!
//! # Getting started
//!
//! ```toml
//! [dependencies]
//! browser-rtc = { version = "0.1", default-features = false }
//! futures = "0.3"
//! wasm-bindgen = "0.2"
//! wasm-bindgen-futures = "0.4"
//! web-sys = { version = "0.3", features = ["console", "Document", "Element", "HtmlVideoElement", "Window"] }
//! ```
//!
//! The program below joins a room, calls the first peer in it or waits for a call, shows the remote video in the page's
//! `<video autoplay playsinline>`, and exchanges text messages:
//!
//! ```no_run
//! use browser_rtc::{
//!     Result,
//!     channel::Message,
//!     media::{self, Constraints},
//!     room::{Call, Join, Room},
//! };
//! use futures::StreamExt;
//! use wasm_bindgen::JsCast;
//! use web_sys::{HtmlVideoElement, console};
//!
//! fn main() {
//!     wasm_bindgen_futures::spawn_local(async {
//!         if let Err(error) = run().await {
//!             console::error_1(&error.to_string().into());
//!         }
//!     });
//! }
//!
//! async fn run() -> Result<()> {
//!     let room = Room::join("wss://example.org/signal", Join::new("lobby", "Ada")).await?;
//!     let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
//!     let call = match room.peers().first() {
//!         Some(peer) => room.call(&peer.id, &camera).await?,
//!         None => room.next_call().await?.accept(&camera).await?,
//!     };
//!     talk(call).await
//! }
//!
//! async fn talk(call: Call) -> Result<()> {
//!     let document = web_sys::window().and_then(|window| window.document());
//!     let element = document.and_then(|document| document.query_selector("video").ok().flatten());
//!     let Some(video) = element.and_then(|element| element.dyn_into::<HtmlVideoElement>().ok()) else {
//!         return Ok(());
//!     };
//!     let _attachment = media::show(&video, &call.remote_stream().await?)?;
//!     let mut chat = call.channel("chat").await?;
//!     chat.send("hello").await?;
//!     while let Some(message) = chat.next().await {
//!         if let Message::Text(text) = message? {
//!             console::log_1(&text.into());
//!         }
//!     }
//!     Ok(()) // dropping the call hangs up
//! }
//! ```
//!
//! A page may use the camera on `https` and on `localhost` only. The signaling server is the program `signaling-server`
//! of the crate [`browser-rtc-signaling`][signaling server]. No STUN or TURN server is used by default: peers in
//! different networks need servers, which are configured in the signaling server, in [`Join::configuration`] or in
//! [`peer::Configuration`].
//!
//! [`Join::configuration`]: room::Join::configuration
//!
//! # Modules
//!
//! This table lists the modules from the highest layer to the lowest. Each layer uses the layers below it, and a
//! program can use any of them directly.
//!
//! | Module | For | Main types |
//! |---|---|---|
//! | [`room`] | the users in a room, messages to them, and calls between them | [`Room`](room::Room), [`Call`](room::Call) |
//! | [`signaling`] | the signaling protocol, frame by frame | [`SignalingSocket`](signaling::SignalingSocket) |
//! | [`session`] | a connection over any signaling channel, which negotiates and recovers automatically | [`Session`](session::Session), [`Link`](session::Link) |
//! | [`negotiation`] | perfect negotiation as a state machine without I/O | [`Negotiator`](negotiation::Negotiator) |
//! | [`files`] | transfer of files over a data channel, with progress and resumption | [`Files`](files::Files) |
//! | [`peer`] | the browser's peer connection, with its transceivers, transports and certificates | [`PeerConnection`](peer::PeerConnection) |
//! | [`channel`] | data channels: messages, typed values, many small messages, byte streams | [`DataChannel`](channel::DataChannel) |
//! | [`dtmf`] | touch tones in the audio of a call | [`DtmfSender`](dtmf::DtmfSender) |
//! | [`stats`] | statistics of a connection, and the rates between two reports | [`StatsReport`](stats::StatsReport), [`rates`](stats::rates()) |
//! | [`media`] | capture of cameras, microphones and screens; playback, recording and snapshots | [`get_user_media`](media::get_user_media), [`MediaStream`](media::MediaStream) |
//!
//! # Guide
//!
//! The [`guide`] explains how to build an application, one page per task: a [first call](guide::first_call), [failures of
//! capture](guide::capture), [channels](guide::channels), [recovery](guide::recovery), [frameworks](guide::frameworks),
//! [deployment](guide::deploying) and others. [`from_javascript`] lists the members of the web interfaces with their
//! counterparts in this crate. The search of this documentation also finds each item by its web name, such as
//! `RTCPeerConnection.restartIce`.
//!
//! # Conventions
//!
//! - **Handles**, such as [`PeerConnection`](peer::PeerConnection), [`DataChannel`](channel::DataChannel) and
//!   [`Call`](room::Call), are cheap to clone, and clones are equal. Dropping the last clone closes the connection, the
//!   channel or the call, and stops a captured track. `as_raw`, `into_raw` and `from_raw` convert to and from the types
//!   of `web-sys`.
//! - **Events** are [`EventStream`]s. A stream ends when its object closes, and removes its listeners when it is dropped.
//! - **Errors** have one type, [`Error`], with the operation, an [`ErrorKind`], and the browser's message. No function
//!   throws a JavaScript exception or panics.
//! - **Futures** resolve with [`ErrorKind::Closed`] if the connection that they wait for closes. The section
//!   "Cancel safety" of a function describes the effect of dropping its future early.
//! - **Missing interfaces**, in a browser without WebRTC or on an insecure page, are the error
//!   [`ErrorKind::NotSupported`], whose message contains advice.
//!
//! # Features
//!
//! | Feature | Default | Effect |
//! |---|---|---|
//! | `npm` | on | exports the JavaScript API of the npm package; disable it in a Rust program with `default-features = false` |
//! | `streams` | off | [`DataChannel`](channel::DataChannel)s as WHATWG streams of the crate `wasm-streams` |
//! | `postcard` | off | a compact binary codec for [`channel::Typed`] |
//! | `log` | off | log records of rooms, sessions and channels through the crate `log`, without names, messages or tokens |
//!
//! # Platforms
//!
//! The crate is tested in Chromium 156 and Firefox 153, each with itself and with the other. Safari has the required
//! interfaces, but is not tested. On targets other than WebAssembly the crate compiles, so that the unit tests of a
//! program can link to it, and calls to the browser panic. A native peer uses the crate
//! [`browser-rtc-proto`](https://docs.rs/browser-rtc-proto) and a WebRTC stack of its choice.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

pub mod channel;
mod dictionary;
#[cfg(test)]
mod dictionary_tests;
pub mod dtmf;
mod error;
mod event;
pub mod files;
#[doc = include_str!("from_javascript.md")]
pub mod from_javascript {}
// A program's build does not read the pages.
#[cfg(any(doc, doctest))]
pub mod guide;
mod identity;
mod log;
pub mod media;
mod members;
#[cfg(feature = "npm")]
mod npm;
pub mod peer;
mod promise;
mod random;
mod registry;
pub mod room;
mod rtc_error;
pub mod session;
pub mod signaling;
pub mod stats;
mod sys;
mod timer;
mod wake;

#[doc(inline)]
pub use browser_rtc_proto::negotiation;

pub use self::{
    error::{Error, ErrorKind, Result},
    event::{EventStream, Listener},
    members::Members,
    rtc_error::{ErrorDetail, RtcError},
};

/// Compiles the Rust examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
