//! The layers of `src/`: a module imports from its own layer and from lower ones, and imports within a layer have no
//! cycle. CONTRIBUTING.md lists the same layers.

use crate::{Result, paths};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules of the library, the lowest layer first. `negotiation` is a module of the protocol crate.
const LAYERS: [&[&str]; 6] = [
    &[
        "negotiation",
        "identity",
        "random",
        "timer",
        "registry",
        "sys",
        "dictionary",
        "members",
        "error",
        "rtc_error",
        "log",
        "wake",
        "event",
        "promise",
    ],
    &["media", "channel", "dtmf", "peer", "stats", "files"],
    &["signaling"],
    &["session"],
    &["room"],
    &["npm"],
];

/// The imported modules of each module, with a file that contains the import.
type Imports = BTreeMap<String, BTreeMap<String, String>>;

pub fn check() -> Result {
    let source = paths::root().join("src");
    let mut imports = Imports::new();
    read_folder(&source, &[], &mut imports)?;
    let faults = find_faults(&imports);
    if faults.is_empty() {
        println!("ok {} modules in {} layers", imports.len(), LAYERS.len());
        return Ok(());
    }
    Err(format!("src/ has imports that its layers do not allow:\n{}", faults.join("\n")))
}

fn find_faults(imports: &Imports) -> Vec<String> {
    let mut faults = Vec::new();
    for (module, imported) in imports {
        for (other, file) in imported.iter().filter(|(other, _)| *other != module) {
            let fault = match (layer(module), layer(other)) {
                (None, _) => format!("{module} has no layer: add it to LAYERS in xtask/src/layers.rs"),
                (_, None) => format!("{file}: `{other}` has no layer: import from a module that has one"),
                (Some(low), Some(high)) if low < high => {
                    format!("{file}: {module} imports {other}, which is in a higher layer")
                }
                (Some(one), Some(same)) if one == same && reaches(imports, other, module) => {
                    format!("{file}: {module} imports {other}, which directly or indirectly imports {module}")
                }
                _ => continue,
            };
            faults.push(fault);
        }
    }
    faults
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// Returns whether one module imports another, directly or indirectly.
fn reaches(imports: &Imports, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut pending = vec![from];
    while let Some(module) = pending.pop() {
        if module == to {
            return true;
        }
        if seen.insert(module) {
            pending.extend(imports.get(module).into_iter().flat_map(BTreeMap::keys).map(String::as_str));
        }
    }
    false
}

/// Reads the imports of all files in the folder of a module, except test files.
fn read_folder(folder: &Path, path: &[String], imports: &mut Imports) -> Result {
    let named = |error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(named)? {
        let file = entry.map_err(named)?.path();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut module = path.to_vec();
        if stem != "mod" {
            module.push(stem.clone());
        }
        if file.is_dir() {
            read_folder(&file, &module, imports)?;
        } else if file.extension().is_some_and(|extension| extension == "rs") && !stem.ends_with("tests") {
            // The root only declares the modules.
            if let Some(top) = module.first().filter(|top| *top != "lib") {
                let shown = file.strip_prefix(paths::root()).unwrap_or(&file).display().to_string();
                let text = fs::read_to_string(&file).map_err(|error| format!("{shown}: {error}"))?;
                let tokens = text.parse().map_err(|error| format!("{shown}: {error}"))?;
                let mut found = BTreeSet::new();
                find(tokens, module.len(), &mut found);
                let known = imports.entry(top.clone()).or_default();
                for name in found {
                    known.entry(name).or_insert_with(|| shown.clone());
                }
            }
        }
    }
    Ok(())
}

/// Finds the top-level modules in paths that start with `crate::` or `super::`, outside of tests.
fn find(tokens: TokenStream, depth: usize, found: &mut BTreeSet<String>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = trees.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            TokenTree::Punct(punct) if punct.as_char() == '#' && is_test(after) => rest = after_item(after),
            TokenTree::Ident(ident) if ident == "mod" => {
                if let [TokenTree::Ident(_), TokenTree::Group(body), following @ ..] = after {
                    find(body.stream(), depth + 1, found);
                    rest = following;
                }
            }
            TokenTree::Ident(ident) if ident == "crate" => rest = take(after, found),
            TokenTree::Ident(ident) if ident == "super" => {
                let mut up = 1;
                while let Some([TokenTree::Ident(next), ..]) = after_colons(rest)
                    && next == "super"
                {
                    up += 1;
                    rest = &rest[3..];
                }
                if up >= depth {
                    rest = take(rest, found);
                }
            }
            TokenTree::Group(group) => find(group.stream(), depth, found),
            _ => {}
        }
    }
}

