//! The numbered frames of one seat, from which the next socket resumes after the last one has broken.

use std::{collections::VecDeque, iter};

use super::outgoing::Frame;
use crate::signaling::{ClientMessage, ResumeToken};

/// Maximum number of unacknowledged frames. Further frames wait in the room's queue.
const MAX_FRAMES: usize = 256;

/// Number of sent frames after which a ping requests an acknowledgement ahead of the next heartbeat.
const FRAMES_PER_PING: usize = 64;

/// Counts the numbered frames in both directions, and keeps sent frames until the server has acknowledged them.
///
/// Within a seat, each frame is delivered exactly once. A refused frame keeps its number, because the server has
/// counted it, and is not sent again.
#[derive(Debug, Default)]
pub(super) struct ResendQueue {
    /// Number of frames received.
    received: u32,
    /// Number of sent frames that the server has acknowledged.
    acknowledged: u32,
    /// The frames after the acknowledged ones, oldest first. `None` stands for a refused frame.
    frames: VecDeque<Option<Frame>>,
    /// Number of `frames` that the server has received, or that were sent on the current socket.
    sent: usize,
    /// Number of frames sent since the last ping.
    sent_since_ping: usize,
    /// True if a [`Delivery`](super::Delivery) waits for a frame that was sent since the last ping.
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

    /// Sets the resume token of a seat.
    pub(super) fn set_token(&mut self, token: Option<ResumeToken>) {
        self.token = token;
    }

    /// Handles a `pong`: the server's acknowledgement, and the resume token, which replaces the previous one if present.
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

    /// Returns whether there is room for another frame.
    pub(super) fn has_room(&self) -> bool {
        self.frames.len() < MAX_FRAMES
    }

    /// Appends a frame to be sent.
    pub(super) fn push(&mut self, frame: Frame) {
        self.frames.push_back(Some(frame));
    }

    /// Returns the next message for the socket. Removes frames that exceed the limit, and reports them to their owners.
    pub(super) fn next(&mut self, max_frame_bytes: usize) -> Option<ClientMessage> {
        loop {
            if let Some(frame) = self.frames.get(self.sent)? {
                let Err(error) = frame.check_size("send", max_frame_bytes) else {
                    self.sent += 1;
                    self.sent_since_ping += 1;
                    self.is_awaited |= frame.is_awaited();
                    return Some(frame.message.clone());
                };
                if let Some(frame) = self.frames.remove(self.sent).flatten() {
                    frame.too_large(error);
                }
            } else {
                self.frames.remove(self.sent);
            }
        }
    }

    /// Returns whether to send a ping now. `is_pending` states whether the last ping is still unanswered.
    pub(super) fn needs_ping(&self, is_pending: bool) -> bool {
        self.sent_since_ping >= FRAMES_PER_PING || (self.is_awaited && !is_pending)
    }

    /// Handles the refusal of a ping.
    pub(super) fn ping_refused(&mut self) {
        self.is_awaited = self.frames.iter().take(self.sent).flatten().any(Frame::is_awaited);
    }

    /// Records that a ping is sent.
    pub(super) fn ping_sent(&mut self) {
        self.sent_since_ping = 0;
        self.is_awaited = false;
    }

    /// Handles the number of frames that the server has received in this seat. Its refusals of any of them have arrived
    /// before. An impossible number is ignored.
    fn acknowledge(&mut self, count: u32) {
        let new = self.position(count);
        if new <= self.sent {
            self.frames.drain(..new).flatten().for_each(Frame::accepted);
            self.sent -= new;
            self.acknowledged = count;
        }
    }

    /// Removes and returns the frame with this number, which the server has refused.
    pub(super) fn refuse(&mut self, number: u32) -> Option<Frame> {
        let index = self.position(number.wrapping_sub(1));
        if index < self.sent { self.frames.get_mut(index)?.take() } else { None }
    }

    /// Continues the same seat on another socket: frames that the server has not received are sent again. The server may
    /// still refuse received frames, until the next `pong`.
    pub(super) fn resume(&mut self, count: u32) {
        let received = self.position(count);
        self.sent = if received <= self.sent { received } else { 0 };
        self.begin();
    }

