//! An exhaustive search through all orders of steps in a simulation.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    iter,
    rc::Rc,
};

use super::{
    Politeness,
    simulation::{Bounds, Defect, Simulation, Step},
};

/// The steps that lead to a state, the last one first.
struct Path {
    step: Step,
    before: Option<Rc<Path>>,
}

fn steps_of(path: Option<&Rc<Path>>) -> Vec<Step> {
    let mut steps: Vec<Step> = iter::successors(path, |path| path.before.as_ref()).map(|path| path.step).collect();
    steps.reverse();
    steps
}

fn hash(state: &Simulation) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// Searches all paths from a start, in the order of their length. Returns the number of states, or the shortest path to
/// a problem.
fn search(start: Simulation) -> Result<usize, String> {
    // Only hashes are kept, to save memory. A collision, which would hide a state, has a chance of one in millions.
    let mut visited = HashSet::from([hash(&start)]);
    let mut open = VecDeque::from([(start, None)]);
    while let Some((now, path)) = open.pop_front() {
        let steps = now.steps();
        if steps.is_empty() {
            now.end().map_err(|problem| format!("{problem} after {:?}", steps_of(path.as_ref())))?;
        }
        for step in steps {
            let mut next = now.clone();
            let path = Rc::new(Path { step, before: path.clone() });
            next.take(step).map_err(|problem| format!("{problem} after {:?}", steps_of(Some(&path))))?;
            if visited.insert(hash(&next)) {
                open.push_back((next, Some(path)));
            }
        }
    }
    Ok(visited.len())
}

const POLITE_AND_IMPOLITE: [Politeness; 2] = [Politeness::Polite, Politeness::Impolite];

fn with_headers(bounds: Bounds) -> Simulation {
    Simulation::new(POLITE_AND_IMPOLITE, bounds)
}

fn plain(bounds: Bounds) -> Simulation {
    Simulation::plain(POLITE_AND_IMPOLITE, bounds)
}

fn search_all(what: &str, start: Simulation) {
    let states = search(start).unwrap_or_else(|problem| panic!("{what}: {problem}"));
    println!("{what}: {states} states");
}

#[test]
fn changes_in_any_order_end_in_agreement() {
    search_all("plain, three changes per side", plain(Bounds { changes: 3, ..Bounds::default() }));
}

#[test]
fn changes_and_restarts_without_headers_agree() {
    let bounds = Bounds { changes: 1, restarts: 1, ..Bounds::default() };
    search_all("plain, a change and a restart per side", plain(bounds));
}

#[test]
#[ignore = "three million states"]
fn changes_and_restarts_with_headers_agree() {
    let bounds = Bounds { changes: 1, restarts: 1, ..Bounds::default() };
    search_all("a change and a restart per side", with_headers(bounds));
}

#[test]
fn slow_links_end_in_agreement() {
    let bounds = Bounds { changes: 1, slowness: 3, ..Bounds::default() };
    search_all("a change per side, while time passes", with_headers(bounds));
}

#[test]
fn lossy_and_repeating_links_end_in_agreement() {
    let bounds = Bounds { changes: 1, losses: 1, repetitions: 1, ..Bounds::default() };
    search_all("a change per side, a loss and a repetition", with_headers(bounds));
}

#[test]
fn failed_operations_are_repeated() {
    let bounds = Bounds { changes: 1, failures: 2, ..Bounds::default() };
    search_all("a change per side and two failures", with_headers(bounds));
}

#[test]
fn reloaded_pages_end_in_agreement() {
    let bounds = Bounds { changes: 1, reloads: 1, ..Bounds::default() };
    search_all("a change per side and a reload", with_headers(bounds));
}

#[test]
fn split_descriptions_end_in_agreement() {
    let bounds = Bounds { changes: 1, losses: 1, splits: true, ..Bounds::default() };
    search_all("a change per side and a loss, in parts", with_headers(bounds));
}

#[test]
fn plain_peer_is_detected() {
    let bounds = Bounds { changes: 1, slowness: 2, ..Bounds::default() };
    for politeness in [POLITE_AND_IMPOLITE, [Politeness::Impolite, Politeness::Polite]] {
        let what = format!("a plain peer, a change per side, {:?}", politeness[0]);
        search_all(&what, Simulation::with_plain_peer(politeness, bounds));
    }
}

#[test]
#[ignore = "one and a half million states"]
fn reloaded_pages_with_auto_politeness_agree() {
    let bounds = Bounds { changes: 1, reloads: 1, ..Bounds::default() };
    let is_auto = Simulation::new([Politeness::Auto, Politeness::Auto], bounds);
    search_all("a change per side and a reload, auto politeness", is_auto);
}

/// Asserts that the search finds known problems.
#[test]
fn known_defects_are_found() {
    let bounds = Bounds { changes: 1, ..Bounds::default() };
    let found = |start, problem: &str| {
        let found = search(start).unwrap_err();
        assert!(found.starts_with(problem), "{found}");
    };
    found(Simulation::plain([Politeness::Impolite; 2], bounds), "a side waits forever");
    found(Simulation::plain([Politeness::Polite; 2], bounds), "a remote answer");
    found(plain(Bounds { changes: 2, ..bounds }).with_defect(Defect::PendingAnswerForgotten), "a side waits forever");
    let failing = Bounds { failures: 1, ..bounds };
    found(with_headers(failing).with_defect(Defect::RefusalDropped), "the peer never received a change");
    // Without headers, lost and repeated signals are not detected.
    found(plain(Bounds { losses: 1, ..bounds }), "a side waits forever");
    found(plain(Bounds { repetitions: 1, ..bounds }), "");
    found(plain(Bounds { reloads: 1, ..bounds }), "");
}
