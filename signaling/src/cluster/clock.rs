//! An estimate of the clock of Redis.

use std::{sync::Mutex, time::Duration};

use redis::Value;
use tokio::time::Instant;

use super::super::lock::lock;

/// An estimate of the clock of Redis.
#[derive(Debug)]
pub struct RedisClock(Mutex<Sample>);

/// The time of Redis in microseconds at a local instant, and the maximum error of the estimate.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    time: u64,
    error: Duration,
}

impl RedisClock {
    pub fn new() -> Self {
        Self(Mutex::new(Sample { at: Instant::now(), time: 0, error: Duration::ZERO }))
    }

    /// Returns the time of Redis at an instant, in microseconds.
    pub fn time_at(&self, instant: Instant) -> u64 {
        let Sample { at, time, .. } = *lock(&self.0);
        match instant.checked_duration_since(at) {
            Some(later) => time + micros(later),
            None => time.saturating_sub(micros(at - instant)),
        }
    }

    /// Updates the estimate by an answer of Redis that contains its time, if that is more precise.
    pub fn update(&self, asked: Instant, time: &Value) {
        let numbers: Option<(u64, u64)> = redis::from_redis_value_ref(time).ok();
        let Some((seconds, rest)) = numbers else { return };
        let error = asked.elapsed() / 2;
        let mut sample = lock(&self.0);
        // Clocks drift apart, so an old estimate becomes less precise.
        if sample.time == 0 || error < sample.error + sample.at.elapsed() / 10_000 {
            *sample = Sample { at: asked + error, time: seconds * 1_000_000 + rest, error };
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(0)
}
