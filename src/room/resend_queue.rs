//! The numbered frames of one seat, with which the next socket continues where the last one broke.

use std::{collections::VecDeque, iter};

use super::outgoing::Frame;
use crate::signaling::{ClientMessage, ResumeToken};

/// Maximum number of frames that are kept until the server has acknowledged them. Further ones wait.
const KEPT_FRAMES: usize = 256;

/// Number of frames after which the server is asked for its count, ahead of the next heartbeat.
const ASKING_FRAMES: usize = 64;

/// Counts the numbered frames in both directions, and keeps the sent ones until the server has acknowledged them.
///
/// Within a seat it delivers each frame exactly once. A frame that the server has refused keeps its place in the count,
/// as the server has counted it, and is not sent again.
#[derive(Debug, Default)]
pub(super) struct ResendQueue {
    /// Number of frames received.
    received: u32,
    /// Number of sent frames that the server has acknowledged.
    acknowledged: u32,
    /// The frames after those, the oldest first; `None` for one that was refused.
    kept: VecDeque<Option<Frame>>,
    /// Number of kept frames that the server has received, or that were sent over the current socket.
    sent: usize,
    /// Number of frames sent since the server was last asked for its count.
    unasked: usize,
    /// True if a [`Delivery`](super::Delivery) waits for a frame that was sent since then.
    is_awaited: bool,
    /// The token that resumes the seat with these counts.
    token: Option<ResumeToken>,
}

impl ResendQueue {
    pub(super) fn received(&self) -> u32 {
        self.received
    }

    pub(super) fn token(&self) -> Option<&ResumeToken> {
        self.token.as_ref()
    }

    /// Sets the token that came with a seat.
    pub(super) fn set_token(&mut self, token: Option<ResumeToken>) {
        self.token = token;
    }

    /// Takes the server's acknowledgement, and perhaps another token, as the former one does not cover later frames.
    pub(super) fn receive_pong(&mut self, received: u32, token: Option<&ResumeToken>) {
        self.acknowledge(received);
        if token.is_some() {
            self.token = token.cloned();
        }
    }

    /// Counts a received frame.
    pub(super) fn receive(&mut self) {
        self.received = self.received.wrapping_add(1);
    }

    /// Returns whether there is room for one more frame.
    pub(super) fn has_room(&self) -> bool {
        self.kept.len() < KEPT_FRAMES
    }

    /// Adds a frame that is to be sent.
    pub(super) fn push(&mut self, frame: Frame) {
        self.kept.push_back(Some(frame));
    }

    /// Returns the next message for the socket. A frame that exceeds the limit is reported to its owner instead.
    pub(super) fn next(&mut self, max_frame_bytes: usize) -> Option<ClientMessage> {
        loop {
            if let Some(frame) = self.kept.get(self.sent)? {
                let Err(error) = frame.check_size("send", max_frame_bytes) else {
                    self.sent += 1;
                    self.unasked += 1;
                    self.is_awaited |= frame.is_awaited();
                    return Some(frame.message.clone());
                };
                if let Some(frame) = self.kept.remove(self.sent).flatten() {
                    frame.too_large(error);
                }
            } else {
                self.kept.remove(self.sent);
            }
        }
    }

    /// Returns whether to ask the server for its count now. `is_asked` is whether it has not answered the last ping yet.
    pub(super) fn wants_to_ask(&self, is_asked: bool) -> bool {
        self.unasked >= ASKING_FRAMES || (self.is_awaited && !is_asked)
    }

    /// Reports that the server has refused the ping.
    pub(super) fn ask_again(&mut self) {
        self.is_awaited = self.kept.iter().take(self.sent).flatten().any(Frame::is_awaited);
    }

    /// Reports that a ping is sent.
    pub(super) fn asked(&mut self) {
        self.unasked = 0;
        self.is_awaited = false;
    }

    /// Takes the number of frames that the server has received since the seat was taken. Its refusals of some of them
    /// came before. An impossible number is ignored.
    fn acknowledge(&mut self, count: u32) {
        let new = self.position(count);
        if new <= self.sent {
            self.kept.drain(..new).flatten().for_each(Frame::accepted);
            self.sent -= new;
            self.acknowledged = count;
        }
    }

    /// Removes the frame of this number, which the server has refused.
    pub(super) fn refuse(&mut self, number: u32) -> Option<Frame> {
        let index = self.position(number.wrapping_sub(1));
        if index < self.sent { self.kept.get_mut(index)?.take() } else { None }
    }

    /// Continues the same seat on another socket: frames that the server has not received are sent again. It may still
    /// refuse those that it has received, until the next `pong`.
    pub(super) fn resume(&mut self, count: u32) {
        let counted = self.position(count);
        self.sent = if counted <= self.sent { counted } else { 0 };
        self.begin();
    }

