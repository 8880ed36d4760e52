//! Whether anything comes from the other side, which the states of a connection do not tell: ICE checks its way by
//! itself, and may find it good while nobody takes what is sent on it.

use std::time::Duration;

use gloo_timers::future::TimeoutFuture;

use crate::{
    error::{During, Result},
    peer::PeerConnection,
    timer::milliseconds,
};

/// What was heard of the other side for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    /// Something has come.
    Heard,
    /// Something was sent, and nothing came: not even what tells of its arrival, as all that is sent is answered by
    /// RTCP or SCTP.
    Silence,
    /// Nothing was sent, and nothing came.
    Idle,
}

/// How long what was sent on the way of before may still be under way.
const ECHO_MS: u32 = 1_000;

/// Waits for so long, and listens except at its beginning.
pub(super) async fn listen(pc: &PeerConnection, time: Duration) -> Hearing {
    let time = milliseconds(time);
    let echo = time.min(ECHO_MS);
    TimeoutFuture::new(echo).await;
    let before = Traffic::of(pc).await;
    TimeoutFuture::new(time - echo).await;
    match (before, Traffic::of(pc).await) {
        (Ok(before), Ok(now)) => now.since(&before),
        // It is closed, and nobody listens any more.
        _ => Hearing::Idle,
    }
}

/// How many bytes have gone and come, as each entry of the browser's report counts them.
struct Traffic(Vec<Count>);

struct Count {
    id: String,
    sent: f64,
    received: f64,
}

impl Traffic {
    async fn of(pc: &PeerConnection) -> Result<Self> {
        let mut counts = Vec::new();
        let report = pc.raw_stats().await?;
        report
            .for_each_entry(&mut |entry, id| {
                let bytes = |member| entry.member(member).ok().and_then(|count| count.as_f64()).unwrap_or_default();
                let (sent, received) = (bytes("bytesSent"), bytes("bytesReceived"));
                if let Some(id) = id.as_string().filter(|_| sent + received > 0.0) {
                    counts.push(Count { id, sent, received });
                }
            })
            .during("getStats")?;
        Ok(Self(counts))
    }

    fn since(&self, before: &Self) -> Hearing {
        let more = |count: fn(&Count) -> f64| {
            self.0.iter().any(|now| count(now) > before.0.iter().find(|then| then.id == now.id).map_or(0.0, count))
        };
        if more(|count| count.received) {
            Hearing::Heard
        } else if more(|count| count.sent) {
            Hearing::Silence
        } else {
            Hearing::Idle
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic<const N: usize>(counts: [(&str, u32, u32); N]) -> Traffic {
        let count = |(id, sent, received): (&str, u32, u32)| Count {
            id: id.into(),
            sent: sent.into(),
            received: received.into(),
        };
        Traffic(counts.map(count).into())
    }

    #[test]
    fn any_entry_tells_of_what_has_come_and_gone() {
        let before = traffic([("pair 1", 500, 700), ("video", 400, 0)]);
        for (now, hearing) in [
            (vec![("pair 1", 500, 700), ("video", 400, 0)], Hearing::Idle),
            (vec![("pair 1", 500, 700), ("video", 450, 0)], Hearing::Silence),
            (vec![("pair 1", 600, 701), ("video", 450, 0)], Hearing::Heard),
            // The way of before is gone, and the report with it.
            (vec![("pair 2", 0, 0)], Hearing::Idle),
            (vec![("pair 2", 300, 0)], Hearing::Silence),
            (vec![("pair 2", 300, 20)], Hearing::Heard),
        ] {
            let now = Traffic(now.into_iter().flat_map(|count| traffic([count]).0).collect());
            assert_eq!(now.since(&before), hearing);
        }
    }
}
