use super::*;
use browser_rtc_proto::signaling::{Pong, SayFrom, SignalFrom};

fn small_queue(queue_frames: usize, queue_bytes: usize) -> (Outbox, OutboxReader) {
    queue(&Limits::new().queue_frames(queue_frames).queue_bytes(queue_bytes))
}

fn numbered_queue(queue_frames: usize, queue_bytes: usize) -> (Outbox, OutboxReader) {
    let queue = small_queue(queue_frames, queue_bytes);
    queue.0.start_numbering();
    queue
}

fn take_all(reader: &mut OutboxReader) -> Vec<String> {
    std::iter::from_fn(|| reader.try_next()).map(|frame| frame.to_string()).collect()
}

fn frames(handover: Option<Handover>) -> Option<Vec<String>> {
    handover.map(|handover| handover.frames.iter().map(ToString::to_string).collect())
}

#[test]
fn queue_overflows_by_count() {
    let (outbox, mut reader) = small_queue(2, 100);
    outbox.push("a".into());
    outbox.push("b".into());
    assert!(!outbox.aborted().is_cancelled());
    assert_eq!(reader.try_next().unwrap().as_str(), "a");
    outbox.push("c".into());
    assert!(!outbox.aborted().is_cancelled());
    outbox.push("d".into());
    assert!(outbox.aborted().is_cancelled());
    assert_eq!(outbox.closed(), Some(QueueClosed::Overflow));
}

#[test]
fn queue_overflows_by_bytes_without_gap() {
    let (outbox, mut reader) = small_queue(100, 10);
    outbox.push("12345".into());
    outbox.push("1234567".into());
    assert!(outbox.aborted().is_cancelled());
    outbox.push("x".into());
    assert_eq!(take_all(&mut reader), ["12345"]);
}

#[test]
fn written_frames_are_kept_until_acknowledged() {
    let (outbox, mut reader) = numbered_queue(100, 100);
    for frame in ["1", "2", "3", "4"] {
        outbox.push(frame.into());
    }
    outbox.send(&ServerMessage::Pong(Pong::new(1)));
    for _ in 0..3 {
        reader.try_next().unwrap();
    }
    outbox.acknowledge(2);
    // Impossible counts are ignored.
    outbox.acknowledge(1);
    outbox.acknowledge(4);
    assert_eq!(frames(outbox.hand_over(2)), Some(vec!["3".to_owned(), "4".to_owned()]));
    assert_eq!(outbox.closed(), Some(QueueClosed::Replaced));
    assert!(outbox.aborted().is_cancelled());
    assert_eq!(take_all(&mut reader), [""; 0]);
}

#[test]
fn impossible_count_prevents_handover() {
    let (outbox, mut reader) = numbered_queue(100, 100);
    for frame in ["1", "2", "3"] {
        outbox.push(frame.into());
    }
    reader.try_next().unwrap();
    reader.try_next().unwrap();
    outbox.acknowledge(1);
    for impossible in [0, 3, 4, u32::MAX] {
        assert_eq!(frames(outbox.hand_over(impossible)), None);
    }
    assert!(outbox.closed().is_none());
    assert_eq!(frames(outbox.hand_over(2)), Some(vec!["3".to_owned()]));
    assert_eq!(frames(outbox.hand_over(2)), None);
}

#[test]
fn unacknowledged_frames_make_room_for_pending() {
    let (outbox, mut reader) = numbered_queue(3, 100);
    for frame in ["1", "2", "3", "4", "5"] {
        outbox.push(frame.into());
        reader.try_next().unwrap();
    }
    assert!(!outbox.aborted().is_cancelled());
    assert_eq!(frames(outbox.hand_over(1)), None);
    outbox.push("6".into());
    outbox.push("7".into());
    outbox.push("8".into());
    assert!(!outbox.aborted().is_cancelled());
    outbox.push("9".into());
    assert!(outbox.aborted().is_cancelled());
    // After a gap, the seat cannot be resumed.
    assert_eq!(frames(outbox.hand_over(5)), None);
    assert_eq!(take_all(&mut reader), ["6", "7", "8"]);
}

