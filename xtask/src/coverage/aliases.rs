//! Attributes `#[doc(alias = "Interface.member")]` in the source, with their items.

use crate::{Result, paths};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use std::fs;
use std::path::Path;

/// A web name with its Rust item. The item is unknown inside the definition of a macro.
#[derive(Debug, PartialEq)]
pub struct Alias {
    pub web: String,
    pub item: Option<Item>,
}

/// A public item, such as `PeerConnection::close` in the module `peer`. The module is empty for items of the crate
/// root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    pub module: String,
    /// The type that has the method, field or variant.
    pub owner: Option<String>,
    pub name: String,
}

/// A folder of `browser-rtc-proto`, and the module of `browser-rtc` that reexports its items.
const EXPORTED: (&str, &str) = ("proto/src/sdp", "peer");

/// Returns the aliases of all files in `src`, and of the items that `src` reexports from the protocol crate.
pub fn all() -> Result<Vec<Alias>> {
    let mut aliases = Vec::new();
    read_folder(&paths::root().join("src"), None, &mut aliases)?;
    let (folder, module) = EXPORTED;
    read_folder(&paths::root().join(folder), Some(module), &mut aliases)?;
    Ok(aliases)
}

fn read_folder(folder: &Path, module: Option<&str>, aliases: &mut Vec<Alias>) -> Result {
    let problem = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .map_err(|error| problem(folder, &error))?;
    entries.sort_by_key(fs::DirEntry::path);
    for path in entries.iter().map(fs::DirEntry::path) {
        if path.is_dir() {
            // Public items are reexported by their outermost module.
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            read_folder(&path, module.or(name.as_deref()), aliases)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).map_err(|error| problem(&path, &error))?;
            let tokens: TokenStream = syn::parse_str(&source).map_err(|error| problem(&path, &error))?;
            let place = Place { module: module.unwrap_or_default(), owner: None, hidden: false };
            place.collect(tokens, aliases);
        }
    }
    Ok(())
}

/// Context of tokens in the source.
#[derive(Clone, Copy)]
struct Place<'a> {
    module: &'a str,
    owner: Option<&'a str>,
    /// Set inside the definition of a macro.
    hidden: bool,
}

impl Place<'_> {
    /// Collects aliases from tokens. They cannot be collected from parsed items, because many are arguments of macros.
    fn collect(self, tokens: TokenStream, aliases: &mut Vec<Alias>) {
        let mut webs: Vec<String> = Vec::new();
        let mut keyword = None;
        let mut before_brace = BeforeBrace::default();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match (&token, tokens.peek()) {
                (TokenTree::Punct(hash), Some(TokenTree::Group(attribute)))
                    if hash.as_char() == '#' && attribute.delimiter() == Delimiter::Bracket =>
                {
                    webs.extend(alias_in(attribute.stream()));
                    tokens.next();
                    continue;
                }
                (TokenTree::Ident(word), _) if !webs.is_empty() => match word.to_string().as_str() {
                    "pub" | "async" => {}
                    known @ ("fn" | "struct" | "enum" | "trait" | "type" | "macro_rules") => {
                        keyword = Some(known.to_owned());
                    }
                    name => {
                        let item = self.item(keyword.take().as_deref(), name);
                        aliases.extend(webs.drain(..).map(|web| Alias { web, item: item.clone() }));
                    }
                },
                (TokenTree::Group(group), _) if group.delimiter() == Delimiter::Brace => {
                    let owner = before_brace.owner.take();
                    let place = if before_brace.defines_macro {
                        Place { hidden: true, ..self }
                    } else if before_brace.calls_macro {
                        self
                    } else {
                        Place { owner: owner.as_deref().or(self.owner), ..self }
                    };
                    place.collect(group.stream(), aliases);
                    before_brace = BeforeBrace::default();
                    continue;
                }
                (TokenTree::Group(group), _) => self.collect(group.stream(), aliases),
                _ => {}
            }
            before_brace.note(&token);
        }
    }

    fn item(self, keyword: Option<&str>, name: &str) -> Option<Item> {
        let owner = match keyword {
            Some("struct" | "enum" | "trait" | "type") => None,
            _ => self.owner.map(str::to_owned),
        };
        (!self.hidden).then(|| Item { module: self.module.to_owned(), owner, name: name.to_owned() })
    }
}

