use super::*;
use crate::{Pong, SayFrom, SignalFrom};

fn small(queue_frames: usize, queue_bytes: usize) -> (Outbox, Outgoing) {
    queue(&Limits { queue_frames, queue_bytes, ..Limits::default() })
}

fn numbering(queue_frames: usize, queue_bytes: usize) -> (Outbox, Outgoing) {
    let queue = small(queue_frames, queue_bytes);
    queue.0.number();
    queue
}

fn taken(outgoing: &mut Outgoing) -> Vec<String> {
    std::iter::from_fn(|| outgoing.ready()).map(|frame| frame.to_string()).collect()
}

fn frames(rest: Option<Remainder>) -> Option<Vec<String>> {
    rest.map(|rest| rest.frames.iter().map(ToString::to_string).collect())
}

#[test]
fn overflows_by_count() {
    let (outbox, mut outgoing) = small(2, 100);
    outbox.push("a".into());
    outbox.push("b".into());
    assert!(!outbox.cut().is_cancelled());
    assert_eq!(outgoing.ready().unwrap().as_str(), "a");
    outbox.push("c".into());
    assert!(!outbox.cut().is_cancelled());
    outbox.push("d".into());
    assert!(outbox.cut().is_cancelled());
    assert_eq!(outbox.closed(), Some(Closed::Overflow));
}

#[test]
fn overflows_by_bytes_and_leaves_no_gap() {
    let (outbox, mut outgoing) = small(100, 10);
    outbox.push("12345".into());
    outbox.push("1234567".into());
    assert!(outbox.cut().is_cancelled());
    outbox.push("x".into());
    assert_eq!(taken(&mut outgoing), ["12345"]);
}

#[test]
fn what_was_written_is_kept_until_the_client_has_it() {
    let (outbox, mut outgoing) = numbering(100, 100);
    for frame in ["1", "2", "3", "4"] {
        outbox.push(frame.into());
    }
    outbox.send(&ServerMessage::Pong(Pong::new(1)));
    for _ in 0..3 {
        outgoing.ready().unwrap();
    }
    outbox.acknowledge(2);
    // Neither is possible.
    outbox.acknowledge(1);
    outbox.acknowledge(4);
    assert_eq!(frames(outbox.hand_over(2)), Some(vec!["3".to_owned(), "4".to_owned()]));
    assert_eq!(outbox.closed(), Some(Closed::Replaced));
    assert!(outbox.cut().is_cancelled());
    assert_eq!(taken(&mut outgoing), [""; 0]);
}

#[test]
fn nothing_is_handed_over_for_a_count_that_cannot_be() {
    let (outbox, mut outgoing) = numbering(100, 100);
    for frame in ["1", "2", "3"] {
        outbox.push(frame.into());
    }
    outgoing.ready().unwrap();
    outgoing.ready().unwrap();
    outbox.acknowledge(1);
    for impossible in [0, 3, 4, u32::MAX] {
        assert_eq!(frames(outbox.hand_over(impossible)), None);
    }
    assert!(outbox.closed().is_none());
    assert_eq!(frames(outbox.hand_over(2)), Some(vec!["3".to_owned()]));
    assert_eq!(frames(outbox.hand_over(2)), None);
}

#[test]
fn what_is_kept_gives_way_to_what_waits() {
    let (outbox, mut outgoing) = numbering(3, 100);
    for frame in ["1", "2", "3", "4", "5"] {
        outbox.push(frame.into());
        outgoing.ready().unwrap();
    }
    assert!(!outbox.cut().is_cancelled());
    assert_eq!(frames(outbox.hand_over(1)), None);
    outbox.push("6".into());
    outbox.push("7".into());
    outbox.push("8".into());
    assert!(!outbox.cut().is_cancelled());
    outbox.push("9".into());
    assert!(outbox.cut().is_cancelled());
    // After a gap there is nothing to go on with.
    assert_eq!(frames(outbox.hand_over(5)), None);
    assert_eq!(taken(&mut outgoing), ["6", "7", "8"]);
}

