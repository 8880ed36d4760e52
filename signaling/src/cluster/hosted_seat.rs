//! A seat whose client is connected to this process.

use std::collections::VecDeque;

use axum::extract::ws::Utf8Bytes;

use super::super::outbox::Outbox;
use browser_rtc_proto::signaling::{Pong, ServerMessage};

/// Maximum number of pings that wait for their answers.
const MAX_PONGS: usize = 16;

/// A seat whose client is connected to this process, or was last connected to it.
#[derive(Debug)]
pub struct HostedSeat {
    /// The id of the join by which the seat was taken.
    pub attempt: String,
    pub outbox: Outbox,
    /// The number of numbered frames received from the client.
    pub received: u32,
    /// The number of received frames that are in the log.
    logged: u32,
    /// Pings that wait for an answer: the number of frames that must be in the log before, and the id.
    pongs: VecDeque<(u32, u32)>,
}

impl HostedSeat {
    pub fn new(attempt: String, outbox: Outbox, received: u32) -> Self {
        Self { attempt, outbox, received, logged: received, pongs: VecDeque::new() }
    }

    /// Answers a ping once all frames before it are in the log, as in rooms of one process. If too many pings wait, all
    /// are answered immediately.
    pub fn ping(&mut self, id: u32) {
        self.pongs.push_back((self.received, id));
        if self.pongs.len() > MAX_PONGS {
            self.pongs.drain(..).for_each(|(_, id)| send_pong(&self.outbox, id, self.logged));
        }
        self.answer_pings();
    }

    /// Counts a frame of the client that is in the log, and answers the pings that waited for it.
    pub fn frame_logged(&mut self, number: u32) {
        self.logged = number;
        self.answer_pings();
    }

    fn answer_pings(&mut self) {
        while let Some((number, id)) = self.pongs.front().copied()
            && number.wrapping_sub(self.logged) as i32 <= 0
        {
            self.pongs.pop_front();
            send_pong(&self.outbox, id, self.logged);
        }
    }

    pub fn send(&self, frame: Utf8Bytes) {
        self.outbox.push(frame);
    }
}

fn send_pong(outbox: &Outbox, id: u32, received: u32) {
    outbox.send(&ServerMessage::Pong(Pong::new(id).received(received)));
}
