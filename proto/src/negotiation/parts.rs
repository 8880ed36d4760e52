//! Splitting and reassembly of descriptions that exceed the limit of the link.

use super::signal::{Content, Header, Signal};
use crate::sdp::{SdpType, SessionDescription};

/// Maximum number of parts of one description.
const MAX_PARTS: u16 = 256;

/// Maximum size of a description in parts, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The limit of a link without a limit.
pub(super) const UNLIMITED: usize = usize::MAX;

/// The error for a signal that exceeds the limit of the link even in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TooLarge {
    /// Size of the whole signal's JSON text, in bytes.
    pub size: usize,
    /// The link's limit, in bytes.
    pub limit: usize,
}

/// Returns the signal if its JSON text has at most `limit` bytes, or its parts otherwise.
pub(super) fn split(signal: Signal, limit: usize) -> Result<Vec<Signal>, TooLarge> {
    if limit == UNLIMITED {
        return Ok(vec![signal]);
    }
    let size = json_size(&signal);
    if size <= limit {
        return Ok(vec![signal]);
    }
    let too_large = TooLarge { size, limit };
    let (Content::Description(whole), Some(header)) = (signal.content, signal.header) else { return Err(too_large) };
    if whole.sdp.len() > MAX_BYTES {
        return Err(too_large);
    }
    let part = |sdp: &str, part, parts| Signal {
        content: Content::Description(SessionDescription { kind: whole.kind.clone(), sdp: sdp.to_owned() }),
        header: Some(Header { part, parts, ..header.clone() }),
    };
    let overhead = json_size(&part("", MAX_PARTS, MAX_PARTS));
    let chunk_limit = limit.saturating_sub(overhead);
    // The boundaries depend only on the text and the number of parts, so that parts of two attempts with different
    // limits and the same number can be joined.
    (2..=MAX_PARTS)
        .skip_while(|parts| usize::from(*parts) * chunk_limit < whole.sdp.len())
        .map(|parts| (1..).zip(chunks(&whole.sdp, parts)).map(|(number, sdp)| part(sdp, number, parts)).collect())
        .find(|parts: &Vec<Signal>| parts.iter().all(|part| json_size(part) <= limit))
        .ok_or(too_large)
}

fn json_size(signal: &Signal) -> usize {
    signal.to_string().len()
}

/// Splits a string into chunks of about the same size.
fn chunks(text: &str, count: u16) -> impl Iterator<Item = &str> {
    let boundary = move |index: u16| {
        let at = text.len() * usize::from(index) / usize::from(count);
        (at..).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
    };
    (0..count).map(move |index| text.get(boundary(index)..boundary(index + 1)).unwrap_or_default())
}

/// The received parts of one description.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reassembly {
    kind: SdpType,
    chunks: Vec<Option<String>>,
    size: usize,
}

impl Reassembly {
    /// Adds the content of a signal, and returns the content once it is complete. Parts that are inconsistent or exceed
    /// the limits are ignored. A part of a different split restarts the reassembly.
    pub(super) fn add(reassembly: &mut Option<Self>, header: &Header, content: Content) -> Option<Content> {
        let Header { part, parts, .. } = *header;
        if (part, parts) == (0, 0) {
            *reassembly = None;
            return Some(content);
        }
        let Content::Description(SessionDescription { kind, sdp }) = content else { return None };
        if !(1..=parts).contains(&part) || parts > MAX_PARTS {
            return None;
        }
        let count = usize::from(parts);
        let current = reassembly.get_or_insert_with(|| Self::new(&kind, count));
        if current.chunks.len() != count || current.kind != kind {
            *current = Self::new(&kind, count);
        }
        let place = current.chunks.get_mut(usize::from(part) - 1)?;
        if place.is_none() && current.size + sdp.len() <= MAX_BYTES {
            current.size += sdp.len();
            *place = Some(sdp);
        }
        let sdp = current.chunks.iter().map(Option::as_deref).collect::<Option<String>>()?;
        *reassembly = None;
        Some(Content::Description(SessionDescription { kind, sdp }))
    }

