//! Rate limits for the frames and bytes of a client.

use std::time::Duration;

use tokio::time::Instant;

use super::config::Limits;

/// A token bucket: `burst` tokens at once, refilled at `rate` tokens per second.
#[derive(Debug)]
pub struct TokenBucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    refilled: Instant,
}

impl TokenBucket {
    pub fn new(rate: u32, burst: u32, now: Instant) -> Self {
        Self { rate: rate.into(), burst: burst.into(), tokens: burst.into(), refilled: now }
    }

    /// Takes tokens if there are enough of them.
    pub fn take(&mut self, count: u32, now: Instant) -> bool {
        self.refill(now);
        let allowed = self.tokens >= f64::from(count);
        if allowed {
            self.tokens -= f64::from(count);
        }
        allowed
    }

    /// Takes tokens even if there are too few, and returns the time until there are `rest` tokens.
    fn overdraw(&mut self, count: u32, rest: u32, now: Instant) -> Duration {
        self.refill(now);
        self.tokens -= f64::from(count);
        let missing = (f64::from(rest) - self.tokens).max(0.0);
        Duration::try_from_secs_f64(missing / self.rate).unwrap_or(Duration::MAX)
    }

    fn refill(&mut self, now: Instant) {
        let gained = now.duration_since(self.refilled).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + gained).min(self.burst);
        self.refilled = now;
    }
}

/// The limits on the frames and bytes of one client.
#[derive(Debug)]
pub struct ClientRate {
    frames: TokenBucket,
    bytes: TokenBucket,
    frame_bytes: u32,
}

/// The limit that was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateExceeded {
    Frames,
    Bytes,
}

impl ClientRate {
    pub fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            frames: TokenBucket::new(limits.frames_per_second, limits.burst, now),
            bytes: TokenBucket::new(limits.bytes_per_second, limits.burst_bytes, now),
            frame_bytes: limits.stated_frame_bytes(),
        }
    }

    /// Counts a frame.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Result<(), RateExceeded> {
        if !self.frames.take(1, now) {
            return Err(RateExceeded::Frames);
        }
        let bytes = clamp(bytes);
        if self.bytes.take(bytes, now) { Ok(()) } else { Err(RateExceeded::Bytes) }
    }

    /// Counts discarded bytes, and returns the time to wait before more are read. After that time, the rate allows a
    /// frame of any size, so that the frames after a message over the limit are not refused because of it.
    pub fn discard(&mut self, bytes: usize, now: Instant) -> Duration {
        self.bytes.overdraw(clamp(bytes), self.frame_bytes, now)
    }
}

fn clamp(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(bucket: &mut TokenBucket, now: Instant) -> usize {
        (0..100).take_while(|_| bucket.take(1, now)).count()
    }

    #[test]
    fn bucket_allows_burst_then_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10, 5, start);
        assert_eq!(take_all(&mut bucket, start), 5);
        assert_eq!(take_all(&mut bucket, start + Duration::from_millis(50)), 0);
        assert_eq!(take_all(&mut bucket, start + Duration::from_millis(310)), 3);
    }

    #[test]
    fn bucket_never_exceeds_burst() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10, 5, start);
        let later = start + Duration::from_secs(3600);
        assert_eq!(take_all(&mut bucket, later), 5);
    }

    #[test]
    fn frames_and_bytes_are_both_limited() {
        let limits = Limits::new().burst(3).burst_bytes(100);
        let now = Instant::now();
        let mut rate = ClientRate::new(&limits, now);
        assert_eq!(rate.take(60, now), Ok(()));
        assert_eq!(rate.take(60, now), Err(RateExceeded::Bytes));
        assert_eq!(rate.take(40, now), Ok(()));
        assert_eq!(rate.take(0, now), Err(RateExceeded::Frames));
    }

    #[test]
    fn discarded_bytes_delay_reading() {
        let limits = Limits::new().frame_bytes(100).burst_bytes(1000).bytes_per_second(100);
        let now = Instant::now();
        let mut rate = ClientRate::new(&limits, now);
        assert_eq!(rate.discard(900, now), Duration::ZERO);
        assert_eq!(rate.discard(300, now), Duration::from_secs(3));
        let later = now + Duration::from_secs(3);
        assert_eq!(rate.take(100, later), Ok(()));
        assert_eq!(rate.take(1, later), Err(RateExceeded::Bytes));
        // The largest debt does not overflow.
        assert!(rate.discard(usize::MAX, later) > Duration::from_secs(40_000_000));
    }
}
