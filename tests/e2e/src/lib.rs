//! End-to-end tests: real browsers, driven over WebDriver, on the demo and the signaling server.
//!
//! A test is a scene that is [played](play) on a [`Stage`]. The stage serves the demo in the process of the test and
//! opens browsers, and a [`Page`] performs the actions of a user in one of them. These tests are in `tests/demo`.
//!
//! The tests in `tests/faults` are [played on a network](play_on_network) that can be broken. Each browser and the
//! server, which is a process in these tests, has its own host on a [`NetworkStage`]. They require Linux, root and
//! `ip`.
//!
//! A failure panics with the content of the page. Every wait has a time limit. A browser of a scene that has passed is
//! used again by later scenes, and ends with the process.
//!
//! | Variable                        | Names                                                   |
//! |---------------------------------|---------------------------------------------------------|
//! | `CHROMEDRIVER`, `GECKODRIVER`, `WEBKIT_DRIVER` | the driver; otherwise found on the `PATH` |
//! | `CHROME`, `FIREFOX`             | the browser; otherwise found on the `PATH`              |
//! | `XVFB`                          | the display server for WebKitGTK; otherwise found on the `PATH` |
//! | `AXE`                           | the script of axe-core; otherwise in the target folder  |
//! | `NATIVE_PEER`                   | the native peer; otherwise found on the `PATH`          |
//! | `TURN`                          | the address of a TURN server with the user `ada` and the password `secret` |
//! | `SIGNALING_SERVER`, `IP`        | the signaling server, and iproute2's `ip`; otherwise found on the `PATH` |

mod accessibility;
mod browser;
mod browsers;
mod devtools;
mod display;
mod driver;
mod gestures;
mod look;
mod native_peer;
#[cfg(target_os = "linux")]
mod net;
mod page;
mod pool;
mod process;
mod programs;
mod proxy;
mod seen;
mod server;
mod site;
mod stage;
mod traffic;
mod window;

pub use browser::{Browser, Camera, Setup};
pub use devtools::Conditions;
pub use look::Look;
pub use native_peer::NativePeer;
#[cfg(target_os = "linux")]
pub use net::{NetworkStage, play_on_network, report};
pub use page::{Page, Peer, connect};
pub use proxy::Proxy;
pub use seen::{ChatLine, Connection, Failure, Picture, Seen, Size, Status, Tile, Track};
pub use server::DemoServer;
pub use stage::{Stage, play};
pub use traffic::{BurstStats, Flow, Seat, TrafficStats};
pub use window::Window;
