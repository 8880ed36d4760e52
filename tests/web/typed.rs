//! Typed channels: values as messages, in every codec.

use std::collections::BTreeMap;

use browser_rtc::{
    ErrorKind,
    channel::{Carrier, ChannelInit, Codec, CodecError, DataChannel, Json, Message, Packed, Payload, Typed},
};
use futures::{SinkExt, StreamExt, TryStreamExt, future::join, stream};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, pair::Pair, watched};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Move {
    Step { x: i32, y: i32 },
    Say(String),
    Wait,
}

fn moves() -> Vec<Move> {
    vec![Move::Step { x: -1, y: i32::MAX }, Move::Say("naïve 🦀\0\"".into()), Move::Wait, Move::Say(String::new())]
}

/// A custom codec, which sends JSON in binary messages.
#[derive(Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    const TEXT: bool = false;

    fn encode<T: Serialize + ?Sized>(&self, value: &T, message: &mut Vec<u8>) -> Result<(), CodecError> {
        Json.encode(value, message)
    }

    fn decode<T: DeserializeOwned>(&self, message: &[u8]) -> Result<T, CodecError> {
        Json.decode(message)
    }
}

async fn next<T: DeserializeOwned, C: Codec, Out, S: Carrier>(typed: &mut Typed<T, C, Out, S>) -> T {
    typed.next().within("a value").await.expect("the channel closed").unwrap()
}

/// Sends values in both directions, and closes the channel.
async fn assert_round_trip<C: Codec + Default, S: Carrier>(wrap: fn(DataChannel) -> S) {
    let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
    let mut a: Typed<Move, C, Move, S> = Typed::new(wrap(a));
    let mut b: Typed<Move, C, Move, S> = Typed::new(wrap(b));
    for value in moves() {
        a.send(&value).within("send").await.unwrap();
        b.try_send(&value).unwrap();
    }
    for value in moves() {
        assert_eq!(next(&mut b).await, value);
        assert_eq!(next(&mut a).await, value);
    }
    a.flush().within("flush").await.unwrap();
    a.send(&Move::Wait).within("send").await.unwrap();
    a.close();
    assert_eq!(next(&mut b).await, Move::Wait);
    assert!(b.next().within("the end").await.is_none());
    assert_eq!(a.send(&Move::Wait).await.unwrap_err().kind(), &ErrorKind::Closed);
    assert_eq!(b.try_send(&Move::Wait).unwrap_err().kind(), &ErrorKind::Closed);
}

