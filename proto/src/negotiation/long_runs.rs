//! Random conversations that are far longer than a search could be.

use proptest::prelude::*;

use super::{
    Politeness,
    conversation::{Bounds, Conversation},
    model::Problem,
};

const LIMIT: usize = 5_000;

/// Takes steps by these choices, and then by turns, until no step is possible.
fn run(mut conversation: Conversation, choices: &[u16]) -> Result<(), Problem> {
    let mut choices = choices.iter();
    for turn in 0..LIMIT {
        let steps = conversation.steps();
        if steps.is_empty() {
            return conversation.end();
        }
        let choice = choices.next().map_or(turn, |choice| usize::from(*choice)) % steps.len();
        conversation.take(steps[choice])?;
    }
    Err("the conversation never ends".into())
}

fn any_bounds() -> impl Strategy<Value = Bounds> {
    (0..12_u8, 0..4_u8, 0..8_u8, 0..8_u8, 0..4_u8, 0..3_u8, 0..8_u8, any::<bool>()).prop_map(
        |(changes, restarts, losses, repetitions, failures, reloads, slowness, splits)| Bounds {
            changes,
            restarts,
            losses,
            repetitions,
            failures,
            reloads,
            slowness,
            late_candidates: true,
            splits,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn conversation_ends_well(bounds in any_bounds(), choices in prop::collection::vec(any::<u16>(), 0..600), is_auto: bool) {
        let politeness = if is_auto { [Politeness::Auto; 2] } else { [Politeness::Polite, Politeness::Impolite] };
        let outcome = run(Conversation::new(politeness, bounds), &choices);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn conversation_with_plain_peer_ends_well(
        changes in 1..12_u8,
        restarts in 0..4_u8,
        slowness in 0..8_u8,
        choices in prop::collection::vec(any::<u16>(), 0..600),
        polite: bool,
    ) {
        let bounds = Bounds { changes, restarts, slowness, late_candidates: true, ..Bounds::default() };
        let mut politeness = [Politeness::Polite, Politeness::Impolite];
        politeness.rotate_left(usize::from(!polite));
        let outcome = run(Conversation::with_plain_peer(politeness, bounds), &choices);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn conversation_without_headers_ends_well(
        changes in 0..12_u8,
        restarts in 0..4_u8,
        choices in prop::collection::vec(any::<u16>(), 0..600),
    ) {
        let bounds = Bounds { changes, restarts, late_candidates: true, ..Bounds::default() };
        let outcome = run(Conversation::plain([Politeness::Polite, Politeness::Impolite], bounds), &choices);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }
}
