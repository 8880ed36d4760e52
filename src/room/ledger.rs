//! What has gone each way in one seat, so that the next socket goes on where the last one broke.

use std::collections::VecDeque;

use crate::signaling::{ClientMessage, ResumeToken};

/// How many frames are kept for a server that has not said that it has had them. Beyond these, the others wait.
const KEPT_FRAMES: usize = 256;

/// After so many frames the server is asked at once what it has had, and not with the next heartbeat.
const ASKING_FRAMES: usize = 64;

/// Counts the numbered frames both ways, and keeps ours until the server has had them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// How many have come.
    received: u32,
    /// How many of ours the server has had.
    acknowledged: u32,
    /// Those after them, oldest first.
    kept: VecDeque<ClientMessage>,
    /// How many of those went out over the socket of now.
    sent: usize,
    /// How many went out since the server was asked what it has had.
    unasked: usize,
    /// What takes the seat back with these counts.
    token: Option<ResumeToken>,
}

impl Ledger {
    pub(super) fn received(&self) -> u32 {
        self.received
    }

    pub(super) fn token(&self) -> Option<&ResumeToken> {
        self.token.as_ref()
    }

    /// What the server gives with a seat.
    pub(super) fn set_token(&mut self, token: Option<ResumeToken>) {
        self.token = token;
    }

    /// The server tells what it has had, and may give another token: the one that we have is not for what follows.
    pub(super) fn receive_pong(&mut self, received: u32, token: Option<&ResumeToken>) {
        self.acknowledge(received);
        if token.is_some() {
            self.token = token.cloned();
        }
    }

    /// A numbered frame has come.
    pub(super) fn receive(&mut self) {
        self.received = self.received.wrapping_add(1);
    }

    /// Whether one more frame can be taken.
    pub(super) fn has_room(&self) -> bool {
        self.kept.len() < KEPT_FRAMES
    }

    /// Takes a frame that is to be sent.
    pub(super) fn push(&mut self, frame: ClientMessage) {
        self.kept.push_back(frame);
    }

    /// The next frame for the socket.
    pub(super) fn next(&mut self) -> Option<ClientMessage> {
        let frame = self.kept.get(self.sent)?.clone();
        self.sent += 1;
        self.unasked += 1;
        Some(frame)
    }

    /// Whether the server should be asked at once what it has had.
    pub(super) fn wants_to_ask(&self) -> bool {
        self.unasked >= ASKING_FRAMES
    }

    pub(super) fn asked(&mut self) {
        self.unasked = 0;
    }

    /// The server has had this many of ours since the seat was taken. A number that cannot be is passed over.
    pub(super) fn acknowledge(&mut self, count: u32) {
        let new = usize::try_from(count.wrapping_sub(self.acknowledged)).unwrap_or(usize::MAX);
        if new <= self.sent {
            self.kept.drain(..new);
            self.sent -= new;
            self.acknowledged = count;
        }
    }

    /// A frame of ours was over the server's limit, and nothing after it was read. Sent again, it would end each socket.
    pub(super) fn drop_largest(&mut self) {
        let size = |(_, frame): &(usize, &ClientMessage)| match frame {
            ClientMessage::Signal { data, .. } | ClientMessage::Say { data, .. } => data.get().len(),
            _ => 0,
        };
        if let Some((largest, _)) = self.kept.iter().enumerate().take(self.sent).max_by_key(size) {
            self.kept.remove(largest);
            self.sent -= 1;
        }
    }

    /// The same seat on another socket: what the server has not had goes out again.
    pub(super) fn resume(&mut self, acknowledged: u32) {
        self.acknowledge(acknowledged);
        self.begin();
    }

    /// Another seat, where everything is counted anew. What was said to everybody goes out again; what was for one
    /// goes nowhere, as they knew us by another id.
    pub(super) fn start_over(&mut self) {
        self.kept.retain(|frame| matches!(frame, ClientMessage::Say { .. }));
        (self.received, self.acknowledged) = (0, 0);
        self.begin();
    }

