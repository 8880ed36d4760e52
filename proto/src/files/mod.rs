#![doc = include_str!("protocol.md")]
#![expect(missing_docs)]

mod exchange;
#[cfg(test)]
mod exchange_tests;
mod message;
pub mod name;
#[cfg(test)]
mod protocol_tests;
mod receiving;
mod sending;

pub use self::{
    exchange::{Event, Exchange, MOST_OFFERS, Part, Violation},
    message::{BLOCK, Digest, FileId, Id, LONGEST_TEXT, Message, Reason, VERSION, blocks_of, length_of},
    receiving::{Place, Receiving},
    sending::Sending,
};
