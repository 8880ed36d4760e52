//! How fast a client may send, and how deep.

use std::time::Duration;

use tokio::time::Instant;

use super::Limits;

/// How fast something may come: `burst` at once, refilled at `rate` a second.
#[derive(Debug)]
pub struct TokenBucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled: Instant,
}

impl TokenBucket {
    pub fn new(rate: u32, burst: u32, now: Instant) -> Self {
        Self { rate: rate.into(), burst: burst.into(), tokens: burst.into(), filled: now }
    }

    /// Takes so many tokens, if there are so many.
    pub fn take(&mut self, count: u32, now: Instant) -> bool {
        self.fill(now);
        let allowed = self.tokens >= f64::from(count);
        if allowed {
            self.tokens -= f64::from(count);
        }
        allowed
    }

    /// Takes so many tokens, also where there are fewer. Returns the time until there will be `rest`.
    fn overdraw(&mut self, count: u32, rest: u32, now: Instant) -> Duration {
        self.fill(now);
        self.tokens -= f64::from(count);
        let missing = (f64::from(rest) - self.tokens).max(0.0);
        Duration::try_from_secs_f64(missing / self.rate).unwrap_or(Duration::MAX)
    }

    fn fill(&mut self, now: Instant) {
        let gained = now.duration_since(self.filled).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + gained).min(self.burst);
        self.filled = now;
    }
}

/// Both bounds on what one client sends.
#[derive(Debug)]
pub struct Pace {
    frames: TokenBucket,
    bytes: TokenBucket,
    frame_bytes: u32,
}

/// What there was too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooFast {
    Frames,
    Bytes,
}

impl Pace {
    pub fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            frames: TokenBucket::new(limits.frames_per_second, limits.burst, now),
            bytes: TokenBucket::new(limits.bytes_per_second, limits.burst_bytes, now),
            frame_bytes: limits.stated_frame_bytes(),
        }
    }

    /// One frame more.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Result<(), TooFast> {
        if !self.frames.take(1, now) {
            return Err(TooFast::Frames);
        }
        let bytes = clamp(bytes);
        if self.bytes.take(bytes, now) { Ok(()) } else { Err(TooFast::Bytes) }
    }

    /// Counts bytes that were discarded. Returns how long to wait before more is read: until the rate allows for a
    /// frame of any size, so that the frames after a message over the limit are not refused for it.
    pub fn discard(&mut self, bytes: usize, now: Instant) -> Duration {
        self.bytes.overdraw(clamp(bytes), self.frame_bytes, now)
    }
}

fn clamp(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Whether the JSON is nested no deeper than this.
pub fn is_shallow(json: &str, max: usize) -> bool {
    let opens = |byte: &u8| matches!(byte, b'[' | b'{');
    // Almost every frame ends here, at the speed of memory.
    if json.as_bytes().iter().filter(|byte| opens(byte)).count() <= max {
        return true;
    }
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > max {
                    return false;
                }
            }
            b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bucket: &mut TokenBucket, now: Instant) -> usize {
        (0..100).take_while(|_| bucket.take(1, now)).count()
    }

    #[test]
    fn allows_a_burst_and_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10, 5, start);
        assert_eq!(taken(&mut bucket, start), 5);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(50)), 0);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(310)), 3);
    }

    #[test]
    fn never_holds_more_than_the_burst() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10, 5, start);
        let later = start + Duration::from_secs(3600);
        assert_eq!(taken(&mut bucket, later), 5);
    }

    #[test]
    fn frames_and_bytes_are_bounded_both() {
        let limits = Limits { burst: 3, burst_bytes: 100, ..Limits::default() };
        let now = Instant::now();
        let mut pace = Pace::new(&limits, now);
        assert_eq!(pace.take(60, now), Ok(()));
        assert_eq!(pace.take(60, now), Err(TooFast::Bytes));
        assert_eq!(pace.take(40, now), Ok(()));
        assert_eq!(pace.take(0, now), Err(TooFast::Frames));
    }

    #[test]
    fn discarded_bytes_are_paid_for_by_waiting() {
        let limits = Limits { frame_bytes: 100, burst_bytes: 1000, bytes_per_second: 100, ..Limits::default() };
        let now = Instant::now();
        let mut pace = Pace::new(&limits, now);
        assert_eq!(pace.discard(900, now), Duration::ZERO);
        assert_eq!(pace.discard(300, now), Duration::from_secs(3));
        let later = now + Duration::from_secs(3);
        assert_eq!(pace.take(100, later), Ok(()));
        assert_eq!(pace.take(1, later), Err(TooFast::Bytes));
        // The longest debt is a duration as well.
        assert!(pace.discard(usize::MAX, later) > Duration::from_secs(40_000_000));
    }

    #[test]
    fn depth_is_counted_outside_of_strings() {
        assert!(is_shallow(r#"{"a":[1]}"#, 2));
        assert!(!is_shallow(r#"{"a":[1]}"#, 1));
        assert!(is_shallow("[[],[],[],[]]", 2));
        assert!(is_shallow(r#"["[[[[", "\"[[[[", "\\", []]"#, 2));
        assert!(!is_shallow(r#"["\\", [[]]]"#, 2));
        assert!(!is_shallow(&"[".repeat(60_000), 64));
    }

    #[test]
    fn depth_is_what_a_real_reader_finds() {
        fn depth(value: &serde_json::Value) -> usize {
            match value {
                serde_json::Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
                serde_json::Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
                _ => 0,
            }
        }
        use proptest::prelude::*;
        let leaf = prop_oneof![any::<i64>().prop_map(Into::into), any::<String>().prop_map(Into::into)];
        let json = leaf.prop_recursive(6, 32, 3, |inner: BoxedStrategy<serde_json::Value>| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
                prop::collection::hash_map("[\\[\\]{}\"\\\\a]{0,4}", inner, 0..3)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        });
        proptest!(|(value in json, max in 0_usize..8)| {
            prop_assert_eq!(is_shallow(&value.to_string(), max), depth(&value) <= max);
        });
    }
}
