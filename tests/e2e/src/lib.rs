//! Real browsers on the real demo and the real server, driven over WebDriver.
//!
//! A test is a scene that is [played](play) on a [`Stage`]: the stage serves the demo in this very process and opens
//! browsers, and a [`Page`] does in one of them what a user does. The tests are in `tests/demo`.
//!
//! Those in `tests/faults` are [played on a network](play_on_network) that can be broken: each browser and the server,
//! a program here, is on a host of its own in a [`Field`]. That takes Linux, root and `ip`.
//!
//! Whatever goes wrong panics, with what the page showed at that moment. Every wait has a limit, and the browsers end
//! with their stage.
//!
//! | Variable                        | Names                                                   |
//! |---------------------------------|---------------------------------------------------------|
//! | `CHROMEDRIVER`, `GECKODRIVER`, `WEBKIT_DRIVER` | the driver; otherwise found on the `PATH` |
//! | `CHROME`, `FIREFOX`             | the browser; otherwise found on the `PATH`              |
//! | `XVFB`                          | the display for WebKitGTK; otherwise found on the `PATH` |
//! | `NATIVE_PEER`                   | the example; otherwise found on the `PATH`              |
//! | `SIGNALING_SERVER`, `IP`        | the server, and what makes networks; otherwise found on the `PATH` |

mod browser;
mod cast;
mod devtools;
mod display;
mod driver;
mod native_peer;
#[cfg(target_os = "linux")]
mod net;
mod page;
mod process;
mod programs;
mod proxy;
mod seen;
mod server;
mod site;
mod stage;
mod standstill;
mod window;

pub use browser::{Browser, Camera, Setup};
pub use devtools::Conditions;
pub use native_peer::NativePeer;
#[cfg(target_os = "linux")]
pub use net::{Field, play_on_network, report};
pub use page::{Page, Person, connect};
pub use proxy::Proxy;
pub use seen::{ChatLine, Connection, Failure, Picture, Seen, Size, Track};
pub use server::DemoServer;
pub use stage::{Stage, play};
pub use standstill::{Flow, Loose, Seat, Standstill};
pub use window::Window;
