//! Random simulations, which are far longer than an exhaustive search allows.

use proptest::prelude::*;

use super::{
    Politeness,
    model::Problem,
    simulation::{Bounds, Simulation},
};

const LIMIT: usize = 5_000;

/// Takes the chosen steps, and then steps in rotation until none is possible.
fn run(mut simulation: Simulation, choices: &[u16]) -> Result<(), Problem> {
    let mut choices = choices.iter();
    for turn in 0..LIMIT {
        let steps = simulation.steps();
        if steps.is_empty() {
            return simulation.end();
        }
        let choice = choices.next().map_or(turn, |choice| usize::from(*choice)) % steps.len();
        simulation.take(steps[choice])?;
    }
    Err("the simulation does not end".into())
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
    fn simulation_ends_in_agreement(bounds in any_bounds(), choices in prop::collection::vec(any::<u16>(), 0..600), is_auto: bool) {
        let politeness = if is_auto { [Politeness::Auto; 2] } else { [Politeness::Polite, Politeness::Impolite] };
        let outcome = run(Simulation::new(politeness, bounds), &choices);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn simulation_with_plain_peer_ends_in_agreement(
        changes in 1..12_u8,
        restarts in 0..4_u8,
        slowness in 0..8_u8,
        choices in prop::collection::vec(any::<u16>(), 0..600),
        polite: bool,
    ) {
        let bounds = Bounds { changes, restarts, slowness, late_candidates: true, ..Bounds::default() };
        let mut politeness = [Politeness::Polite, Politeness::Impolite];
        politeness.rotate_left(usize::from(!polite));
        let outcome = run(Simulation::with_plain_peer(politeness, bounds), &choices);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn simulation_without_headers_ends_in_agreement(
        changes in 0..12_u8,
        restarts in 0..4_u8,
        choices in prop::collection::vec(any::<u16>(), 0..600),
    ) {
        let bounds = Bounds { changes, restarts, late_candidates: true, ..Bounds::default() };
        let outcome = run(Simulation::plain([Politeness::Polite, Politeness::Impolite], bounds), &choices);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }
}
