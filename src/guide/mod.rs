#![doc = include_str!("index.md")]

#[doc = include_str!("first_call.md")]
pub mod first_call {}

#[doc = include_str!("capture.md")]
pub mod capture {}

#[doc = include_str!("connection_by_hand.md")]
pub mod connection_by_hand {}

#[doc = include_str!("channels.md")]
pub mod channels {}

#[doc = include_str!("files.md")]
pub mod files {}

#[doc = include_str!("dtmf.md")]
pub mod dtmf {}

#[doc = include_str!("statistics.md")]
pub mod statistics {}

#[doc = include_str!("recovery.md")]
pub mod recovery {}

#[doc = include_str!("screen_and_devices.md")]
pub mod screen_and_devices {}

#[doc = include_str!("own_signaling.md")]
pub mod own_signaling {}

#[doc = include_str!("native_peer.md")]
pub mod native_peer {}

#[doc = include_str!("sfu.md")]
pub mod sfu {}

#[doc = include_str!("logs.md")]
pub mod logs {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("frameworks.md")]
pub mod frameworks {}

#[doc = include_str!("migrating.md")]
pub mod migrating {}

#[doc = include_str!("deploying.md")]
pub mod deploying {}

#[doc = include_str!("security.md")]
pub mod security {}

#[doc = include_str!("browser_quirks.md")]
pub mod browser_quirks {}