    fn new(kind: &SdpType, count: usize) -> Self {
        Self { kind: kind.clone(), chunks: vec![None; count], size: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::negotiation::SessionId;

    fn signal(sdp: &str) -> Signal {
        let header = Header { to: Some(SessionId::new("b")), number: 3, ..Header::new(SessionId::new("a")) };
        let description = SessionDescription { kind: SdpType::Offer, sdp: sdp.into() };
        Signal { content: Content::Description(description), header: Some(header) }
    }

    fn joined(reassembly: &mut Option<Reassembly>, part: &Signal) -> Option<Content> {
        Reassembly::add(reassembly, part.header.as_ref().unwrap(), part.content.clone())
    }

    #[test]
    fn split_descriptions_fit_and_join_in_any_order() {
        for sdp in ["a=candidate: 1\r\n".repeat(5_000), "\u{1}\"\\é🦀\n".repeat(900), "x".repeat(77_000)] {
            let whole = signal(&sdp);
            for limit in [600, 1_000, 16_384, 65_536] {
                let mut parts = split(whole.clone(), limit).unwrap();
                assert!(parts.iter().all(|part| part.to_string().len() <= limit), "{limit}");
                let read: Vec<Signal> = parts.iter().map(|part| part.to_string().parse().unwrap()).collect();
                assert_eq!(read, parts);
                if parts.len() == 1 {
                    continue;
                }
                parts.reverse();
                let mut reassembly = None;
                let last = parts.pop().unwrap();
                for part in parts.iter().chain(&parts) {
                    assert_eq!(joined(&mut reassembly, part), None);
                }
                assert_eq!(joined(&mut reassembly, &last), Some(whole.content.clone()));
                assert_eq!(reassembly, None);
            }
        }
    }

    #[test]
    fn signal_within_limit_is_not_split() {
        let whole = signal("v=0\r\n");
        for limit in [UNLIMITED, whole.to_string().len()] {
            assert_eq!(split(whole.clone(), limit), Ok(vec![whole.clone()]));
        }
    }

    #[test]
    fn signal_that_cannot_be_split_is_too_large() {
        let whole = signal(&"x".repeat(3_000));
        let size = whole.to_string().len();
        assert_eq!(split(whole.clone(), 10), Err(TooLarge { size, limit: 10 }));
        let overhead = json_size(&signal("")) + r#","part":256,"parts":256"#.len();
        assert_eq!(split(whole.clone(), overhead), Err(TooLarge { size, limit: overhead }));
        assert_eq!(split(whole, overhead + 12).unwrap().len(), 250);
        assert!(split(signal(&"x".repeat(3_000)), overhead + 11).is_err(), "more than 256 parts");
        assert!(split(signal(&"x".repeat(MAX_BYTES + 1)), 65_536).is_err());
        assert!(split(Signal { header: None, ..signal(&"x".repeat(3_000)) }, 1_000).is_err(), "no header");
        let request = Signal { content: Content::Request, ..signal("") };
        assert!(split(request, 10).is_err());
    }

    #[test]
    fn different_split_restarts_reassembly() {
        let whole = signal(&"0123456789".repeat(100));
        let (coarse, fine) = (split(whole.clone(), 800).unwrap(), split(whole.clone(), 400).unwrap());
        assert_ne!(coarse.len(), fine.len());
        let mut reassembly = None;
        assert_eq!(joined(&mut reassembly, &coarse[0]), None);
        for part in &fine[..fine.len() - 1] {
            assert_eq!(joined(&mut reassembly, part), None);
        }
        assert_eq!(joined(&mut reassembly, fine.last().unwrap()), Some(whole.content.clone()));
        // A whole signal, after the limit was raised.
        assert_eq!(joined(&mut reassembly, &coarse[0]), None);
        assert_eq!(joined(&mut reassembly, &whole), Some(whole.content.clone()));
        assert_eq!(reassembly, None);
    }

    #[test]
    fn inconsistent_parts_are_ignored() {
        let mut reassembly = None;
        for (part, parts) in [(0, 2), (3, 2), (1, 0), (1, MAX_PARTS + 1)] {
            let header = Header { part, parts, ..signal("").header.unwrap() };
            assert_eq!(Reassembly::add(&mut reassembly, &header, signal("x").content), None, "{part} of {parts}");
        }
        let header = Header { part: 1, parts: 2, ..signal("").header.unwrap() };
        assert_eq!(Reassembly::add(&mut reassembly, &header, Content::Request), None);
        assert_eq!(reassembly, None);
    }

    #[test]
    fn parts_above_size_limit_are_dropped() {
        let chunk = "x".repeat(MAX_BYTES / 2);
        let part = |number| Header { part: number, parts: 3, ..signal("").header.unwrap() };
        let mut reassembly = None;
        for number in [1, 2, 3] {
            assert_eq!(Reassembly::add(&mut reassembly, &part(number), signal(&chunk).content), None);
        }
        assert_eq!(reassembly.unwrap().size, MAX_BYTES);
    }
}
