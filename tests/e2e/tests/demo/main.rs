//! Calls between browsers on the demo and on the plain JavaScript page.

mod accessibility;
mod arguments;
mod calls;
mod capture;
mod channels;
mod endings;
mod examples;
mod files;
mod handles;
mod inspector;
mod lingering;
mod mesh;
#[cfg(unix)]
mod native_peer;
mod plain_page;
mod recovery;
mod rooms;
mod served;
mod storm;
mod talk;
mod tokens;
mod unsupported;
