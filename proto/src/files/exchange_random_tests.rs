//! An exchange whose peer sends random messages.

use proptest::prelude::*;

use super::{
    Accept, BLOCK_SIZE, Block, BlockAck, Bytes, Cancel, Digest, End, Event, Exchange, FileId, MAX_PENDING_OFFERS,
    Message, Offer, OfferAck, Reason, Received, Stop, TransferId, receive_state::ReceiveState,
};

const WINDOW: u32 = 3;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_messages_stay_within_limits(inputs in proptest::collection::vec(input(), 0..300)) {
        let mut exchange = Exchange::default();
        (0..3).for_each(|size| {
            exchange.offer(size * BLOCK_SIZE);
        });
        let mut expected = 0_u64;
        for input in inputs {
            match input {
                Input::Text(text) => match exchange.handle_text(&text) {
                    Ok(Some(Event::Block { block, .. })) => expected = block.length.into(),
                    Ok(Some(Event::Accept(accept))) => {
                        exchange.begin(accept.id, false);
                    }
                    Ok(_) => {}
                    Err(_) => return Ok(()),
                },
                Input::Bytes(length) => match exchange.handle_bytes(length) {
                    Ok(Bytes::Block { offset, last, .. }) => {
                        expected -= u64::from(length);
                        prop_assert!(u64::from(offset) < BLOCK_SIZE);
                        prop_assert_eq!(last, expected == 0);
                    }
                    Ok(_) => {}
                    Err(_) => return Ok(()),
                },
                Input::Accept(id) => {
                    exchange.accept(id, 0, WINDOW);
                }
                Input::Remove(id) => {
                    exchange.remove_incoming(id);
                }
                Input::Send(id) => {
                    if exchange.may_send(id) {
                        exchange.block_sent(id);
                    }
                }
            }
            let pending = exchange.incoming.values().filter(|incoming| !incoming.is_accepted()).count();
            prop_assert!(pending <= MAX_PENDING_OFFERS);
            prop_assert!(exchange.incoming.values().map(ReceiveState::pending).all(|blocks| blocks <= WINDOW.into()));
        }
    }
}

#[derive(Clone, Debug)]
enum Input {
    Text(String),
    Bytes(u32),
    Accept(TransferId),
    Remove(TransferId),
    Send(TransferId),
}

fn input() -> impl Strategy<Value = Input> {
    let id = 0..4_u32;
    let number = prop_oneof![0..4_u64, Just(u64::MAX), Just(BLOCK_SIZE)];
    let length = prop_oneof![0..4_u32, Just(u32::MAX), Just(BLOCK_SIZE as u32)];
    let digest = Digest([7; 32]);
    let file_id = FileId::try_from("a".to_owned()).unwrap();
    let offer = move |(id, version, size): (_, _, u64)| Offer {
        version,
        ..Offer::new(id, file_id.clone(), size.min((1 << 53) - 1))
    };
    let message = prop_oneof![
        (id.clone(), 0..2_u32, number.clone()).prop_map(offer).prop_map(Message::from),
        (id.clone(), number.clone(), length)
            .prop_map(move |(id, index, length)| Block::new(id, index, length, digest).into()),
        id.clone().prop_map(move |id| End::new(id, digest).into()),
        id.clone().prop_map(|id| Cancel::new(id, Reason::Failed).into()),
        id.clone().prop_map(|id| OfferAck::new(id).into()),
        (id.clone(), 0..3_u32, number.clone()).prop_map(|(id, window, from)| Accept {
            from,
            ..Accept::new(id, window)
        }
        .into()),
        (id.clone(), number).prop_map(|(id, blocks)| BlockAck::new(id, blocks).into()),
        id.clone().prop_map(|id| Received::new(id).into()),
        id.clone().prop_map(|id| Stop::new(id, Reason::Busy).into()),
    ];
    prop_oneof![
        60 => message.prop_map(|message| Input::Text(message.to_json())),
        20 => prop_oneof![0..4_u32, Just(BLOCK_SIZE as u32), Just(65_536)].prop_map(Input::Bytes),
        10 => id.clone().prop_map(Input::Accept),
        3 => id.clone().prop_map(Input::Remove),
        7 => id.prop_map(Input::Send),
        1 => ".{0,40}".prop_map(Input::Text),
    ]
}
