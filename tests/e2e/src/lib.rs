//! Real browsers on the real demo and the real server, driven over WebDriver.
//!
//! A test is a scene that is [played](play) on a [`Stage`]: the stage serves the demo in this very process and opens
//! browsers, and a [`Page`] does in one of them what a user does. The tests are in `tests/demo`.
//!
//! Whatever goes wrong panics, with what the page showed at that moment. Every wait has a limit, and the browsers end
//! with their stage.
//!
//! | Variable                        | Names                                                   |
//! |---------------------------------|---------------------------------------------------------|
//! | `CHROMEDRIVER`, `GECKODRIVER`, `WEBKIT_DRIVER` | the driver; otherwise found on the `PATH` |
//! | `CHROME`, `FIREFOX`             | the browser; otherwise found on the `PATH`              |
//! | `XVFB`                          | the display for WebKitGTK; otherwise found on the `PATH` |

mod browser;
mod display;
mod driver;
mod page;
mod process;
mod programs;
mod seen;
mod server;
mod stage;

pub use browser::{Browser, Camera, Setup};
pub use page::Page;
pub use seen::{ChatLine, Connection, Failure, Picture, Seen, Size, Track};
pub use server::DemoServer;
pub use stage::{Stage, play};
