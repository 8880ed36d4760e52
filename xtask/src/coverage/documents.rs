//! What users read of the coverage: a table in the README, and the page "From JavaScript to here".

use super::aliases::{Alias, Item};
use super::{Coverage, EXCLUSIONS, MEMBERS, texts};
use crate::{Result, paths, readme};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

/// Writes both anew, or finds out whether that is due.
pub fn update(specs: &[Coverage], aliases: &[Alias], write: bool) -> Result {
    let (readme, page) = (paths::root().join("README.md"), paths::root().join("src/from_javascript.md"));
    let text = fs::read_to_string(&readme).map_err(|error| format!("{}: {error}", readme.display()))?;
    for (file, content) in [(readme, with_table(&text, specs)?), (page, from_javascript(aliases)?)] {
        let problem = |error| format!("{}: {error}", file.display());
        if fs::read_to_string(&file).is_ok_and(|now| now == content) {
            continue;
        }
        if !write {
            return Err(format!("{} is out of date: `cargo xtask coverage --write`", file.display()));
        }
        fs::write(&file, content).map_err(problem)?;
    }
    Ok(())
}

fn with_table(readme: &str, specs: &[Coverage]) -> Result<String> {
    let mut table = String::from("| Specification | Members | Covered | Excluded |\n|---|--:|--:|--:|\n");
    let mut row = |name: &str, total: usize, covered: usize, excluded: usize| {
        let _never_fails = writeln!(table, "| {name} | {total} | {covered} | {excluded} |");
    };
    for spec in specs {
        row(&spec.spec, spec.total(), spec.covered, spec.excluded);
    }
    let sum = |part: fn(&Coverage) -> usize| specs.iter().map(part).sum();
    row("all", sum(Coverage::total), sum(|spec| spec.covered), sum(|spec| spec.excluded));
    readme::with_part(readme, "coverage", &table)
}

const PREFACE: &str = "\
From JavaScript to here: where each member of the web's interfaces is in this crate.

Every item is also found by its web name: search this documentation for `RTCPeerConnection.restartIce`, or for a
dictionary's member such as `RTCConfiguration.iceServers`. Names follow one rule, so that most can be guessed:
`createDataChannel` is `create_data_channel`, a getter has no `get`, an event is a stream, and a promise is a future.
";

fn from_javascript(aliases: &[Alias]) -> Result<String> {
    let data: Value = serde_json::from_str(MEMBERS).map_err(|error| format!("webidl.json: {error}"))?;
    let excluded: Value = serde_json::from_str(EXCLUSIONS).map_err(|error| format!("exclusions.json: {error}"))?;
    let types: Vec<&Value> = data["types"].as_array().into_iter().flatten().collect();
    let name = |kind: &Value| kind["name"].as_str().unwrap_or_default().to_owned();
    let mut page = PREFACE.to_owned();

    let mut told = BTreeSet::new();
    for interface in types.iter().filter(|kind| kind["kind"] == "interface").map(|kind| name(kind)) {
        if !told.insert(interface.clone()) {
            continue;
        }
        page += &format!("\n# `{interface}`\n\n| JavaScript | Rust |\n|---|---|\n");
        // More than one specification adds to some.
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

    page += "\n# Dictionaries and enumerations\n\nTheir members have the same names, in Rust's case.\n\n";
    page += "| JavaScript | Rust |\n|---|---|\n";
    for dictionary in types.iter().filter(|kind| kind["kind"] != "interface").map(|kind| name(kind)) {
        if !told.insert(dictionary.clone()) {
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

/// The types of which these are members.
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

/// Relative to the crate's root, where the page is shown.
fn link(item: &Item) -> String {
    let shown = item.owner.iter().chain([&item.name]).cloned().collect::<Vec<_>>().join("::");
    let module = if item.module.is_empty() { String::new() } else { format!("{}::", item.module) };
    format!("[`{module}{shown}`](crate::{module}{shown})")
}

/// Why a member, or those of a dictionary, have no counterpart. Where there is no reason, the source lacks an alias.
fn reason(excluded: &Value, web: &str) -> Result<String> {
    let groups = excluded.as_array().into_iter().flatten();
    let mut reasons = groups.filter(|group| texts(&group["members"]).any(|member| member.starts_with(web)));
    let reason = reasons.next().and_then(|group| group["reason"].as_str());
    reason.map(|reason| format!("none. {reason}")).ok_or_else(|| format!("no public item bears the alias {web}"))
}