/// The tokens before a brace, which determine the owner of its content: `impl … Name {`, `struct Name {`, `name! {`,
/// `macro_rules! name {`.
#[derive(Default)]
struct BeforeBrace {
    /// The last identifier that is not a generic argument.
    owner: Option<String>,
    defines_macro: bool,
    calls_macro: bool,
    angles: usize,
    arrow: bool,
    bounds: bool,
}

impl BeforeBrace {
    fn note(&mut self, token: &TokenTree) {
        match token {
            TokenTree::Ident(word) => self.word(word),
            TokenTree::Punct(punct) => {
                self.calls_macro = punct.as_char() == '!';
                match punct.as_char() {
                    '<' => self.angles += 1,
                    '>' if !self.arrow => self.angles = self.angles.saturating_sub(1),
                    ';' => *self = Self::default(),
                    _ => {}
                }
                self.arrow = matches!(punct.as_char(), '-' | '=');
            }
            TokenTree::Group(_) | TokenTree::Literal(_) => {}
        }
    }

    fn word(&mut self, word: &Ident) {
        let word = word.to_string();
        self.defines_macro |= word == "macro_rules";
        self.bounds |= word == "where";
        if self.angles == 0 && !self.bounds {
            self.owner = Some(word);
        }
        self.calls_macro = false;
    }
}

/// Returns the value of an attribute `doc(alias = "…")`.
fn alias_in(attribute: TokenStream) -> Option<String> {
    let mut tokens = attribute.into_iter();
    let group: Group = match (tokens.next()?, tokens.next()?) {
        (TokenTree::Ident(name), TokenTree::Group(group)) if name == "doc" => group,
        _ => return None,
    };
    let mut tokens = group.stream().into_iter();
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

    fn found(source: &str) -> Vec<(String, String)> {
        let mut aliases = Vec::new();
        let place = Place { module: "m", owner: None, hidden: false };
        place.collect(source.parse().unwrap(), &mut aliases);
        let path =
            |item: Item| [Some(item.module), item.owner, Some(item.name)].into_iter().flatten().collect::<Vec<_>>();
        let name = |item: Option<Item>| item.map_or_else(|| "hidden".into(), |item| path(item).join("::"));
        aliases.into_iter().map(|alias| (alias.web, name(alias.item))).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(web, item)| ((*web).into(), (*item).into())).collect()
    }

    #[test]
    fn aliases_in_items_members_and_macros_are_found() {
        let source = r#"
            #[doc(alias = "A")] #[doc(hidden)] pub struct A<T> where T: B { #[doc(alias = "A.one")] pub one: T }
            #[doc(alias = "A.free")] pub async fn free() -> Result<()> {}
            impl<T: Into<U>> Drop for A<T> { #[doc(alias = "A.m")] #[doc(alias = "A.n")] pub(crate) fn m(&self) {} }
            numbers! { /// A comment.
                Named { #[doc(alias = "B.two")] two / "two": u32, } }
            impl A { states! { #[doc(alias = "A.state")] state / "state", } }
            // #[doc(alias = "A.three")]
        "#;
        let expected = [
            ("A", "m::A"),
            ("A.one", "m::A::one"),
            ("A.free", "m::free"),
            ("A.m", "m::A::m"),
            ("A.n", "m::A::m"),
            ("B.two", "m::Named::two"),
            ("A.state", "m::A::state"),
        ];
        assert_eq!(found(source), pairs(&expected));
    }

    #[test]
    fn alias_in_macro_definition_has_no_item() {
        let source = r#"macro_rules! parent { () => { $name { #[doc(alias = "P.one")] one: u32 } }; }"#;
        assert_eq!(found(source), pairs(&[("P.one", "hidden")]));
    }
}
