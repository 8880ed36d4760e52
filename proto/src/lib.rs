//! The protocols of [`browser-rtc`](https://docs.rs/browser-rtc) as data types and state machines, without I/O, clock
//! or JavaScript.
//!
//! The crate is for native programs that connect to browsers, such as a bot, a recorder or an SFU. On top of any WebRTC
//! stack, it provides the negotiation, the recovery and the signaling protocol of `browser-rtc`. `browser-rtc` and its
//! signaling server are built on it as well. It compiles for native targets and for WebAssembly, and depends only on
//! serde, `serde_json` and bytes.
//!
//! | Module | Content |
//! |---|---|
//! | [`sdp`] | session descriptions, ICE candidates, and the states of a connection |
//! | [`negotiation`] | perfect negotiation over an unreliable link: [`Negotiator`](negotiation::Negotiator) |
//! | [`recovery`] | decisions when to restart ICE and when to give up: [`PathMonitor`](recovery::PathMonitor) |
//! | [`call`] | the messages and the state of a call between two peers in a room: [`CallState`](call::CallState) |
//! | [`direct`] | messages and requests from one peer to another, outside of calls |
//! | [`signaling`] | the frames between a client and the signaling server |
//! | [`files`] | the messages and state machines of the file protocol |
//! | [`framing`] | large messages, packed messages and byte streams on data channels |
//!
//! [`signaling/PROTOCOL.md`](https://github.com/browser-rtc/browser-rtc/blob/main/signaling/PROTOCOL.md) in the
//! repository specifies the messages, for implementations in other languages.
//!
//! # Examples
//!
//! A driver passes [`Input`](negotiation::Input)s to a [`Negotiator`](negotiation::Negotiator), and performs the
//! [`Action`](negotiation::Action)s that it returns. In this example, the connection is a stub and the link is a queue.
//! A real driver also passes a timeout each second while [`wants_timeout`](negotiation::Negotiator::wants_timeout) is
//! true.
//!
//! ```
//! use browser_rtc_proto::{
//!     negotiation::{Action, Input, Negotiator, Operation, Politeness, SessionId},
//!     sdp::{SdpType, SessionDescription},
//! };
//! use std::collections::VecDeque;
//!
//! /// A connection that always succeeds.
//! #[derive(Default)]
//! struct Connection {
//!     remote: Option<SessionDescription>,
//! }
//!
//! impl Connection {
//!     /// Performs an operation, and returns the description that it has created.
//!     fn perform(&mut self, operation: Operation) -> Option<SessionDescription> {
//!         let is_answer = self.remote.as_ref().is_some_and(|remote| remote.kind == SdpType::Offer);
//!         let kind = if is_answer { SdpType::Answer } else { SdpType::Offer };
//!         match operation {
//!             Operation::CreateOffer | Operation::SetLocalDescription => {
//!                 Some(SessionDescription { kind, sdp: "v=0\r\n".to_owned() })
//!             }
//!             Operation::SetRemoteDescription(description) => {
//!                 self.remote = Some(description);
//!                 None
//!             }
//!             Operation::AddIceCandidate(_) | Operation::RollBackLocalOffer | Operation::RollBackRemoteOffer => None,
//!         }
//!     }
//! }
//!
//! struct Driver {
//!     negotiator: Negotiator,
//!     connection: Connection,
//! }
//!
//! impl Driver {
//!     fn new(id: &str, politeness: Politeness) -> Self {
//!         Self { negotiator: Negotiator::new(SessionId::new(id), politeness), connection: Connection::default() }
//!     }
//!
//!     /// Handles an input, and returns the messages to send to the peer.
//!     fn handle(&mut self, input: Input) -> Vec<String> {
//!         let mut messages = Vec::new();
//!         let mut inputs = VecDeque::from([input]);
//!         while let Some(input) = inputs.pop_front() {
//!             for action in self.negotiator.handle(input) {
//!                 match action {
//!                     Action::Send(signal) => messages.push(signal.to_string()),
//!                     Action::Perform(operation) => inputs.push_back(Input::Done(self.connection.perform(operation))),
//!                     Action::RestartIce => inputs.push_back(Input::NegotiationNeeded),
//!                     Action::PeerClosed | Action::PeerRestarted => eprintln!("the peer has ended the session"),
//!                     Action::ReportFailure | Action::ReportRefusal => eprintln!("an offer has failed"),
//!                     Action::ReportTooLarge { size, limit } => eprintln!("{size} bytes exceed the limit of {limit}"),
//!                 }
//!             }
//!         }
//!         messages
//!     }
//! }
//!
//! let mut caller = Driver::new("a81f", Politeness::Impolite);
//! let mut callee = Driver::new("c07e", Politeness::Polite);
//!
//! let mut in_flight = VecDeque::new();
//! in_flight.extend(caller.handle(Input::LinkOpened).into_iter().map(|text| (true, text)));
//! in_flight.extend(caller.handle(Input::NegotiationNeeded).into_iter().map(|text| (true, text)));
//! while let Some((is_to_callee, text)) = in_flight.pop_front() {
//!     let receiver = if is_to_callee { &mut callee } else { &mut caller };
//!     let answers = receiver.handle(Input::Received(text.parse()?));
//!     in_flight.extend(answers.into_iter().map(|text| (!is_to_callee, text)));
//! }
//!
//! assert_eq!(callee.connection.remote.unwrap().kind, SdpType::Offer);
//! assert_eq!(caller.connection.remote.unwrap().kind, SdpType::Answer);
//! # Ok::<(), browser_rtc_proto::negotiation::ParseSignalError>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

pub mod call;
pub mod dedup;
pub mod direct;
#[cfg(test)]
mod document;
pub mod files;
pub mod framing;
#[doc(hidden)]
pub mod json;
pub mod negotiation;
pub mod recovery;
pub mod sdp;
pub mod signaling;
mod spec_enum;
#[doc(hidden)]
pub mod webidl;

pub use json::ParseMessageError;

// For the macros.
#[doc(hidden)]
pub use serde;

/// Runs the example of the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
