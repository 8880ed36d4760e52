//! An exhaustive search through all orders of steps, with a model of the browser's rules.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    iter,
    rc::Rc,
};

use super::{
    Politeness,
    conversation::{Bounds, Conversation, Defect, Step},
};

/// The steps to a moment, the last one first.
struct Path {
    step: Step,
    before: Option<Rc<Path>>,
}

fn steps_of(path: Option<&Rc<Path>>) -> Vec<Step> {
    let mut steps: Vec<Step> = iter::successors(path, |path| path.before.as_ref()).map(|path| path.step).collect();
    steps.reverse();
    steps
}

fn hash(moment: &Conversation) -> u64 {
    let mut hasher = DefaultHasher::new();
    moment.hash(&mut hasher);
    hasher.finish()
}

/// Searches all paths from a start, the short ones first. Returns the number of different moments, or the shortest path to
/// a problem.
fn search(start: Conversation) -> Result<usize, String> {
    // Only hashes are kept, which saves memory. A collision would hide a moment, with a chance of one in millions.
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

fn with_headers(bounds: Bounds) -> Conversation {
    Conversation::new(POLITE_AND_IMPOLITE, bounds)
}

fn plain(bounds: Bounds) -> Conversation {
    Conversation::plain(POLITE_AND_IMPOLITE, bounds)
}

fn search_all(what: &str, start: Conversation) {
    let moments = search(start).unwrap_or_else(|problem| panic!("{what}: {problem}"));
    println!("{what}: {moments} moments");
}

#[test]
fn changes_in_every_order() {
    search_all("plain, three changes a side", plain(Bounds { changes: 3, ..Bounds::default() }));
}

#[test]
fn changes_and_restarts_without_headers() {
    let bounds = Bounds { changes: 1, restarts: 1, ..Bounds::default() };
    search_all("plain, a change and a restart a side", plain(bounds));
}

#[test]
#[ignore = "three million moments"]
fn changes_and_restarts_with_headers() {
    let bounds = Bounds { changes: 1, restarts: 1, ..Bounds::default() };
    search_all("a change and a restart a side", with_headers(bounds));
}

#[test]
fn slow_links() {
    let bounds = Bounds { changes: 1, slowness: 3, ..Bounds::default() };
    search_all("a change a side, while time passes", with_headers(bounds));
}

#[test]
fn lossy_and_repeating_links() {
    let bounds = Bounds { changes: 1, losses: 1, repetitions: 1, ..Bounds::default() };
    search_all("a change a side, a loss and a repetition", with_headers(bounds));
}

#[test]
fn failing_operations() {
    let bounds = Bounds { changes: 1, failures: 2, ..Bounds::default() };
    search_all("a change a side and two failures", with_headers(bounds));
}

#[test]
fn reloaded_pages() {
    let bounds = Bounds { changes: 1, reloads: 1, ..Bounds::default() };
    search_all("a change a side and a reload", with_headers(bounds));
}

#[test]
fn split_descriptions() {
    let bounds = Bounds { changes: 1, losses: 1, splits: true, ..Bounds::default() };
    search_all("a change a side and a loss, in parts", with_headers(bounds));
}

#[test]
fn plain_peer_is_recognized() {
    let bounds = Bounds { changes: 1, slowness: 2, ..Bounds::default() };
    for politeness in [POLITE_AND_IMPOLITE, [Politeness::Impolite, Politeness::Polite]] {
        let what = format!("a plain peer, a change a side, {:?}", politeness[0]);
        search_all(&what, Conversation::with_plain_peer(politeness, bounds));
    }
}

#[test]
#[ignore = "one and a half million moments"]
fn reloaded_pages_of_auto_politeness() {
    let bounds = Bounds { changes: 1, reloads: 1, ..Bounds::default() };
    let is_auto = Conversation::new([Politeness::Auto, Politeness::Auto], bounds);
    search_all("a change a side and a reload, auto politeness", is_auto);
}

/// Shows that the search finds problems.
#[test]
fn defects_are_found() {
    let bounds = Bounds { changes: 1, ..Bounds::default() };
    let found = |start, problem: &str| {
        let found = search(start).unwrap_err();
        assert!(found.starts_with(problem), "{found}");
    };
    found(Conversation::plain([Politeness::Impolite; 2], bounds), "a side waits forever");
    found(Conversation::plain([Politeness::Polite; 2], bounds), "answer");
    found(plain(Bounds { changes: 2, ..bounds }).with_defect(Defect::PendingAnswerForgotten), "a side waits forever");
    let failing = Bounds { failures: 1, ..bounds };
    found(with_headers(failing).with_defect(Defect::RefusalDropped), "changes that the peer never received");
    // Without headers, lost, repeated and former signals are not recognized.
    found(plain(Bounds { losses: 1, ..bounds }), "a side waits forever");
    found(plain(Bounds { repetitions: 1, ..bounds }), "");
    found(plain(Bounds { reloads: 1, ..bounds }), "");
}
