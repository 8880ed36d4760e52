//! Calls between browsers, on the demo and on the plain JavaScript page.

mod calls;
mod capture;
mod endings;
mod lingering;
mod plain_page;
mod rooms;
mod talk;
mod unsupported;