    fn begin(&mut self) {
        self.sent = 0;
        self.unasked = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signaling::Data;

    fn say(number: usize) -> ClientMessage {
        ClientMessage::Say { id: format!("m{number}").parse().unwrap(), data: Data::from_serialize(&number).unwrap() }
    }

    fn signal() -> ClientMessage {
        ClientMessage::Signal { to: "b".into(), data: Data::from_serialize(&0).unwrap() }
    }

    /// The server's half of a seat: it counts as the client does, and keeps what the client has not had.
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

    /// Frames go both ways, some acknowledged on the way, and the socket breaks with any part of them under way.
    fn converse(choices: &mut impl FnMut(usize) -> usize) {
        let (mut ledger, mut server, mut heard) = (Ledger::default(), Server::default(), Vec::new());
        (0..UP).for_each(|number| ledger.push(say(number)));
        server.kept = (0..DOWN).collect();
        for _socket in 0..2 {
            let (mut up, mut down) = (VecDeque::new(), server.kept.clone());
            for _step in 0..4 {
                match choices(5) {
                    0 => up.extend(ledger.next()),
                    1 => server.had.extend(up.pop_front()),
                    2 => {
                        if let Some(frame) = down.pop_front() {
                            heard.push(frame);
                            ledger.receive();
                        }
                    }
                    // A ping, which comes after all that went before it, and its pong.
                    3 => {
                        server.had.extend(up.drain(..));
                        server.acknowledge(ledger.received());
                        ledger.acknowledge(u32::try_from(server.had.len()).unwrap());
                    }
                    _ => break,
                }
            }
            // What is under way is lost.
            server.acknowledge(ledger.received());
            ledger.resume(u32::try_from(server.had.len()).unwrap());
        }
        server.had.extend(std::iter::from_fn(|| ledger.next()));
        heard.extend(&server.kept);
        assert_eq!(server.had, (0..UP).map(say).collect::<Vec<_>>());
        assert_eq!(heard, (0..DOWN).collect::<Vec<_>>());
        ledger.acknowledge(u32::try_from(server.had.len()).unwrap());
        assert_eq!(ledger.kept, []);
    }

    /// Every way in which it can go: the choices are counted up like the digits of a number.
    #[test]
    fn whenever_the_socket_breaks_nothing_is_lost_or_doubled() {
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
    fn a_new_seat_says_again_what_was_said_to_all() {
        let mut ledger = Ledger::default();
        [say(1), signal(), say(2)].into_iter().for_each(|frame| ledger.push(frame));
        let _sent = (ledger.next(), ledger.next());
        ledger.acknowledge(1);
        ledger.receive();
        ledger.start_over();
        assert_eq!(ledger.received(), 0);
        assert_eq!(std::iter::from_fn(|| ledger.next()).collect::<Vec<_>>(), [say(2)]);
        ledger.acknowledge(1);
        assert_eq!(ledger.kept, []);
    }

    #[test]
    fn the_newest_token_counts() {
        let mut ledger = Ledger::default();
        ledger.set_token(Some("a".into()));
        ledger.push(say(0));
        let _sent = ledger.next();
        ledger.receive_pong(0, None);
        assert_eq!((ledger.token(), ledger.received(), ledger.kept.len()), (Some(&"a".into()), 0, 1));
        ledger.receive_pong(1, Some(&"b".into()));
        assert_eq!((ledger.token(), ledger.received(), ledger.kept.len()), (Some(&"b".into()), 0, 0));
        ledger.receive_pong(1, None);
        assert_eq!(ledger.token(), Some(&"b".into()));
        ledger.set_token(None);
        assert_eq!(ledger.token(), None);
    }

    #[test]
    fn a_frame_that_is_too_large_is_not_sent_again() {
        let frames = [say(0), say(1_000_000), say(2), say(1_000_001)];
        let mut ledger = Ledger::default();
        frames.iter().take(3).for_each(|frame| ledger.push(frame.clone()));
        while ledger.next().is_some() {}
        ledger.push(frames[3].clone());
        ledger.drop_largest();
        ledger.resume(1);
        assert_eq!(std::iter::from_fn(|| ledger.next()).collect::<Vec<_>>(), [say(2), say(1_000_001)]);
    }

    #[test]
    fn the_counts_go_on_after_the_last_number() {
        let mut ledger = Ledger { received: u32::MAX, acknowledged: u32::MAX, ..Ledger::default() };
        ledger.push(say(0));
        ledger.push(say(1));
        let _sent = (ledger.next(), ledger.next());
        ledger.receive();
        ledger.resume(0);
        assert_eq!((ledger.received(), ledger.next(), ledger.next()), (0, Some(say(1)), None));
    }

    #[test]
    fn a_server_cannot_have_had_what_was_not_sent() {
        let mut ledger = Ledger::default();
        ledger.push(say(0));
        ledger.acknowledge(7);
        assert_eq!(ledger.next(), Some(say(0)));
        ledger.acknowledge(u32::MAX);
        ledger.resume(0);
        assert_eq!(ledger.next(), Some(say(0)));
    }

    #[test]
    fn it_asks_after_many_frames_and_takes_no_more_than_it_keeps() {
        let mut ledger = Ledger::default();
        while ledger.has_room() {
            ledger.push(say(0));
        }
        assert_eq!(ledger.kept.len(), KEPT_FRAMES);
        (0..ASKING_FRAMES).for_each(|_| assert!(!ledger.wants_to_ask() && ledger.next().is_some()));
        assert!(ledger.wants_to_ask());
        ledger.asked();
        assert!(!ledger.wants_to_ask());
        ledger.acknowledge(1);
        assert!(ledger.has_room());
    }
}
