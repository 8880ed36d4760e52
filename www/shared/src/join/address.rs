//! The room and the name in the address of the page, as in `#room=lobby&name=Ada`.
//!
//! The address that the page shows has the room, so that it can be shared, but not the name of the user.

use std::fmt::Write;

use browser_rtc::EventStream;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{NavigationType, PerformanceNavigationTiming};

use crate::dom;

/// The room and the name in an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub room: Option<String>,
    pub name: Option<String>,
}

impl Address {
    /// Reads the address of the page: the fragment and, for what it lacks, the query.
    pub fn of_page() -> Self {
        let Some(location) = web_sys::window().map(|window| window.location()) else { return Self::default() };
        let fragment = Self::parse(&location.hash().unwrap_or_default());
        let query = Self::parse(&location.search().unwrap_or_default());
        Self { room: fragment.room.or(query.room), name: fragment.name.or(query.name) }
    }

    /// Parses a fragment or a query, with or without its first character. Unknown parameters are ignored, and so are
    /// empty values.
    fn parse(parameters: &str) -> Self {
        let mut address = Self::default();
        for parameter in parameters.trim_start_matches(['#', '?']).split('&') {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = Some(decode(value)).filter(|value| !value.is_empty());
            match key {
                "room" => address.room = value.or(address.room),
                "name" => address.name = value.or(address.name),
                _ => {}
            }
        }
        address
    }
}

/// Shows the room in the address bar, without a new entry in the history.
pub fn show_room(room: &str) {
    let Some(window) = web_sys::window() else { return };
    let (location, Ok(history)) = (window.location(), window.history()) else { return };
    let url = [location.pathname().unwrap_or_default(), "#".into(), fragment(room)].concat();
    // A sandboxed frame may not change its address, and then keeps its previous one.
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
}

/// Returns the link to a room of this page.
pub fn link(room: &str) -> String {
    let Some(location) = web_sys::window().map(|window| window.location()) else { return String::new() };
    let (origin, path) = (location.origin().unwrap_or_default(), location.pathname().unwrap_or_default());
    [origin, path, "#".into(), fragment(room)].concat()
}

/// Changes of the fragment, such as by a link that is pasted into the address bar.
pub fn changes() -> EventStream<Address> {
    EventStream::listen(&dom::window(), "hashchange", |_| Some(Address::of_page()))
}

/// Returns whether the page is served by this computer, where no other device finds it under this address.
pub fn is_local() -> bool {
    let host = web_sys::window().and_then(|window| window.location().hostname().ok()).unwrap_or_default();
    host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]"
}

/// Returns whether the page was reloaded, as opposed to opened by a link, restored or duplicated.
pub fn is_reloaded() -> bool {
    let entries = web_sys::window().and_then(|window| window.performance());
    let entry = entries.and_then(|entries| entries.get_entries_by_type("navigation").get(0).dyn_into().ok());
    entry.is_some_and(|entry: PerformanceNavigationTiming| entry.type_() == NavigationType::Reload)
}

fn fragment(room: &str) -> String {
    ["room=", &encode(room)].concat()
}

/// Encodes a value. Other programs, such as a mail program, may end a link at a letter that is not ASCII.
fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for character in value.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '~') {
            encoded.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string never fails.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// Decodes a value, in which `+` is a space. Malformed parts are kept as they are.
fn decode(value: &str) -> String {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = if byte == b'%' { escape(tail) } else { None };
        decoded.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(decoded).unwrap_or_else(|_not_utf8| value.to_owned())
}

/// Returns the byte of two hexadecimal digits.
fn escape(digits: &[u8]) -> Option<u8> {
    let digits = digits.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Address, decode, encode};

    fn address(room: Option<&str>, name: Option<&str>) -> Address {
        Address { room: room.map(Into::into), name: name.map(Into::into) }
    }

    #[test]
    fn fragment_has_room_and_name() {
        for (parameters, expected) in [
            ("#room=lobby&name=Ada", address(Some("lobby"), Some("Ada"))),
            ("?name=Ada+L&room=a%26b", address(Some("a&b"), Some("Ada L"))),
            ("#room=", address(None, None)),
            ("#room", address(None, None)),
            ("", address(None, None)),
            ("#other=1&room=k%C3%BCche", address(Some("küche"), None)),
            ("#room=a=b", address(Some("a=b"), None)),
        ] {
            assert_eq!(Address::parse(parameters), expected, "{parameters}");
        }
    }

    #[test]
    fn malformed_escapes_are_kept() {
        for value in ["100%", "%4", "%zz", "%+1"] {
            assert_eq!(decode(value), value.replace('+', " "));
        }
        assert_eq!(decode("%ff"), "%ff");
    }

    #[test]
    fn encoded_value_decodes_to_itself() {
        for value in ["lobby", "a b", "küche", "日本", "a&b=c#d%e+f?", "👋 <b>\"'", "100%"] {
            assert_eq!(decode(&encode(value)), value);
            assert!(!encode(value).contains(['&', '=', '#', '+', ' ', '"', '<']), "{value}");
        }
    }
}
