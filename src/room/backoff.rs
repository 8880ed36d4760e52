//! Delays between attempts to reconnect, so that the clients of a server that was restarted do not all connect at the
//! same time.

/// Maximum delay before the first attempt. It is short, because most sockets break individually.
const FIRST_MAX_MS: u32 = 250;

/// Maximum delay before any attempt.
const MAX_MS: u32 = 10_000;

/// Returns the delay before an attempt, in milliseconds: a random fraction of a maximum that doubles with each attempt.
/// `attempt` counts from 1; `random` is at least 0 and below 1.
pub(super) fn delay_ms(attempt: u32, random: f64) -> u32 {
    let factor = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    let max = FIRST_MAX_MS.saturating_mul(factor).min(MAX_MS);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the product is between 0 and `max`")]
    let delay = (f64::from(max) * random) as u32;
    delay
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maximum_doubles_up_to_limit() {
        let delays: Vec<u32> = (1..=8).map(|attempt| delay_ms(attempt, 1.0)).collect();
        assert_eq!(delays, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        assert_eq!(
            [delay_ms(0, 1.0), delay_ms(32, 1.0), delay_ms(33, 1.0), delay_ms(u32::MAX, 1.0)],
            [250, 10_000, 10_000, 10_000]
        );
    }

    #[test]
    fn delay_is_fraction_of_maximum() {
        assert_eq!([0.0, 0.25, 0.5].map(|random| delay_ms(7, random)), [0, 2_500, 5_000]);
    }
}
