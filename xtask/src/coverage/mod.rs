//! `cargo xtask coverage`: counts the WebIDL members that have a Rust counterpart, which is an item with
//! `#[doc(alias = "Interface.member")]`.

mod aliases;
mod documents;

use crate::{Result, unexpected};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The members of the specifications.
const MEMBERS: &str = include_str!("../../data/webidl.json");
/// The members that need no counterpart, grouped by reason.
const EXCLUSIONS: &str = include_str!("../../data/exclusions.json");

pub fn command(args: &[String]) -> Result {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (file, write) = match args.as_slice() {
        [] => (None, false),
        ["--json", file] => (Some(*file), false),
        ["--write"] => (None, true),
        [other, ..] => return Err(unexpected(other)),
    };
    let members = members()?;
    let excluded = excluded()?;
    let aliases = aliases::all()?;
    let named: BTreeSet<String> = aliases.iter().map(|alias| alias.web.clone()).collect();
    misspelt(&members, named.union(&excluded))?;

    let specs: Vec<Coverage> =
        members.into_iter().map(|(spec, members)| Coverage::of(spec, members, &named, &excluded)).collect();
    print(&specs);
    if let Some(file) = file {
        let report = json!({ "specs": specs.iter().map(Coverage::json).collect::<Vec<_>>() });
        fs::write(file, format!("{report:#}\n")).map_err(|error| format!("{file}: {error}"))?;
    }
    match specs.iter().map(|spec| spec.missing.len()).sum() {
        0usize => documents::update(&specs, &aliases, write),
        missing => Err(format!("{missing} members are neither covered nor excluded")),
    }
}

struct Coverage {
    spec: String,
    covered: usize,
    excluded: usize,
    missing: Vec<String>,
}

impl Coverage {
    fn of(spec: String, members: Vec<String>, aliases: &BTreeSet<String>, exclusions: &BTreeSet<String>) -> Self {
        let (covered, others): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| aliases.contains(member));
        let (excluded, missing): (Vec<_>, Vec<_>) = others.into_iter().partition(|member| exclusions.contains(member));
        Self { spec, covered: covered.len(), excluded: excluded.len(), missing }
    }

    fn total(&self) -> usize {
        self.covered + self.excluded + self.missing.len()
    }

    fn json(&self) -> Value {
        let Self { spec, covered, excluded, missing } = self;
        json!({ "spec": spec, "total": self.total(), "covered": covered, "excluded": excluded, "missing": missing })
    }
}

fn print(specs: &[Coverage]) {
    println!("{:<24} {:>6} {:>8} {:>9} {:>8}", "specification", "total", "covered", "excluded", "missing");
    let line = |name: &str, total: usize, covered: usize, excluded: usize| {
        let missing = total - covered - excluded;
        println!("{name:<24} {total:>6} {covered:>8} {excluded:>9} {missing:>8}");
    };
    for spec in specs {
        line(&spec.spec, spec.total(), spec.covered, spec.excluded);
    }
    let sum = |part: fn(&Coverage) -> usize| specs.iter().map(part).sum();
    line("all", sum(Coverage::total), sum(|spec| spec.covered), sum(|spec| spec.excluded));
    for spec in specs.iter().filter(|spec| !spec.missing.is_empty()) {
        println!("\nmissing in {}: {}", spec.spec, spec.missing.join(", "));
    }
}

/// Returns the members as `Interface.member`, by specification.
fn members() -> Result<BTreeMap<String, Vec<String>>> {
    let data: Value = serde_json::from_str(MEMBERS).map_err(|error| format!("webidl.json: {error}"))?;
    let mut members = BTreeMap::<String, Vec<String>>::new();
    for kind in data["types"].as_array().into_iter().flatten() {
        let (Some(spec), Some(name)) = (kind["spec"].as_str(), kind["name"].as_str()) else {
            return Err(format!("webidl.json: a type without a name or a specification: {kind}"));
        };
        let own = texts(&kind["members"]).map(|member| format!("{name}.{member}"));
        members.entry(spec.to_owned()).or_default().extend(own);
    }
    Ok(members)
}

fn excluded() -> Result<BTreeSet<String>> {
    let data: Value = serde_json::from_str(EXCLUSIONS).map_err(|error| format!("exclusions.json: {error}"))?;
    let groups = data.as_array().into_iter().flatten();
    Ok(groups.flat_map(|group| texts(&group["members"]).map(str::to_owned)).collect())
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// An interface of HTML, to which the specifications only add members.
const EXTENDED: &str = "HTMLMediaElement";
/// Members that webrtc-identity, which is not counted, adds to an interface that is counted.
const ADDED: [&str; 4] = [
    "RTCPeerConnection.setIdentityProvider",
    "RTCPeerConnection.getIdentityAssertion",
    "RTCPeerConnection.peerIdentity",
    "RTCPeerConnection.idpLoginUrl",
];

/// Returns an error if a name has a known interface and an unknown member.
fn misspelt<'a>(members: &BTreeMap<String, Vec<String>>, names: impl Iterator<Item = &'a String>) -> Result {
    let known: BTreeSet<&str> = members.values().flatten().map(String::as_str).collect();
    let interfaces: BTreeSet<&str> = known.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    let has_known_interface = |name: &&String| {
        name.split_once('.').is_some_and(|(interface, _)| interface != EXTENDED && interfaces.contains(interface))
    };
    let right = |name: &&str| known.contains(name) || ADDED.contains(name);
    let wrong: Vec<&str> = names.filter(has_known_interface).map(String::as_str).filter(|name| !right(name)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("no such members: {}", wrong.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_is_covered_or_excluded_or_missing() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let set = |list: &[&str]| names(list).into_iter().collect();
        let members = names(&["A.one", "A.two", "A.three"]);
        let coverage = Coverage::of("a".into(), members, &set(&["A.one", "B.two"]), &set(&["A.two", "A.one"]));
        assert_eq!((coverage.total(), coverage.covered, coverage.excluded), (3, 1, 1));
        assert_eq!(coverage.missing, ["A.three"]);
    }

    #[test]
    fn misspelt_member_is_error() {
        let members = BTreeMap::from([("a".to_owned(), vec!["A.one".to_owned()])]);
        assert!(misspelt(&members, ["A.one".to_owned(), "Other.thing".to_owned(), "A".to_owned()].iter()).is_ok());
        assert!(misspelt(&members, ["A.oen".to_owned()].iter()).is_err());
    }

    #[test]
    fn lists_match_specifications() {
        let members = members().unwrap();
        assert_eq!(members.values().map(Vec::len).sum::<usize>(), 931);
        misspelt(&members, excluded().unwrap().iter()).unwrap();
    }
}
