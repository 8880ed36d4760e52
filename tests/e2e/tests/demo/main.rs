//! Calls between browsers on the demo and on the plain JavaScript page.

mod accessibility;
mod arguments;
mod calls;
mod capture;
mod channels;
mod chat;
mod endings;
mod examples;
mod files;
mod handles;
mod inspector;
mod invite;
mod keypad;
mod labs;
mod lingering;
mod lobby;
mod mesh;
#[cfg(unix)]
mod native_peer;
mod people;
mod plain_page;
mod preview;
mod recordings;
mod recovery;
mod relay;
mod ringing;
mod rooms;
mod served;
mod stage;
mod storm;
mod talk;
mod tokens;
mod unfinished;
mod unsupported;
mod visit;