#[test]
fn bytes_are_counted_until_acknowledged() {
    let (outbox, mut reader) = numbered_queue(100, 10);
    outbox.push("1234".into());
    outbox.push("5678".into());
    assert_eq!(take_all(&mut reader).len(), 2);
    outbox.acknowledge(1);
    outbox.push("123456".into());
    // Only the second frame is discarded.
    outbox.push("7890".into());
    assert!(!outbox.aborted().is_cancelled());
    outbox.push("x".into());
    assert!(outbox.aborted().is_cancelled());
}

#[test]
fn handover_continues_frames_and_counts() {
    let (first, mut reader) = numbered_queue(100, 100);
    for frame in ["1", "2", "3"] {
        first.push(frame.into());
    }
    reader.try_next().unwrap();
    let (second, mut reader) = small_queue(100, 100);
    second.push("before".into());
    second.resume_from("joined".into(), first.hand_over(1).unwrap());
    second.push("4".into());
    assert_eq!(take_all(&mut reader), ["before", "joined", "2", "3", "4"]);
    second.acknowledge(3);
    assert_eq!(frames(second.hand_over(3)), Some(vec!["4".to_owned()]));
}

#[test]
fn counts_wrap_after_last_u32() {
    let (outbox, mut reader) = small_queue(100, 100);
    outbox.resume_from(
        "joined".into(),
        Handover { frames: VecDeque::from(["1".into(), "2".into()]), acknowledged: u32::MAX },
    );
    assert_eq!(take_all(&mut reader), ["joined", "1", "2"]);
    outbox.acknowledge(0);
    assert_eq!(frames(outbox.hand_over(u32::MAX)), None);
    assert_eq!(frames(outbox.hand_over(0)), Some(vec!["2".to_owned()]));
}

#[tokio::test]
async fn ending_queue_is_flushed_and_aborted_is_not() {
    let (outbox, mut reader) = small_queue(100, 100);
    outbox.push("1".into());
    outbox.close(QueueClosed::Ending);
    outbox.push("2".into());
    assert!(reader.readable().await);
    assert_eq!(take_all(&mut reader), ["1"]);
    assert!(!reader.readable().await);
    assert!(!outbox.aborted().is_cancelled());

    let (outbox, reader) = small_queue(100, 100);
    outbox.close(QueueClosed::Replaced);
    outbox.close(QueueClosed::Ending);
    assert!(outbox.aborted().is_cancelled());
    assert!(tokio::time::timeout(std::time::Duration::from_millis(10), reader.readable()).await.is_err());
}

#[test]
fn total_limit_reduces_each_queue() {
    // The total limit is 0, so it is exceeded independently of other tests.
    let (outbox, mut reader) = queue(&Limits::new().all_queues_bytes(0));
    outbox.start_numbering();
    let frame = "x".repeat(REDUCED_MAX_BYTES / 4);
    for _ in 0..20 {
        outbox.push(frame.as_str().into());
        reader.try_next().unwrap();
    }
    assert!(!outbox.aborted().is_cancelled(), "unacknowledged frames are discarded");
    assert_eq!(lock(&outbox.0.queue).unacknowledged.len(), 4);
    for _ in 0..4 {
        outbox.push(frame.as_str().into());
    }
    assert!(!outbox.aborted().is_cancelled());
    outbox.push("x".into());
    assert_eq!(outbox.closed(), Some(QueueClosed::Overflow));
}

#[test]
fn hand_written_json_matches_serde() {
    let data = Data::from_json(format!("\"{}\"", "x".repeat(1000))).unwrap();
    for from in ["0123456789abcdef", "\"quoted\\\n\""].map(PeerId::from) {
        for message in [
            ServerMessage::Signal(SignalFrom::new(from.clone(), data.clone())),
            ServerMessage::Say(SayFrom::new(from.clone(), "a-_Z9".parse().unwrap(), data.clone())),
        ] {
            assert_eq!(encode(&message).as_str(), message.to_json());
        }
    }
    let frame = encode_relayed("x", &PeerId::from("0123"), None, &data);
    assert_eq!(frame.capacity(), frame.len());
}
