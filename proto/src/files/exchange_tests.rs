//! Messages that violate the protocol or may arrive in several states.

use super::{
    Accept, BLOCK_SIZE, Block, Bytes, Decline, Digest, End, Event, Exchange, FileId, MAX_PENDING_OFFERS, Message,
    Offer, OfferAck, Reason, TransferId,
};

const DIGEST: Digest = Digest([0; 32]);

fn handle(exchange: &mut Exchange, message: impl Into<Message>) -> Option<Event> {
    exchange.handle_text(&message.into().to_json()).unwrap()
}

fn offer(id: TransferId, size: u64) -> Offer {
    Offer::new(id, FileId::try_from("a".to_owned()).unwrap(), size)
}

/// Returns a receiver that has accepted a file of four blocks, with a window of two.
fn receiver() -> Exchange {
    let mut exchange = Exchange::default();
    handle(&mut exchange, offer(0, 3 * BLOCK_SIZE + 5));
    assert!(exchange.accept(0, 0, 2));
    exchange
}

fn block(index: u64, length: u64) -> Block {
    Block::new(0, index, length as u32, DIGEST)
}

#[test]
fn violation_of_sender_ends_transfer() {
    let assert_violation = |exchange: &mut Exchange, message: Message| {
        let event = handle(exchange, message);
        assert!(matches!(event, Some(Event::IncomingViolation(0, _))), "{event:?}");
        assert!(exchange.incoming.is_empty());
    };
    assert_violation(&mut receiver(), block(1, BLOCK_SIZE).into());
    assert_violation(&mut receiver(), block(0, BLOCK_SIZE - 1).into());
    assert_violation(&mut receiver(), block(0, BLOCK_SIZE + 1).into());
    assert_violation(&mut receiver(), block(0, 0).into());
    assert_violation(&mut receiver(), End::new(0, DIGEST).into());

    let mut beyond_window = receiver();
    for index in 0..2 {
        assert!(matches!(handle(&mut beyond_window, block(index, BLOCK_SIZE)), Some(Event::Block { .. })));
        assert!(matches!(beyond_window.handle_bytes(BLOCK_SIZE as u32), Ok(Bytes::Block { last: true, .. })));
    }
    assert_violation(&mut beyond_window, block(2, BLOCK_SIZE).into());

    let mut end_within_block = receiver();
    handle(&mut end_within_block, block(0, BLOCK_SIZE));
    assert_violation(&mut end_within_block, End::new(0, DIGEST).into());

    let mut too_many_bytes = receiver();
    handle(&mut too_many_bytes, block(0, BLOCK_SIZE));
    assert!(matches!(too_many_bytes.handle_bytes(BLOCK_SIZE as u32 + 1), Ok(Bytes::Violation(0, _))));

    let mut late_restart = receiver();
    handle(&mut late_restart, block(0, BLOCK_SIZE));
    assert!(late_restart.handle_bytes(BLOCK_SIZE as u32).is_ok());
    assert_violation(&mut late_restart, block(0, BLOCK_SIZE).into());
}

#[test]
fn message_without_transfer_ends_channel() {
    assert!(receiver().handle_bytes(1).is_err(), "bytes without a block");
    assert!(receiver().handle_text("hello").is_err());
    let mut within_block = receiver();
    handle(&mut within_block, block(0, BLOCK_SIZE));
    assert!(within_block.handle_text(&Message::from(block(1, BLOCK_SIZE)).to_json()).is_err());
}

#[test]
fn excess_offer_or_other_version_is_declined() {
    let mut exchange = Exchange::default();
    for id in 0..MAX_PENDING_OFFERS as TransferId {
        assert!(matches!(handle(&mut exchange, offer(id, 1)), Some(Event::Offer(_))));
    }
    let next = MAX_PENDING_OFFERS as TransferId;
    let busy = Decline::new(next, Reason::Busy);
    assert_eq!(handle(&mut exchange, offer(next, 1)), Some(Event::Unacceptable(busy)));
    let unsupported = Decline::new(next + 1, Reason::Unsupported);
    let later = Offer { version: 2, ..offer(next + 1, 1) };
    assert_eq!(handle(&mut exchange, later), Some(Event::Unacceptable(unsupported)));
    let repeated = Message::from(offer(0, 1)).to_json();
    assert!(exchange.handle_text(&repeated).is_err(), "the number was used before");
}

#[test]
fn peer_is_known_after_first_known_message() {
    let mut exchange = Exchange::default();
    let id = exchange.offer(1);
    assert!(exchange.handle_text("hello").is_err());
    assert_eq!(exchange.handle_text(r#"{"type":"description"}"#), Ok(None));
    assert!(!exchange.is_peer_known());
    assert_eq!(handle(&mut exchange, OfferAck::new(id)), Some(Event::OfferAck(OfferAck::new(id))));
    assert!(exchange.is_peer_known());
}

#[test]
fn offer_ack_may_be_repeated_missing_or_late() {
    let mut exchange = Exchange::default();
    let (first, second) = (exchange.offer(1), exchange.offer(1));
    for _ in 0..2 {
        assert_eq!(handle(&mut exchange, OfferAck::new(first)), Some(Event::OfferAck(OfferAck::new(first))));
    }
    assert!(matches!(handle(&mut exchange, Accept::new(second, 1)), Some(Event::Accept(_))));
    let decline = Decline::new(first, Reason::Declined);
    assert_eq!(handle(&mut exchange, decline.clone()), Some(Event::Decline(decline)));
    assert_eq!(handle(&mut exchange, OfferAck::new(first)), None);
    assert_eq!(handle(&mut exchange, OfferAck::new(99)), None, "the number was never offered");
}
