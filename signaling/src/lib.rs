//! The signaling server of `browser-rtc`: the feature `server` has it as a library and as the program
//! `signaling-server`.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "server")]
pub(crate) use browser_rtc_proto::signaling as protocol;
#[doc(hidden)]
pub use browser_rtc_proto::{json, signaling::*};

#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod server;