    /// Begins another seat with new counts. Messages to the room are sent again. Signals are dropped, as their peers know
    /// the local one by its former id.
    pub(super) fn start_over(&mut self) {
        self.kept.retain(|frame| frame.as_ref().is_some_and(Frame::is_say));
        (self.received, self.acknowledged, self.sent) = (0, 0, 0);
        self.begin();
    }

    fn begin(&mut self) {
        let is_sent = iter::repeat_n(true, self.sent).chain(iter::repeat(false));
        let kept = self.kept.drain(..).zip(is_sent);
        self.kept = kept.filter(|(frame, is_sent)| *is_sent || frame.is_some()).map(|(frame, _)| frame).collect();
        self.unasked = 0;
        self.is_awaited = self.sent > 0;
    }

    /// Returns the index of the frame that follows this many frames.
    fn position(&self, count: u32) -> usize {
        usize::try_from(count.wrapping_sub(self.acknowledged)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::signaling::{Say, SignalTo};
    use crate::{
        error::ErrorKind,
        room::outgoing::{Delivery, Owner, Refusal},
        signaling::{Data, ErrorCode, MessageId},
    };

    const LIMIT: usize = 1_000;

    fn message(number: usize) -> ClientMessage {
        let id: MessageId = format!("m{number}").parse().unwrap();
        ClientMessage::Say(Say::new(id, Data::from_serialize(&number).unwrap()))
    }

    fn say(number: usize) -> Frame {
        Frame::new(message(number), Owner::Say(Delivery::new().0)).unwrap()
    }

    fn awaited(number: usize) -> (Frame, Delivery) {
        let (sender, delivery) = Delivery::new();
        (Frame::new(message(number), Owner::Say(sender)).unwrap(), delivery)
    }

    fn outcome(delivery: &mut Delivery) -> Option<Result<(), ErrorKind>> {
        delivery.now_or_never().map(|outcome| outcome.map_err(|error| error.kind().clone()))
    }

    fn refusal(delivery: &mut Delivery) -> Option<ErrorCode> {
        delivery.now_or_never().and_then(Result::err).and_then(|error| error.signaling_code())
    }

    fn signal() -> Frame {
        let message = ClientMessage::Signal(SignalTo::new("b", Data::from_serialize(&0).unwrap()));
        Frame::new(message, Owner::Session).unwrap()
    }

    fn rest(resend_queue: &mut ResendQueue) -> Vec<ClientMessage> {
        iter::from_fn(|| resend_queue.next(LIMIT)).collect()
    }

    /// The server's half of a seat: it counts as the client does, and keeps frames that the client has not received.
    #[derive(Default)]
    struct Server {
        had: Vec<ClientMessage>,
        kept: VecDeque<usize>,
        first: u32,
    }

    impl Server {
        fn acknowledge(&mut self, count: u32) {
            while self.first < count {
                self.kept.pop_front();
                self.first += 1;
            }
        }
    }

    const UP: usize = 4;
    const DOWN: usize = 3;

    /// Sends frames in both directions, of which some are acknowledged, and breaks the socket with others in flight.
    fn converse(choices: &mut impl FnMut(usize) -> usize) {
        let (mut resend_queue, mut server, mut heard) = (ResendQueue::default(), Server::default(), Vec::new());
        (0..UP).for_each(|number| resend_queue.push(say(number)));
        server.kept = (0..DOWN).collect();
        for _socket in 0..2 {
            let (mut up, mut down) = (VecDeque::new(), server.kept.clone());
            for _step in 0..4 {
                match choices(5) {
                    0 => up.extend(resend_queue.next(LIMIT)),
                    1 => server.had.extend(up.pop_front()),
                    2 => {
                        if let Some(frame) = down.pop_front() {
                            heard.push(frame);
                            resend_queue.receive();
                        }
                    }
                    // A ping, which arrives after all frames before it, and its pong.
                    3 => {
                        server.had.extend(up.drain(..));
                        server.acknowledge(resend_queue.received());
                        resend_queue.acknowledge(u32::try_from(server.had.len()).unwrap());
                    }
                    _ => break,
                }
            }
            // Frames in flight are lost.
            server.acknowledge(resend_queue.received());
            resend_queue.resume(u32::try_from(server.had.len()).unwrap());
        }
        server.had.extend(rest(&mut resend_queue));
        heard.extend(&server.kept);
        assert_eq!(server.had, (0..UP).map(message).collect::<Vec<_>>());
        assert_eq!(heard, (0..DOWN).collect::<Vec<_>>());
        resend_queue.acknowledge(u32::try_from(server.had.len()).unwrap());
        assert_eq!(resend_queue.kept, []);
    }

    /// Runs every sequence of choices, which are counted like the digits of a number.
    #[test]
    fn broken_socket_loses_and_repeats_nothing() {
        let (mut digits, mut conversations): (Vec<(usize, usize)>, u32) = (Vec::new(), 0);
        loop {
            let mut at = 0;
            converse(&mut |count| {
                if at == digits.len() {
                    digits.push((0, count));
                }
                at += 1;
                digits[at - 1].0
            });
            conversations += 1;
            while digits.last().is_some_and(|(digit, count)| digit + 1 == *count) {
                digits.pop();
            }
            let Some((digit, _)) = digits.last_mut() else { break };
            *digit += 1;
        }
        assert_eq!(conversations, 341_u32.pow(2));
    }

    #[test]
    fn new_seat_sends_messages_to_the_room_again() {
        let mut resend_queue = ResendQueue::default();
        [say(1), signal(), say(2)].into_iter().for_each(|frame| resend_queue.push(frame));
        let _sent = (resend_queue.next(LIMIT), resend_queue.next(LIMIT));
        resend_queue.acknowledge(1);
        resend_queue.receive();
        resend_queue.start_over();
        assert_eq!(resend_queue.received(), 0);
        assert_eq!(rest(&mut resend_queue), [message(2)]);
        resend_queue.acknowledge(1);
        assert_eq!(resend_queue.kept, []);
    }

    #[test]
    fn newest_token_counts() {
        let mut resend_queue = ResendQueue::default();
        resend_queue.set_token(Some("a".into()));
        resend_queue.push(say(0));
        let _sent = resend_queue.next(LIMIT);
        resend_queue.receive_pong(0, None);
        assert_eq!((resend_queue.token(), resend_queue.received(), resend_queue.kept.len()), (Some(&"a".into()), 0, 1));
        resend_queue.receive_pong(1, Some(&"b".into()));
        assert_eq!((resend_queue.token(), resend_queue.received(), resend_queue.kept.len()), (Some(&"b".into()), 0, 0));
        resend_queue.receive_pong(1, None);
        assert_eq!(resend_queue.token(), Some(&"b".into()));
        resend_queue.set_token(None);
        assert_eq!(resend_queue.token(), None);
    }

    #[test]
    fn refused_frame_is_removed_and_stays_counted() {
        let mut resend_queue = ResendQueue::default();
        let (second, mut delivery) = awaited(2);
        [say(1), second, say(3)].into_iter().for_each(|frame| resend_queue.push(frame));
        assert_eq!(rest(&mut resend_queue).len(), 3);
        let refused = resend_queue.refuse(2).unwrap();
        assert!(matches!(refused.refused(&ErrorCode::RateLimited, "slow down".into()), Refusal::Reported));
        assert_eq!(refusal(&mut delivery), Some(ErrorCode::RateLimited));
        assert!(
            resend_queue.refuse(2).is_none() && resend_queue.refuse(0).is_none() && resend_queue.refuse(4).is_none()
        );
        // The server has counted the refused one, and not the last one.
        resend_queue.resume(2);
        assert_eq!(rest(&mut resend_queue), [message(3)]);
        assert_eq!(resend_queue.refuse(3).map(|frame| frame.message), Some(message(3)));
        // A server that has lost count of the last two.
        resend_queue.resume(1);
        assert_eq!(rest(&mut resend_queue), []);
        resend_queue.push(say(4));
        assert_eq!(resend_queue.next(LIMIT), Some(message(4)));
        assert_eq!(resend_queue.refuse(2).map(|frame| frame.message), Some(message(4)));
    }

    #[test]
    fn say_is_accepted_by_the_pong_that_covers_it() {
        let mut resend_queue = ResendQueue::default();
        let (first, mut one) = awaited(1);
        let (second, mut two) = awaited(2);
        [first, second].into_iter().for_each(|frame| resend_queue.push(frame));
        assert_eq!(rest(&mut resend_queue).len(), 2);
        resend_queue.acknowledge(1);
        assert_eq!((outcome(&mut one), outcome(&mut two)), (Some(Ok(())), None));
        // The count of a resumed seat does not cover refusals that are still to come.
        resend_queue.resume(2);
        assert_eq!((outcome(&mut two), rest(&mut resend_queue)), (None, vec![]));
        assert!(resend_queue.wants_to_ask(false));
        let refused = resend_queue.refuse(2).unwrap();
        assert!(matches!(refused.refused(&ErrorCode::TooLarge, String::new()), Refusal::Reported));
        resend_queue.acknowledge(2);
        assert_eq!(refusal(&mut two), Some(ErrorCode::TooLarge));
        assert_eq!(resend_queue.kept, []);
    }

    #[test]
    fn say_is_pending_in_a_new_seat_and_closed_with_the_room() {
        let mut resend_queue = ResendQueue::default();
        let (frame, mut delivery) = awaited(1);
        resend_queue.push(frame);
        assert_eq!(rest(&mut resend_queue), [message(1)]);
        resend_queue.start_over();
        assert_eq!((rest(&mut resend_queue), outcome(&mut delivery)), (vec![message(1)], None));
        drop(resend_queue);
        assert_eq!(outcome(&mut delivery), Some(Err(ErrorKind::Closed)));
    }

    #[test]
    fn frame_over_the_limit_is_never_sent() {
        let mut resend_queue = ResendQueue::default();
        let (sender, mut delivery) = Delivery::new();
        let data = Data::from_serialize(&"x".repeat(LIMIT)).unwrap();
        let large = ClientMessage::Say(Say::new("m1".parse().unwrap(), data));
        let large = Frame::new(large, Owner::Say(sender)).unwrap();
        [say(0), large, say(2)].into_iter().for_each(|frame| resend_queue.push(frame));
        assert_eq!(rest(&mut resend_queue), [message(0), message(2)]);
        let overhead = r#"{"type":"say","id":"m1","data":}"#.len();
        let limit = (LIMIT - overhead) as u64;
        assert_eq!(outcome(&mut delivery), Some(Err(ErrorKind::TooLarge { limit })));
        resend_queue.acknowledge(2);
        assert_eq!(resend_queue.kept, []);
    }

    #[test]
    fn call_signals_are_retried_and_given_up() {
        let message = ClientMessage::Signal(SignalTo::new("b", Data::from_serialize(&0).unwrap()));
        let mut frame = Frame::new(message, Owner::EndedCall).unwrap();
        for attempt in 1..=5 {
            let Refusal::Retry(again) = frame.refused(&ErrorCode::RateLimited, String::new()) else { panic!() };
            assert_eq!(again.attempts(), attempt);
            frame = again;
        }
        assert!(matches!(frame.refused(&ErrorCode::RateLimited, String::new()), Refusal::Reported));
        assert!(matches!(signal().refused(&ErrorCode::UnknownPeer, String::new()), Refusal::Reported));
        assert!(matches!(signal().refused(&ErrorCode::BadMessage, String::new()), Refusal::Unreported(_)));
    }

    #[test]
    fn counts_wrap_around() {
        let mut resend_queue = ResendQueue { received: u32::MAX, acknowledged: u32::MAX, ..ResendQueue::default() };
        resend_queue.push(say(0));
        resend_queue.push(say(1));
        let _sent = (resend_queue.next(LIMIT), resend_queue.next(LIMIT));
        assert_eq!(resend_queue.refuse(0).map(|frame| frame.message), Some(message(0)));
        resend_queue.receive();
        resend_queue.resume(0);
        assert_eq!(
            (resend_queue.received(), resend_queue.next(LIMIT), resend_queue.next(LIMIT)),
            (0, Some(message(1)), None)
        );
    }

    #[test]
    fn acknowledgement_of_unsent_frames_is_ignored() {
        let mut resend_queue = ResendQueue::default();
        resend_queue.push(say(0));
        resend_queue.acknowledge(7);
        assert_eq!(resend_queue.next(LIMIT), Some(message(0)));
        resend_queue.acknowledge(u32::MAX);
        resend_queue.resume(0);
        assert_eq!(resend_queue.next(LIMIT), Some(message(0)));
    }

    #[test]
    fn server_is_asked_after_64_frames_of_256() {
        let mut resend_queue = ResendQueue::default();
        while resend_queue.has_room() {
            resend_queue.push(say(0));
        }
        assert_eq!(resend_queue.kept.len(), KEPT_FRAMES);
        (0..ASKING_FRAMES)
            .for_each(|_| assert!(!resend_queue.wants_to_ask(false) && resend_queue.next(LIMIT).is_some()));
        assert!(resend_queue.wants_to_ask(true));
        resend_queue.asked();
        assert!(!resend_queue.wants_to_ask(false));
        resend_queue.acknowledge(1);
        assert!(resend_queue.has_room());
    }

    #[test]
    fn awaited_frame_causes_one_ping() {
        let mut resend_queue = ResendQueue::default();
        let (frame, _delivery) = awaited(0);
        resend_queue.push(frame);
        assert!(!resend_queue.wants_to_ask(false));
        assert_eq!(rest(&mut resend_queue).len(), 1);
        assert!(resend_queue.wants_to_ask(false) && !resend_queue.wants_to_ask(true));
        resend_queue.asked();
        // A server that acknowledges nothing is asked once.
        resend_queue.receive_pong(0, None);
        assert!(!resend_queue.wants_to_ask(false));
    }
}
