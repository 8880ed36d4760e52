//! How long to wait before trying again, so that the clients of a server that is back do not all come at once.

/// The first try is made almost at once: most sockets break on their own.
const FIRST_MS: u32 = 250;
const LONGEST_MS: u32 = 10_000;

/// Before the `attempt`-th try, which is counted from 1: anything up to a bound that doubles each time. `chance` is
/// at least 0 and below 1.
pub(super) fn before(attempt: u32, chance: f64) -> u32 {
    let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    let bound = FIRST_MS.saturating_mul(doubled).min(LONGEST_MS);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and the bound")]
    let wait = (f64::from(bound) * chance) as u32;
    wait
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_until_the_longest() {
        let bounds: Vec<u32> = (1..=8).map(|attempt| before(attempt, 1.0)).collect();
        assert_eq!(bounds, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        assert_eq!(
            [before(0, 1.0), before(32, 1.0), before(33, 1.0), before(u32::MAX, 1.0)],
            [250, 10_000, 10_000, 10_000]
        );
    }

    #[test]
    fn anything_below_the_bound_may_come() {
        assert_eq!([0.0, 0.25, 0.5].map(|chance| before(7, chance)), [0, 2_500, 5_000]);
    }
}
