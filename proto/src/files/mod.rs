#![doc = include_str!("protocol.md")]

mod digest;
mod exchange;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod exchange_model_tests;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod exchange_random_tests;
#[cfg(test)]
mod exchange_tests;
mod message;
mod message_json;
pub mod name;
#[cfg(test)]
mod protocol_tests;
mod receive_state;
mod send_state;
mod transfer_map;
mod violation;

pub use self::{
    digest::{Digest, InvalidDigest},
    exchange::{Bytes, Event, Exchange, MAX_PENDING_OFFERS},
    message::{
        Accept, BLOCK_SIZE, Block, BlockAck, Cancel, Decline, End, FileId, InvalidFileId, MAX_TEXT_LENGTH, Message,
        Offer, OfferAck, Reason, Received, Stop, TransferId, VERSION, block_count, block_length,
    },
    transfer_map::TransferMap,
    violation::Violation,
};
