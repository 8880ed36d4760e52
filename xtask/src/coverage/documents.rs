//! The documents about coverage: a table in the README, and the page "From JavaScript to Rust".

use super::aliases::{Alias, Item};
use super::{Coverage, EXCLUSIONS, MEMBERS, texts};
use crate::{Result, paths, readme};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

/// Writes both documents, or returns an error if one of them is out of date.
pub fn update(specs: &[Coverage], aliases: &[Alias], write: bool) -> Result {
    let (readme, page) = (paths::root().join("README.md"), paths::root().join("src/from_javascript.md"));
    let text = fs::read_to_string(&readme).map_err(|error| format!("{}: {error}", readme.display()))?;
    for (file, content) in [(readme, with_table(&text, specs)?), (page, from_javascript(aliases)?)] {
        let problem = |error| format!("{}: {error}", file.display());
        if fs::read_to_string(&file).is_ok_and(|now| now == content) {
            continue;
        }
        if !write {
            return Err(format!("{} is out of date: run `cargo xtask coverage --write`", file.display()));
        }
        fs::write(&file, content).map_err(problem)?;
    }
    Ok(())
}

fn with_table(readme: &str, specs: &[Coverage]) -> Result<String> {
    let mut table = String::from("| Specification | Members | Covered | Excluded |\n|---|--:|--:|--:|\n");
    let mut row = |name: &str, total: usize, covered: usize, excluded: usize| {
        // Writing to a string does not fail.
        let _ = writeln!(table, "| {name} | {total} | {covered} | {excluded} |");
    };
    for spec in specs {
        row(&spec.spec, spec.total(), spec.covered, spec.excluded);
    }
    let sum = |part: fn(&Coverage) -> usize| specs.iter().map(part).sum();
    row("all", sum(Coverage::total), sum(|spec| spec.covered), sum(|spec| spec.excluded));
    readme::with_part(readme, "coverage", &table)
}

const PREFACE: &str = "\
From JavaScript to Rust: the counterpart of each member of the web interfaces.

The search of this documentation also finds items by their web names, such as `RTCPeerConnection.restartIce`, and
members of dictionaries, such as `RTCConfiguration.iceServers`. Most Rust names follow from the web names:
`createDataChannel` is `create_data_channel`, a getter has no `get`, an event is a stream, and a promise is a future.
";

fn from_javascript(aliases: &[Alias]) -> Result<String> {
    let data: Value = serde_json::from_str(MEMBERS).map_err(|error| format!("webidl.json: {error}"))?;
    let excluded: Value = serde_json::from_str(EXCLUSIONS).map_err(|error| format!("exclusions.json: {error}"))?;
    let types: Vec<&Value> = data["types"].as_array().into_iter().flatten().collect();
    let name = |kind: &Value| kind["name"].as_str().unwrap_or_default().to_owned();
    let mut page = PREFACE.to_owned();

    let mut seen = BTreeSet::new();
    for interface in types.iter().filter(|kind| kind["kind"] == "interface").map(|kind| name(kind)) {
        if !seen.insert(interface.clone()) {
            continue;
        }
        page += &format!("\n# `{interface}`\n\n| JavaScript | Rust |\n|---|---|\n");
        // Several specifications may add members to one interface.
        let parts = types.iter().filter(|kind| kind["kind"] == "interface" && name(kind) == interface);
        for member in parts.flat_map(|part| texts(&part["members"])) {
            let web = format!("{interface}.{member}");
            let links = match links(aliases, |alias| alias.web == web) {
                none if none.is_empty() => reason(&excluded, &web)?,
                links => links,
            };
            page += &format!("| `{member}` | {links} |\n");
        }
    }

    page += "\n# Dictionaries and enumerations\n\nTheir members have the same names, in the case of Rust.\n\n";
    page += "| JavaScript | Rust |\n|---|---|\n";
    for dictionary in types.iter().filter(|kind| kind["kind"] != "interface").map(|kind| name(kind)) {
        if !seen.insert(dictionary.clone()) {
            continue;
        }
        let itself = links(aliases, |alias| alias.web == dictionary);
        let of_member = |web: &str| web.split_once('.').is_some_and(|(owner, _)| owner == dictionary);
        let links = if itself.is_empty() { owners(aliases, of_member) } else { itself };
        let links = match links {
            none if none.is_empty() => reason(&excluded, &format!("{dictionary}."))?,
            links => links,
        };
        page += &format!("| `{dictionary}` | {links} |\n");
    }
    Ok(page)
}

fn links(aliases: &[Alias], of: impl Fn(&Alias) -> bool) -> String {
    let items: BTreeSet<&Item> =
        aliases.iter().filter(|alias| of(alias)).filter_map(|alias| alias.item.as_ref()).collect();
    items.into_iter().map(link).collect::<Vec<_>>().join(", ")
}

/// Formats links to the types whose members match.
fn owners(aliases: &[Alias], of: impl Fn(&str) -> bool) -> String {
    let items = aliases.iter().filter(|alias| of(&alias.web)).filter_map(|alias| alias.item.as_ref());
    let types: BTreeSet<Item> = items
        .map(|item| match &item.owner {
            Some(owner) => Item { module: item.module.clone(), owner: None, name: owner.clone() },
            None => item.clone(),
        })
        .collect();
    types.iter().map(link).collect::<Vec<_>>().join(", ")
}

/// Formats a link relative to the crate root, where the page is shown.
fn link(item: &Item) -> String {
    let shown = item.owner.iter().chain([&item.name]).cloned().collect::<Vec<_>>().join("::");
    let module = if item.module.is_empty() { String::new() } else { format!("{}::", item.module) };
    format!("[`{module}{shown}`](crate::{module}{shown})")
}

/// Returns the reason why a member, or the members of a dictionary, have no counterpart.
///
/// # Errors
/// Fails if there is no reason, which means that an alias is missing in the source.
fn reason(excluded: &Value, web: &str) -> Result<String> {
    let groups = excluded.as_array().into_iter().flatten();
    let mut reasons = groups.filter(|group| texts(&group["members"]).any(|member| member.starts_with(web)));
    let reason = reasons.next().and_then(|group| group["reason"].as_str());
    reason.map(|reason| format!("none. {reason}")).ok_or_else(|| format!("no public item has the doc alias {web}"))
}