#[wasm_bindgen_test]
async fn values_without_json_form_are_refused() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let numbers: Typed<f64> = Typed::new(a.clone());
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for error in
                [numbers.send(&number).within("send").await.unwrap_err(), numbers.try_send(&number).unwrap_err()]
            {
                assert_eq!(error.kind(), &ErrorKind::Type, "{error}");
                assert_eq!(error.message(), format!("the number {number} has no JSON form"));
            }
        }
        let values: Typed<serde_json::Value> = Typed::new(a.clone());
        let nested = |levels| (0..levels).fold(serde_json::Value::Null, |inner, _| [inner].into_iter().collect());
        for levels in [128, 200, 1_000] {
            let error = values.send(&nested(levels)).within("send").await.unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Type, "{levels} levels: {error}");
        }
        let mut keyed: Typed<u8, Json, BTreeMap<[u8; 1], u8>> = Typed::new(a);
        assert_eq!(keyed.try_send(&BTreeMap::from([([1], 1)])).unwrap_err().kind(), &ErrorKind::Type);
        assert_eq!(SinkExt::send(&mut keyed, BTreeMap::from([([1], 1)])).await.unwrap_err().kind(), &ErrorKind::Type);

        // Refused values were not sent, so that this one is the first to arrive.
        values.send(&nested(127)).within("send").await.unwrap();
        let mut received: Typed<serde_json::Value> = Typed::new(b);
        assert_eq!(next(&mut received).await, nested(127));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_values_round_trip_in_every_codec() {
    watched(async {
        assert_round_trip::<Json, _>(|channel| channel).await;
        assert_round_trip::<Bytes, _>(|channel| channel).await;
        assert_round_trip::<Json, _>(Packed::new).await;
        assert_round_trip::<Bytes, _>(Packed::new).await;
        #[cfg(feature = "postcard")]
        {
            assert_round_trip::<browser_rtc::channel::Postcard, _>(|channel| channel).await;
            assert_round_trip::<browser_rtc::channel::Postcard, _>(Packed::new).await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_json_is_interoperable() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a: Typed<Move> = Typed::new(a);
        a.send(&Move::Step { x: 1, y: -2 }).within("send").await.unwrap();
        let message = b.next().within("a message").await.unwrap().unwrap();
        assert_eq!(message, Message::from(r#"{"Step":{"x":1,"y":-2}}"#));
        b.send(" { \"Say\" : \"\\u0041\" } ").within("send").await.unwrap();
        assert_eq!(next(&mut a).await, Move::Say("A".into()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_malformed_message_is_one_error() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut typed: Typed<Move> = Typed::new(b);
        let malformed: [Payload<'_>; 8] = [
            "".into(),
            "{".into(),
            "null".into(),
            r#"{"Step":{"x":1}}"#.into(),
            r#"{"Step":{"x":1,"y":2147483648}}"#.into(),
            r#""Wait" "Wait""#.into(),
            r#"{"Fly":1}"#.into(),
            br#""Wait""#.into(),
        ];
        for payload in malformed.clone() {
            a.send(payload).within("send").await.unwrap();
            a.send(r#""Wait""#).within("send").await.unwrap();
        }
        for number in 0..malformed.len() {
            let error = typed.next().within("an error").await.unwrap().unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("Typed", &ErrorKind::InvalidData), "{number}: {error}");
            assert_eq!(next(&mut typed).await, Move::Wait);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_text_is_malformed_for_binary_codec() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut typed: Typed<Move, Bytes> = Typed::new(b);
        a.send(r#""Wait""#).within("send").await.unwrap();
        a.send(br#""Wait""#).within("send").await.unwrap();
        assert_eq!(typed.next().within("an error").await.unwrap().unwrap_err().kind(), &ErrorKind::InvalidData);
        assert_eq!(next(&mut typed).await, Move::Wait);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_malformed_frames_and_values_are_errors() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut typed: Typed<u32, Json, u32, Packed> = Typed::new(Packed::new(b));
        a.send(b"\x011\x01x\x0217").within("send").await.unwrap();
        a.send(b"\x09").within("send").await.unwrap();
        a.send(b"\x012").within("send").await.unwrap();
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.push(typed.next().within("a value").await.unwrap().map_err(|error| error.kind().clone()));
        }
        let invalid = || Err(ErrorKind::InvalidData);
        assert_eq!(seen, [Ok(1), invalid(), Ok(17), invalid(), Ok(2)]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_directions_have_separate_types() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut requests: Typed<Result<f64, String>, Json, (f64, f64)> = Typed::new(a);
        let mut responses: Typed<(f64, f64), Json, Result<f64, String>> = Typed::new(b);
        requests.send(&(6.0, 4.0)).within("send").await.unwrap();
        requests.send(&(1.0, 0.0)).within("send").await.unwrap();
        for _ in 0..2 {
            let (one, other) = next(&mut responses).await;
            let answer = if other == 0.0 { Err("by zero".to_owned()) } else { Ok(one / other) };
            responses.send(&answer).within("send").await.unwrap();
        }
        assert_eq!(next(&mut requests).await, Ok(1.5));
        assert_eq!(next(&mut requests).await, Err("by zero".into()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_unserializable_value_sends_nothing() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        type Map = BTreeMap<Vec<u8>, u8>;
        let a: Typed<Map> = Typed::new(a);
        let mut b: Typed<Map> = Typed::new(b);
        // Keys of JSON objects are strings.
        let unserializable = Map::from([(vec![1], 1)]);
        for refused in [a.send(&unserializable).await.unwrap_err(), a.try_send(&unserializable).unwrap_err()] {
            assert_eq!((refused.operation(), refused.kind()), ("send", &ErrorKind::Type));
        }
        a.send(&Map::new()).within("send").await.unwrap();
        assert_eq!(next(&mut b).await, Map::new());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_typed_streams_apply_back_pressure() {
    watched(async {
        const COUNT: usize = 3_000;
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let (mut a, b): (Typed<String>, Typed<String>) = (Typed::new(a), Typed::new(b));
        let all = (0..COUNT).map(|number| Ok(format!("{number:01000}")));
        let sending = async {
            SinkExt::send_all(&mut a, &mut stream::iter(all)).await.unwrap();
            assert!(a.channel().buffered_amount() <= 1_048_576.0);
            SinkExt::close(&mut a).await.unwrap();
        };
        let ((), received) = join(sending, b.try_collect::<Vec<_>>()).within_minutes("all values").await;
        let received = received.unwrap();
        assert!(received.iter().enumerate().all(|(number, value)| *value == format!("{number:01000}")));
        assert_eq!(received.len(), COUNT);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_typed_sink_waits_for_open_channel() {
    watched(async {
        let pair = Pair::new();
        let mut incoming = pair.b.data_channels();
        let mut early: Typed<u32> = Typed::new(pair.a.create_data_channel("early", &ChannelInit::new()).unwrap());
        assert_eq!(early.try_send(&0).unwrap_err().kind(), &ErrorKind::InvalidState);
        let sending = async {
            for number in 1..4 {
                SinkExt::send(&mut early, number).await.unwrap();
            }
        };
        let connecting = async {
            pair.connect().await;
            Typed::<u32>::new(incoming.next().await.unwrap()).take(3).try_collect::<Vec<u32>>().await.unwrap()
        };
        let ((), received) = join(sending, connecting).within("the early values").await;
        assert_eq!(received, [1, 2, 3]);
    })
    .await;
}