/// Collects the names of `::name` or `::{name, …}`, and returns the remaining tokens.
fn take<'a>(trees: &'a [TokenTree], found: &mut BTreeSet<String>) -> &'a [TokenTree] {
    let Some(after) = after_colons(trees) else { return trees };
    match after {
        [TokenTree::Ident(name), rest @ ..] => {
            found.insert(name.to_string());
            rest
        }
        [TokenTree::Group(names), rest @ ..] => {
            let names: Vec<TokenTree> = names.stream().into_iter().collect();
            let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',');
            for path in names.split(is_comma) {
                if let Some(TokenTree::Ident(name)) = path.first().filter(|name| name.to_string() != "self") {
                    found.insert(name.to_string());
                }
            }
            rest
        }
        _ => after,
    }
}

fn after_colons(trees: &[TokenTree]) -> Option<&[TokenTree]> {
    match trees {
        [TokenTree::Punct(one), TokenTree::Punct(two), rest @ ..] if one.as_char() == ':' && two.as_char() == ':' => {
            Some(rest)
        }
        _ => None,
    }
}

/// Returns whether an attribute, without its `#`, is `[cfg(test)]` or `[cfg(all(test, …))]`.
fn is_test(attribute: &[TokenTree]) -> bool {
    let Some(TokenTree::Group(group)) = attribute.first() else { return false };
    let text: String = group.stream().to_string().split_whitespace().collect();
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// Returns the tokens after an item, which ends with braces or a semicolon.
fn after_item(trees: &[TokenTree]) -> &[TokenTree] {
    let is_end = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    let end = trees.iter().position(is_end).map_or(trees.len(), |end| end + 1);
    &trees[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, depth: usize) -> Vec<String> {
        let mut found = BTreeSet::new();
        find(text.parse().expect("Rust"), depth, &mut found);
        found.into_iter().collect()
    }

    fn imports(all: &[(&str, &[&str])]) -> Imports {
        let file = |module: &str| format!("src/{module}.rs");
        let of =
            |module: &str, others: &[&str]| others.iter().map(|other| ((*other).to_owned(), file(module))).collect();
        all.iter().map(|(module, others)| ((*module).to_owned(), of(module, others))).collect()
    }

    #[test]
    fn imports_in_all_forms_are_found() {
        assert_eq!(found("use crate::{error::{Error, Result}, wake::Waiter}; use std::fmt;", 1), ["error", "wake"]);
        assert_eq!(found("pub(crate) use crate::event; fn f() { crate::sys::global::window() }", 2), ["event", "sys"]);
        assert_eq!(found("impl $crate::registry::Shared for X { }", 1), ["registry"]);
        assert_eq!(found("use super::peer::Peer; use super::super::room::Room;", 2), ["room"]);
        assert_eq!(found("mod inner { use super::super::{npm, stats::Id}; use super::own; }", 1), ["npm", "stats"]);
    }

    #[test]
    fn tests_and_comments_are_ignored() {
        assert_eq!(found("/// See [`crate::room`].\n// crate::npm\nstruct A;", 1), [""; 0]);
        assert_eq!(found("#[cfg(test)] mod tests { use crate::npm; } use crate::wake;", 1), ["wake"]);
        assert_eq!(found("#[cfg(all(test, unix))] use crate::npm::X; use crate::wake;", 1), ["wake"]);
    }

    #[test]
    fn imports_to_lower_layers_are_allowed() {
        let allowed = imports(&[("room", &["session", "error"]), ("peer", &["channel"]), ("channel", &["error"])]);
        assert_eq!(find_faults(&allowed), [""; 0]);
    }

    #[test]
    fn imports_to_higher_layers_are_refused() {
        let faults = find_faults(&imports(&[("media", &["error", "room"])]));
        assert_eq!(faults, ["src/media.rs: media imports room, which is in a higher layer"]);
    }

    #[test]
    fn cycles_within_layer_are_refused() {
        let faults = find_faults(&imports(&[("peer", &["stats"]), ("stats", &["media"]), ("media", &["peer"])]));
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults.iter().any(|fault| fault.starts_with("src/peer.rs: peer imports stats")), "{faults:?}");
    }

    #[test]
    fn modules_without_layer_are_refused() {
        assert_eq!(find_faults(&imports(&[("novelty", &["error"])])).len(), 1);
        assert_eq!(find_faults(&imports(&[("room", &["Error"])])).len(), 1);
    }

    #[test]
    fn source_follows_layers() {
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn layers_match_contributing_md() {
        let text = fs::read_to_string(paths::root().join("CONTRIBUTING.md")).expect("it is in the workspace");
        let block = text.split("\n```layers\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("a block");
        let shown: Vec<Vec<&str>> =
            block.lines().map(|line| line.split([',', ' ']).filter(|name| !name.is_empty()).collect()).collect();
        assert_eq!(shown, LAYERS);
    }
}
