//! `cargo xtask coverage`: which WebIDL members have a Rust counterpart, told by its `#[doc(alias = "Interface.member")]`.

use crate::{Result, paths, unexpected};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The members of the specifications.
const MEMBERS: &str = include_str!("../data/webidl.json");
/// Those that need no counterpart, each with the reason.
const EXCLUSIONS: &str = include_str!("../data/exclusions.json");

pub fn command(args: &[String]) -> Result {
    let file = match args {
        [] => None,
        [option, file] if option == "--json" => Some(file),
        [other, ..] => return Err(unexpected(other)),
    };
    let members = members()?;
    let excluded = excluded()?;
    let mut aliases = BTreeSet::new();
    collect_aliases(&paths::root().join("src"), &mut aliases)?;
    misspelt(&members, aliases.union(&excluded))?;

    let specs: Vec<Coverage> =
        members.into_iter().map(|(spec, members)| Coverage::of(spec, members, &aliases, &excluded)).collect();
    print(&specs);
    if let Some(file) = file {
        let report = json!({ "specs": specs.iter().map(Coverage::json).collect::<Vec<_>>() });
        fs::write(file, format!("{report:#}\n")).map_err(|error| format!("{file}: {error}"))?;
    }
    let missing: usize = specs.iter().map(|spec| spec.missing.len()).sum();
    if missing == 0 { Ok(()) } else { Err(format!("{missing} members are neither covered nor excluded")) }
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
        println!("\n{} lacks {}", spec.spec, spec.missing.join(", "));
    }
}

/// `Interface.member`, by specification.
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

/// HTML's own, to which the specifications only add.
const EXTENDED: &str = "HTMLMediaElement";
/// What a specification that is not counted, webrtc-identity, adds to an interface that is.
const ADDED: [&str; 4] = [
    "RTCPeerConnection.setIdentityProvider",
    "RTCPeerConnection.getIdentityAssertion",
    "RTCPeerConnection.peerIdentity",
    "RTCPeerConnection.idpLoginUrl",
];

/// A name of an interface that we know with a member that it does not have.
fn misspelt<'a>(members: &BTreeMap<String, Vec<String>>, names: impl Iterator<Item = &'a String>) -> Result {
    let known: BTreeSet<&str> = members.values().flatten().map(String::as_str).collect();
    let interfaces: BTreeSet<&str> = known.iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    let of_ours = |name: &&String| {
        name.split_once('.').is_some_and(|(interface, _)| interface != EXTENDED && interfaces.contains(interface))
    };
    let right = |name: &&str| known.contains(name) || ADDED.contains(name);
    let wrong: Vec<&str> = names.filter(of_ours).map(String::as_str).filter(|name| !right(name)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("no such members: {}", wrong.join(", "))) }
}

fn collect_aliases(folder: &Path, aliases: &mut BTreeSet<String>) -> Result {
    let problem = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    for entry in fs::read_dir(folder).map_err(|error| problem(folder, &error))? {
        let path = entry.map_err(|error| problem(folder, &error))?.path();
        if path.is_dir() {
            collect_aliases(&path, aliases)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).map_err(|error| problem(&path, &error))?;
            let tokens: TokenStream = syn::parse_str(&source).map_err(|error| problem(&path, &error))?;
            aliases_in(tokens, aliases);
        }
    }
    Ok(())
}

/// By tokens, not by items: many of them stand in calls of macros, which are no items yet.
fn aliases_in(tokens: TokenStream, aliases: &mut BTreeSet<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (token, tokens.peek()) {
            (TokenTree::Ident(name), Some(TokenTree::Group(group)))
                if name == "doc" && group.delimiter() == Delimiter::Parenthesis =>
            {
                aliases.extend(alias_of(group.stream()));
            }
            (TokenTree::Group(group), _) => aliases_in(group.stream(), aliases),
            _ => {}
        }
    }
}

/// Of `alias = "…"`.
fn alias_of(tokens: TokenStream) -> Option<String> {
    let mut tokens = tokens.into_iter();
    match (tokens.next()?, tokens.next()?, tokens.next()?) {
        (TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(text)) if name == "alias" => {
            syn::parse_str::<syn::LitStr>(&text.to_string()).ok().map(|text| text.value())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_found_on_items_and_in_macros() {
        let source = r#"
            #[doc(alias = "A.one")] #[doc(hidden)] struct A;
            numbers! { /// A comment.
                #[doc(alias = "A.two")] two / "two": u32, }
            // #[doc(alias = "A.three")]
        "#;
        let mut aliases = BTreeSet::new();
        aliases_in(source.parse().unwrap(), &mut aliases);
        assert_eq!(aliases.into_iter().collect::<Vec<_>>(), ["A.one", "A.two"]);
    }

    #[test]
    fn a_member_is_covered_or_excluded_or_missing() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let set = |list: &[&str]| names(list).into_iter().collect();
        let members = names(&["A.one", "A.two", "A.three"]);
        let coverage = Coverage::of("a".into(), members, &set(&["A.one", "B.two"]), &set(&["A.two", "A.one"]));
        assert_eq!((coverage.total(), coverage.covered, coverage.excluded), (3, 1, 1));
        assert_eq!(coverage.missing, ["A.three"]);
    }

    #[test]
    fn a_misspelt_member_is_an_error() {
        let members = BTreeMap::from([("a".to_owned(), vec!["A.one".to_owned()])]);
        assert!(misspelt(&members, ["A.one".to_owned(), "Other.thing".to_owned(), "A".to_owned()].iter()).is_ok());
        assert!(misspelt(&members, ["A.oen".to_owned()].iter()).is_err());
    }

    #[test]
    fn the_lists_are_those_of_the_specifications() {
        let members = members().unwrap();
        assert_eq!(members.values().map(Vec::len).sum::<usize>(), 811);
        misspelt(&members, excluded().unwrap().iter()).unwrap();
    }
}
