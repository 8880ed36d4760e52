//! Every order in which things can come to pass, against a model of the browser's own rules.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    iter,
    rc::Rc,
};

use super::{
    Politeness,
    conversation::{Bounds, Conversation, Mistake, Step},
};

/// How a moment came to be: the last step, and what came before it.
struct Way {
    step: Step,
    before: Option<Rc<Way>>,
}

fn steps_of(way: Option<&Rc<Way>>) -> Vec<Step> {
    let mut steps: Vec<Step> = iter::successors(way, |way| way.before.as_ref()).map(|way| way.step).collect();
    steps.reverse();
    steps
}

fn hash(moment: &Conversation) -> u64 {
    let mut hasher = DefaultHasher::new();
    moment.hash(&mut hasher);
    hasher.finish()
}

/// Goes every way from here, the short ones first, and gives the number of different moments, or the shortest way
/// to where something is wrong.
fn search(start: Conversation) -> Result<usize, String> {
    // By their hashes: a million moments fill no memory, and that two have the same is a chance of one in millions.
    let mut received = HashSet::from([hash(&start)]);
    let mut open = VecDeque::from([(start, None)]);
    while let Some((now, way)) = open.pop_front() {
        let steps = now.steps();
        if steps.is_empty() {
            now.end().map_err(|problem| format!("{problem} after {:?}", steps_of(way.as_ref())))?;
        }
        for step in steps {
            let mut next = now.clone();
            let way = Rc::new(Way { step, before: way.clone() });
            next.take(step).map_err(|problem| format!("{problem} after {:?}", steps_of(Some(&way))))?;
            if received.insert(hash(&next)) {
                open.push_back((next, Some(way)));
            }
        }
    }
    Ok(received.len())
}

const POLITE_AND_IMPOLITE: [Politeness; 2] = [Politeness::Polite, Politeness::Impolite];

fn stamped(bounds: Bounds) -> Conversation {
    Conversation::new(POLITE_AND_IMPOLITE, bounds)
}

fn plain(bounds: Bounds) -> Conversation {
    Conversation::plain(POLITE_AND_IMPOLITE, bounds)
}

fn searched(what: &str, start: Conversation) {
    let moments = search(start).unwrap_or_else(|problem| panic!("{what}: {problem}"));
    println!("{what}: {moments} moments");
}

#[test]
fn changes_of_both_sides_in_every_order() {
    searched("plain, three changes a side", plain(Bounds { changes: 3, ..Bounds::default() }));
}

#[test]
fn changes_and_restarts_of_both_sides_in_every_order() {
    let bounds = Bounds { changes: 1, restarts: 1, ..Bounds::default() };
    searched("plain, a change and a restart a side", plain(bounds));
}

#[test]
#[ignore = "three million moments"]
fn changes_and_restarts_of_both_sides_with_stamps() {
    let bounds = Bounds { changes: 1, restarts: 1, ..Bounds::default() };
    searched("a change and a restart a side", stamped(bounds));
}

#[test]
fn links_that_are_slow() {
    let bounds = Bounds { changes: 1, slowness: 3, ..Bounds::default() };
    searched("a change a side, while time passes", stamped(bounds));
}

#[test]
fn links_that_lose_and_repeat() {
    let bounds = Bounds { changes: 1, losses: 1, repetitions: 1, ..Bounds::default() };
    searched("a change a side, a loss and a repetition", stamped(bounds));
}

#[test]
fn operations_that_fail() {
    let bounds = Bounds { changes: 1, failures: 2, ..Bounds::default() };
    searched("a change a side and two failures", stamped(bounds));
}

#[test]
fn pages_that_are_reloaded() {
    let bounds = Bounds { changes: 1, reloads: 1, ..Bounds::default() };
    searched("a change a side and a reload", stamped(bounds));
}

#[test]
fn descriptions_that_are_split() {
    let bounds = Bounds { changes: 1, losses: 1, splits: true, ..Bounds::default() };
    searched("a change a side and a loss, in parts", stamped(bounds));
}

#[test]
fn plain_peer_is_found_out() {
    let bounds = Bounds { changes: 1, slowness: 2, ..Bounds::default() };
    for politeness in [POLITE_AND_IMPOLITE, [Politeness::Impolite, Politeness::Polite]] {
        let what = format!("a plain peer, a change a side, {:?}", politeness[0]);
        searched(&what, Conversation::with_plain_peer(politeness, bounds));
    }
}

#[test]
#[ignore = "one and a half million moments"]
fn pages_that_are_reloaded_and_draw_lots() {
    let bounds = Bounds { changes: 1, reloads: 1, ..Bounds::default() };
    let by_lot = Conversation::new([Politeness::Auto, Politeness::Auto], bounds);
    searched("a change a side and a reload, polite by lot", by_lot);
}

/// The search finds what it is there for.
#[test]
fn mistakes_are_found() {
    let bounds = Bounds { changes: 1, ..Bounds::default() };
    let found = |start, problem: &str| {
        let found = search(start).unwrap_err();
        assert!(found.starts_with(problem), "{found}");
    };
    found(Conversation::plain([Politeness::Impolite; 2], bounds), "a side waits for ever");
    found(Conversation::plain([Politeness::Polite; 2], bounds), "answer");
    found(plain(Bounds { changes: 2, ..bounds }).making(Mistake::PendingAnswerForgotten), "a side waits for ever");
    let failing = Bounds { failures: 1, ..bounds };
    found(stamped(failing).making(Mistake::RefusalKeptQuiet), "changes that the other side never heard of");
    // Without stamps nobody knows what was lost, repeated, or meant for another.
    found(plain(Bounds { losses: 1, ..bounds }), "a side waits for ever");
    found(plain(Bounds { repetitions: 1, ..bounds }), "");
    found(plain(Bounds { reloads: 1, ..bounds }), "");
}