    /// Continues in a new seat, in which the counts restart. Messages are sent again. Signals are dropped,
    /// because they would be sent under the new id of the local peer, which their receivers do not recognize yet.
    pub(super) fn start_over(&mut self) {
        self.frames.retain(|frame| frame.as_ref().is_some_and(Frame::is_message));
        (self.received, self.acknowledged, self.sent) = (0, 0, 0);
        self.begin();
    }

    /// Prepares the frames for another socket. Refused frames that are to be sent again are removed.
    fn begin(&mut self) {
        let is_sent = iter::repeat_n(true, self.sent).chain(iter::repeat(false));
        let frames = self.frames.drain(..).zip(is_sent);
        self.frames = frames.filter(|(frame, is_sent)| *is_sent || frame.is_some()).map(|(frame, _)| frame).collect();
        self.sent_since_ping = 0;
        self.is_awaited = self.sent > 0;
    }

    /// Returns the index in `frames` of the frame after the first `count` frames of the seat.
    fn position(&self, count: u32) -> usize {
        usize::try_from(count.wrapping_sub(self.acknowledged)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::{
        error::ErrorKind,
        room::outgoing::{Delivery, Owner, Refusal},
        signaling::{Data, ErrorCode, MessageId, Say, SignalTo},
    };

    const LIMIT: usize = 1_000;

    fn message(number: usize) -> ClientMessage {
        let id: MessageId = format!("m{number}").parse().unwrap();
        ClientMessage::Say(Say::new(id, Data::from_serialize(&number).unwrap()))
    }

    fn say(number: usize) -> Frame {
        Frame::new(message(number), Delivery::new("say").0)
    }

    fn awaited_say(number: usize) -> (Frame, Delivery) {
        let (owner, delivery) = Delivery::new("say");
        (Frame::new(message(number), owner), delivery)
    }

    fn outcome(delivery: &mut Delivery) -> Option<Result<(), ErrorKind>> {
        delivery.now_or_never().map(|outcome| outcome.map_err(|error| error.kind().clone()))
    }

    fn refusal_code(delivery: &mut Delivery) -> Option<ErrorCode> {
        delivery.now_or_never().and_then(Result::err).and_then(|error| error.signaling_code())
    }

    fn signal() -> Frame {
        let message = ClientMessage::Signal(SignalTo::new("b", Data::from_serialize(&0).unwrap()));
        Frame::new(message, Owner::Session)
    }

    fn send_all(resend_queue: &mut ResendQueue) -> Vec<ClientMessage> {
        iter::from_fn(|| resend_queue.next(LIMIT)).collect()
    }

    /// The server's state of a seat. It counts frames as the client does, and keeps those that the client has not received.
    #[derive(Default)]
    struct Server {
        received: Vec<ClientMessage>,
        unacknowledged: VecDeque<usize>,
        acknowledged: u32,
    }

    impl Server {
        fn acknowledge(&mut self, count: u32) {
            while self.acknowledged < count {
                self.unacknowledged.pop_front();
                self.acknowledged += 1;
            }
        }
    }

    const CLIENT_FRAMES: usize = 4;
    const SERVER_FRAMES: usize = 3;

    /// Sends frames in both directions on two sockets, each of which breaks with frames in flight.
    fn run_connection(choose: &mut impl FnMut(usize) -> usize) {
        let (mut resend_queue, mut server, mut received) = (ResendQueue::default(), Server::default(), Vec::new());
        (0..CLIENT_FRAMES).for_each(|number| resend_queue.push(say(number)));
        server.unacknowledged = (0..SERVER_FRAMES).collect();
        for _socket in 0..2 {
            let (mut to_server, mut to_client) = (VecDeque::new(), server.unacknowledged.clone());
            for _step in 0..4 {
                match choose(5) {
                    0 => to_server.extend(resend_queue.next(LIMIT)),
                    1 => server.received.extend(to_server.pop_front()),
                    2 => {
                        if let Some(frame) = to_client.pop_front() {
                            received.push(frame);
                            resend_queue.receive();
                        }
                    }
                    // A ping, which arrives after all frames before it, and its pong.
                    3 => {
                        server.received.extend(to_server.drain(..));
                        server.acknowledge(resend_queue.received());
                        resend_queue.acknowledge(u32::try_from(server.received.len()).unwrap());
                    }
                    _ => break,
                }
            }
            // Frames in flight are lost.
            server.acknowledge(resend_queue.received());
            resend_queue.resume(u32::try_from(server.received.len()).unwrap());
        }
        server.received.extend(send_all(&mut resend_queue));
        received.extend(&server.unacknowledged);
        assert_eq!(server.received, (0..CLIENT_FRAMES).map(message).collect::<Vec<_>>());
        assert_eq!(received, (0..SERVER_FRAMES).collect::<Vec<_>>());
        resend_queue.acknowledge(u32::try_from(server.received.len()).unwrap());
        assert_eq!(resend_queue.frames, []);
    }

    /// Runs every sequence of choices, by counting through them like through the digits of a number.
    #[test]
    fn broken_socket_loses_and_repeats_nothing() {
        let (mut digits, mut runs): (Vec<(usize, usize)>, u32) = (Vec::new(), 0);
        loop {
            let mut position = 0;
            run_connection(&mut |count| {
                if position == digits.len() {
                    digits.push((0, count));
                }
                position += 1;
                digits[position - 1].0
            });
            runs += 1;
            while digits.last().is_some_and(|(digit, count)| digit + 1 == *count) {
                digits.pop();
            }
            let Some((digit, _)) = digits.last_mut() else { break };
            *digit += 1;
        }
        assert_eq!(runs, 341_u32.pow(2));
    }

    #[test]
    fn new_seat_resends_only_messages() {
        let mut resend_queue = ResendQueue::default();
        [say(1), signal(), say(2)].into_iter().for_each(|frame| resend_queue.push(frame));
        let _sent = (resend_queue.next(LIMIT), resend_queue.next(LIMIT));
        resend_queue.acknowledge(1);
        resend_queue.receive();
        resend_queue.start_over();
        assert_eq!(resend_queue.received(), 0);
        assert_eq!(send_all(&mut resend_queue), [message(2)]);
        resend_queue.acknowledge(1);
        assert_eq!(resend_queue.frames, []);
    }

    #[test]
    fn newest_token_is_kept() {
        let mut resend_queue = ResendQueue::default();
        resend_queue.set_token(Some("a".into()));
        resend_queue.push(say(0));
        let _sent = resend_queue.next(LIMIT);
        resend_queue.receive_pong(0, None);
        assert_eq!(
            (resend_queue.token(), resend_queue.received(), resend_queue.frames.len()),
            (Some(&"a".into()), 0, 1)
        );
        resend_queue.receive_pong(1, Some(&"b".into()));
        assert_eq!(
            (resend_queue.token(), resend_queue.received(), resend_queue.frames.len()),
            (Some(&"b".into()), 0, 0)
        );
        resend_queue.receive_pong(1, None);
        assert_eq!(resend_queue.token(), Some(&"b".into()));
        resend_queue.set_token(None);
        assert_eq!(resend_queue.token(), None);
    }

    #[test]
    fn refused_frame_keeps_number() {
        let mut resend_queue = ResendQueue::default();
        let (second, mut delivery) = awaited_say(2);
        [say(1), second, say(3)].into_iter().for_each(|frame| resend_queue.push(frame));
        assert_eq!(send_all(&mut resend_queue).len(), 3);
        let refused = resend_queue.refuse(2).unwrap();
        assert!(matches!(refused.refused(&ErrorCode::RateLimited, "slow down".into()), Refusal::Reported));
        assert_eq!(refusal_code(&mut delivery), Some(ErrorCode::RateLimited));
        assert!(
            resend_queue.refuse(2).is_none() && resend_queue.refuse(0).is_none() && resend_queue.refuse(4).is_none()
        );
        // The server has counted the refused frame, and not the last one.
        resend_queue.resume(2);
        assert_eq!(send_all(&mut resend_queue), [message(3)]);
        assert_eq!(resend_queue.refuse(3).map(|frame| frame.message), Some(message(3)));
        // The server has lost its count of the last two frames.
        resend_queue.resume(1);
        assert_eq!(send_all(&mut resend_queue), []);
        resend_queue.push(say(4));
        assert_eq!(resend_queue.next(LIMIT), Some(message(4)));
        assert_eq!(resend_queue.refuse(2).map(|frame| frame.message), Some(message(4)));
    }

    #[test]
    fn say_is_accepted_by_pong() {
        let mut resend_queue = ResendQueue::default();
        let (frame_1, mut delivery_1) = awaited_say(1);
        let (frame_2, mut delivery_2) = awaited_say(2);
        [frame_1, frame_2].into_iter().for_each(|frame| resend_queue.push(frame));
        assert_eq!(send_all(&mut resend_queue).len(), 2);
        resend_queue.acknowledge(1);
        assert_eq!((outcome(&mut delivery_1), outcome(&mut delivery_2)), (Some(Ok(())), None));
        // The count in `joined` is no acceptance: a refusal may still follow.
        resend_queue.resume(2);
        assert_eq!((outcome(&mut delivery_2), send_all(&mut resend_queue)), (None, vec![]));
        assert!(resend_queue.needs_ping(false));
        let refused = resend_queue.refuse(2).unwrap();
        assert!(matches!(refused.refused(&ErrorCode::TooLarge, String::new()), Refusal::Reported));
        resend_queue.acknowledge(2);
        assert_eq!(refusal_code(&mut delivery_2), Some(ErrorCode::TooLarge));
        assert_eq!(resend_queue.frames, []);
    }

    #[test]
    fn say_stays_pending_until_room_closes() {
        let mut resend_queue = ResendQueue::default();
        let (frame, mut delivery) = awaited_say(1);
        resend_queue.push(frame);
        assert_eq!(send_all(&mut resend_queue), [message(1)]);
        resend_queue.start_over();
        assert_eq!((send_all(&mut resend_queue), outcome(&mut delivery)), (vec![message(1)], None));
        drop(resend_queue);
        assert_eq!(outcome(&mut delivery), Some(Err(ErrorKind::Closed)));
    }

    #[test]
    fn oversized_frame_is_never_sent() {
        let mut resend_queue = ResendQueue::default();
        let (owner, mut delivery) = Delivery::new("say");
        let data = Data::from_serialize(&"x".repeat(LIMIT)).unwrap();
        let large = ClientMessage::Say(Say::new("m1".parse().unwrap(), data));
        let large = Frame::new(large, owner);
        [say(0), large, say(2)].into_iter().for_each(|frame| resend_queue.push(frame));
        assert_eq!(send_all(&mut resend_queue), [message(0), message(2)]);
        let overhead = r#"{"type":"say","id":"m1","data":}"#.len();
        let limit = (LIMIT - overhead) as u64;
        assert_eq!(outcome(&mut delivery), Some(Err(ErrorKind::TooLarge { limit })));
        resend_queue.acknowledge(2);
        assert_eq!(resend_queue.frames, []);
    }

    #[test]
    fn call_signals_are_retried_five_times() {
        let message = ClientMessage::Signal(SignalTo::new("b", Data::from_serialize(&0).unwrap()));
        let mut frame = Frame::new(message, Owner::EndedCall);
        for attempt in 1..=5 {
            let Refusal::Retry(retried) = frame.refused(&ErrorCode::RateLimited, String::new()) else { panic!() };
            assert_eq!(retried.attempts(), attempt);
            frame = retried;
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
    fn ping_is_needed_after_64_frames() {
        let mut resend_queue = ResendQueue::default();
        while resend_queue.has_room() {
            resend_queue.push(say(0));
        }
        assert_eq!(resend_queue.frames.len(), MAX_FRAMES);
        (0..FRAMES_PER_PING)
            .for_each(|_| assert!(!resend_queue.needs_ping(false) && resend_queue.next(LIMIT).is_some()));
        assert!(resend_queue.needs_ping(true));
        resend_queue.ping_sent();
        assert!(!resend_queue.needs_ping(false));
        resend_queue.acknowledge(1);
        assert!(resend_queue.has_room());
    }

    #[test]
    fn awaited_frame_causes_one_ping() {
        let mut resend_queue = ResendQueue::default();
        let (frame, _delivery) = awaited_say(0);
        resend_queue.push(frame);
        assert!(!resend_queue.needs_ping(false));
        assert_eq!(send_all(&mut resend_queue).len(), 1);
        assert!(resend_queue.needs_ping(false) && !resend_queue.needs_ping(true));
        resend_queue.ping_sent();
        // A server that acknowledges nothing gets no further ping.
        resend_queue.receive_pong(0, None);
        assert!(!resend_queue.needs_ping(false));
    }
}