#[test]
fn bytes_are_counted_until_they_are_let_go() {
    let (outbox, mut outgoing) = numbering(100, 10);
    outbox.push("1234".into());
    outbox.push("5678".into());
    assert_eq!(taken(&mut outgoing).len(), 2);
    outbox.acknowledge(1);
    outbox.push("123456".into());
    // Only the second has to give way to the next.
    outbox.push("7890".into());
    assert!(!outbox.cut().is_cancelled());
    outbox.push("x".into());
    assert!(outbox.cut().is_cancelled());
}

#[test]
fn another_queue_goes_on_and_its_counts_with_it() {
    let (first, mut outgoing) = numbering(100, 100);
    for frame in ["1", "2", "3"] {
        first.push(frame.into());
    }
    outgoing.ready().unwrap();
    let (second, mut outgoing) = small(100, 100);
    second.push("before".into());
    second.go_on("joined".into(), first.hand_over(1).unwrap());
    second.push("4".into());
    assert_eq!(taken(&mut outgoing), ["before", "joined", "2", "3", "4"]);
    second.acknowledge(3);
    assert_eq!(frames(second.hand_over(3)), Some(vec!["4".to_owned()]));
}

#[test]
fn counts_go_on_after_the_last() {
    let (outbox, mut outgoing) = small(100, 100);
    outbox.go_on("joined".into(), Remainder { frames: VecDeque::from(["1".into(), "2".into()]), before: u32::MAX });
    assert_eq!(taken(&mut outgoing), ["joined", "1", "2"]);
    outbox.acknowledge(0);
    assert_eq!(frames(outbox.hand_over(u32::MAX)), None);
    assert_eq!(frames(outbox.hand_over(0)), Some(vec!["2".to_owned()]));
}

#[tokio::test]
async fn a_queue_that_ends_is_emptied_and_one_that_is_cut_off_waits_for_its_connection() {
    let (outbox, mut outgoing) = small(100, 100);
    outbox.push("1".into());
    outbox.close(Closed::Ending);
    outbox.push("2".into());
    assert!(outgoing.waits().await);
    assert_eq!(taken(&mut outgoing), ["1"]);
    assert!(!outgoing.waits().await);
    assert!(!outbox.cut().is_cancelled());

    let (outbox, outgoing) = small(100, 100);
    outbox.close(Closed::Replaced);
    outbox.close(Closed::Ending);
    assert!(outbox.cut().is_cancelled());
    assert!(tokio::time::timeout(std::time::Duration::from_millis(10), outgoing.waits()).await.is_err());
}

#[test]
fn beyond_the_bound_of_all_each_has_a_small_share() {
    // Nothing may be had by all: whatever other tests hold, it is more.
    let (outbox, mut outgoing) = queue(&Limits { all_queues_bytes: 0, ..Limits::default() });
    outbox.number();
    let frame = "x".repeat(SHARE / 4);
    for _ in 0..20 {
        outbox.push(frame.as_str().into());
        outgoing.ready().unwrap();
    }
    assert!(!outbox.cut().is_cancelled(), "kept frames give way");
    assert_eq!(lock(&outbox.0.queue).kept.len(), 4);
    for _ in 0..4 {
        outbox.push(frame.as_str().into());
    }
    assert!(!outbox.cut().is_cancelled());
    outbox.push("x".into());
    assert_eq!(outbox.closed(), Some(Closed::Overflow));
}

#[test]
fn what_is_written_by_hand_is_what_serde_writes() {
    let data = crate::Data::from_json(format!("\"{}\"", "x".repeat(1000))).unwrap();
    for from in ["0123456789abcdef", "\"quoted\\\n\""].map(PeerId::from) {
        for message in [
            ServerMessage::Signal(SignalFrom::new(from.clone(), data.clone())),
            ServerMessage::Say(SayFrom::new(from.clone(), "a-_Z9".parse().unwrap(), data.clone())),
        ] {
            assert_eq!(encode(&message).as_str(), message.to_json().unwrap());
        }
    }
    let frame = relayed("x", &PeerId::from("0123"), None, &data);
    assert_eq!(frame.capacity(), frame.len());
}
