//! Seats that clients of this process take or resume.

use super::{
    super::{
        super::{
            outbox::{Handover, Outbox, QueueClosed},
            refusal::Refusal,
            welcome::Welcome,
        },
        branch::BranchToken,
        hosted_seat::{HostedSeat, StoredSeat},
    },
    PendingJoin, RoomState,
};
use browser_rtc_proto::signaling::{ErrorCode, Peer, PeerId};

impl RoomState {
    pub(super) fn seat_new(&mut self, welcome: &Welcome, id: &PeerId, name: &str, joining: PendingJoin) {
        let PendingJoin { outbox, secret, done, .. } = joining;
        let you = Peer::new(id.clone(), name.to_owned());
        outbox.push(welcome.joined(you, self.others(id), secret.token(), None));
        if welcome.resumes {
            outbox.start_numbering();
        }
        let seat = HostedSeat::new(welcome.resumes, id.to_string(), secret, outbox, StoredSeat::default());
        self.seats.insert(id.clone(), seat);
        // Without a receiver, the attempt was abandoned, and its owner frees the seat.
        let _ = done.send(Ok(id.clone()));
    }

    pub(super) fn seat_resumed(&mut self, welcome: &Welcome, id: &PeerId, attempt: &str, joining: PendingJoin) {
        let PendingJoin { outbox, secret, received, done, answer, .. } = joining;
        let mut stored = answer.unwrap_or_default();
        let hosted = self.seats.remove(id);
        // The queue of the seat, if it is on this process, may contain older frames than the log.
        let handover = hosted.as_ref().and_then(|hosted| hosted.outbox.hand_over(received));
        let missing = stored.sent.wrapping_sub(received) as usize;
        let handover = handover.or_else(|| {
            let frames = stored.missed.take().filter(|frames| frames.len() == missing)?;
            Some(Handover::new(frames, received))
        });
        if let Some(hosted) = hosted {
            hosted.outbox.close(QueueClosed::Replaced);
            (stored.sent, stored.branches) = (hosted.sent, hosted.branches);
        }
        let you = self.peers.iter().find(|known| known.peer.id == *id).map(|known| known.peer.clone());
        let (Some(handover), Some(you)) = (handover, you) else {
            outbox.close(QueueClosed::Overflow);
            let message = "the missed frames are no longer stored";
            let _ = done.send(Err(Refusal::new(ErrorCode::Unavailable, message)));
            return;
        };
        let seat = HostedSeat::new(welcome.resumes, attempt.to_owned(), secret, outbox, stored);
        seat.outbox.resume_from(welcome.joined(you, self.others(id), seat.token(), Some(seat.received)), handover);
        self.seats.insert(id.clone(), seat);
        // Fails only if the attempt was abandoned, as for a new seat.
        let _ = done.send(Ok(id.clone()));
    }

    /// Resumes a seat of this process while Redis is unavailable.
    pub fn resume_disconnected(
        &mut self,
        welcome: &Welcome,
        resume: &BranchToken,
        received: u32,
        outbox: &Outbox,
    ) -> Result<PeerId, Refusal> {
        let matches = |seat: &HostedSeat| seat.secret == resume.secret && seat.branches.contains(&resume.branch);
        let found = self.seats.iter().find(|(_, seat)| matches(seat));
        let found = found.map(|(id, seat)| (id.clone(), seat.received, seat.token(), seat.outbox.clone()));
        let Some((id, numbered, token, current)) = found else { return Err(Refusal::unavailable()) };
        if outbox.is_older_than(&current) {
            outbox.close(QueueClosed::Replaced);
            return Err(Refusal::held_by_newer_socket());
        }
        let you = self.peers.iter().find(|known| known.peer.id == id).map(|known| known.peer.clone());
        let (Some(you), Some(handover)) = (you, current.hand_over(received)) else {
            return Err(Refusal::unavailable());
        };
        outbox.resume_from(welcome.joined(you, self.others(&id), token, Some(numbered)), handover);
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.outbox = outbox.clone();
            seat.pongs.clear();
        }
        Ok(id)
    }
}
