//! The dictionaries of statistics, and their conversion from JavaScript objects.

use std::fmt;

use browser_rtc_proto::webidl::FromIdl;
use js_sys::Object;
use wasm_bindgen::JsValue;

use super::id::Timestamp;
use crate::{dictionary::value_from_js, sys::stats_report::StatsEntry};

/// The members that all entries have, and the object that they were read from.
pub(super) struct Head {
    pub(super) id: String,
    pub(super) timestamp: Timestamp,
    pub(super) raw: Raw,
}

/// The browser's own object; `None` for an entry that was created in Rust.
#[derive(Clone, Default)]
pub(super) struct Raw(Option<StatsEntry>);

impl Raw {
    pub(super) fn new(entry: StatsEntry) -> Self {
        Self(Some(entry))
    }

    pub(super) fn object(&self) -> Option<&Object> {
        self.0.as_deref()
    }

    /// Reads a member. Returns `None` if it is absent or has another type.
    pub(super) fn read<T: FromIdl<'static>>(&self, member: &str) -> Option<T> {
        value_from_js(value(self.0.as_ref()?, member))
    }

    /// Returns the members that are neither in this list nor common to all entries.
    pub(super) fn members_beside(&self, known: &[&str]) -> Vec<(String, JsValue)> {
        const HEAD: [&str; 3] = ["id", "type", "timestamp"];
        let Some(entry) = &self.0 else { return Vec::new() };
        let names = Object::keys(entry).into_iter().filter_map(|name| name.as_string());
        names
            .filter(|name| !HEAD.contains(&&**name) && !known.contains(&&**name))
            .map(|name| {
                let value = value(entry, &name);
                (name, value)
            })
            .collect()
    }
}

/// Omits the object, because the fields of the entry have the same values.
impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Reads a member with a single call into JavaScript, because a report has hundreds of members.
#[inline(never)]
fn value(entry: &StatsEntry, member: &str) -> JsValue {
    entry.member(member).unwrap_or_default()
}

/// Defines a dictionary of the specification: its type in JavaScript, and its members, each with its type and its name
/// in JavaScript. Inherited members are added by the macro of the parent.
macro_rules! dictionary {
    (
        $(#[$meta:meta])*
        $name:ident = $type:literal {
            $( $(#[$field_meta:meta])* $field:ident: $value:ty = $member:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, serde::Serialize)]
        #[serde(tag = "type", rename = $type)]
        #[non_exhaustive]
        pub struct $name {
            /// The id. An object has the same id in all reports of a connection.
            #[doc(alias = "RTCStats.id")]
            pub id: $crate::stats::StatsId<$name>,
            /// The time of the measurement or, for an entry from the remote peer, of the arrival of its report.
            #[doc(alias = "RTCStats.timestamp")]
            pub timestamp: $crate::stats::Timestamp,
            $(
                $(#[$field_meta])*
                #[serde(rename = $member, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$value>,
            )*
            #[serde(skip)]
            pub(in crate::stats) raw: $crate::stats::decode::Raw,
        }

        impl $name {
            pub(super) fn decode(head: $crate::stats::decode::Head) -> Self {
                Self {
                    $( $field: head.raw.read($member), )*
                    id: head.id.into(),
                    timestamp: head.timestamp,
                    raw: head.raw,
                }
            }

            /// Returns the underlying browser object, which includes members unknown to this crate; `None` for
            /// an entry that was created in Rust.
            #[must_use]
            pub fn raw(&self) -> Option<&js_sys::Object> {
                self.raw.object()
            }

            /// Returns the members that are unknown to this crate, such as those of a newer browser.
            #[must_use]
            pub fn unknown_members(&self) -> Vec<(String, wasm_bindgen::JsValue)> {
                self.raw.members_beside(&[$($member),*])
            }
        }
    };
}

pub(super) use dictionary;

#[cfg(test)]
mod tests {
    /// Checks that each member is read by the name in its alias.
    #[test]
    fn members_match_aliases() {
        let sources = [
            include_str!("ice.rs"),
            include_str!("inbound.rs"),
            include_str!("media.rs"),
            include_str!("outbound.rs"),
            include_str!("parents.rs"),
            include_str!("session.rs"),
            include_str!("transport.rs"),
        ];
        let mut members = 0;
        for lines in sources.map(|source| source.lines().collect::<Vec<_>>()) {
            for pair in lines.windows(2) {
                let alias = pair[0].trim().strip_prefix("#[doc(alias = \"").and_then(|rest| rest.strip_suffix("\")]"));
                let Some((_, member)) = alias.and_then(|alias| alias.split_once('.')) else { continue };
                let read = pair[1].rsplit_once(" = \"").and_then(|(_, rest)| rest.strip_suffix("\","));
                assert_eq!(read, Some(member), "{}", pair[1]);
                members += 1;
            }
        }
        assert_eq!(members, 205, "the members of the specification's dictionaries");
    }
}
