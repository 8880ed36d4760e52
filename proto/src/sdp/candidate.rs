//! ICE candidates, and the fields of their lines.

use std::{error, fmt, str::FromStr};

use serde::Serialize;

use super::{IceCandidateType, IceServerTransportProtocol, IceTcpCandidateType};
use crate::{dictionary, spec_enum};

spec_enum! {
    /// The transport protocol of a candidate. [Specification](https://www.w3.org/TR/webrtc/#rtciceprotocol-enum)
    #[doc(alias = "RTCIceProtocol")]
    IceProtocol {
        /// UDP.
        #[doc(alias = "RTCIceProtocol.udp")]
        Udp = "udp",
        /// TCP.
        #[doc(alias = "RTCIceProtocol.tcp")]
        Tcp = "tcp",
    }
}

spec_enum! {
    /// The component of a transport.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcicecomponent)
    #[doc(alias = "RTCIceComponent")]
    IceComponent {
        /// Media, and with rtcp-mux also RTCP.
        #[doc(alias = "RTCIceComponent.rtp")]
        Rtp = "rtp",
        /// RTCP alone.
        #[doc(alias = "RTCIceComponent.rtcp")]
        Rtcp = "rtcp",
    }
}

/// An ICE candidate: an address at which a peer may be reached.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcicecandidate-interface)
#[doc(alias = "RTCIceCandidate")]
#[doc(alias = "RTCIceCandidate.constructor")]
#[doc(alias = "RTCIceCandidate.toJSON")]
#[doc(alias = "RTCIceCandidateInit")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct IceCandidate {
    /// The candidate line; empty for the end of candidates. Deserialization treats an absent or `null` line
    /// as the end of candidates, also in a [`Signal`](crate::negotiation::Signal).
    #[doc(alias = "RTCIceCandidate.candidate")]
    #[doc(alias = "RTCIceCandidateInit.candidate")]
    pub candidate: String,
    /// The identification tag (`mid`) of the media section.
    #[doc(alias = "RTCIceCandidate.sdpMid")]
    #[doc(alias = "RTCIceCandidateInit.sdpMid")]
    #[serde(rename = "sdpMid", skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The index of the media section, from 0.
    #[doc(alias = "RTCIceCandidate.sdpMLineIndex")]
    #[doc(alias = "RTCIceCandidateInit.sdpMLineIndex")]
    #[serde(rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// The user name fragment, which identifies the generation of candidates.
    #[doc(alias = "RTCIceCandidate.usernameFragment")]
    #[doc(alias = "RTCIceCandidateInit.usernameFragment")]
    #[serde(rename = "usernameFragment", skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
    /// The protocol of the connection to the TURN server, for local relay candidates in browsers that provide it. It is
    /// not sent.
    #[doc(alias = "RTCIceCandidate.relayProtocol")]
    #[doc(alias = "RTCLocalIceCandidateInit.relayProtocol")]
    #[serde(skip)]
    pub relay_protocol: Option<IceServerTransportProtocol>,
    /// The URL of the STUN or TURN server, for local candidates in browsers that provide it. It is not sent.
    #[doc(alias = "RTCIceCandidate.url")]
    #[doc(alias = "RTCLocalIceCandidateInit.url")]
    #[doc(alias = "RTCPeerConnectionIceEvent.url")]
    #[serde(skip)]
    pub url: Option<String>,
}

dictionary! {
    IceCandidate = Self::default(),
    required [],
    candidate / "candidate",
    sdp_mid / "sdpMid",
    sdp_m_line_index / "sdpMLineIndex",
    username_fragment / "usernameFragment",
}

impl IceCandidate {
    /// Creates the end of candidates.
    #[must_use]
    pub fn end_of_candidates() -> Self {
        Self::default()
    }

    /// Returns whether this is the end of candidates.
    #[must_use]
    pub fn is_end_of_candidates(&self) -> bool {
        self.candidate.is_empty()
    }

    /// Parses the candidate line.
    ///
    /// # Errors
    /// Returns an error if it is not a line of [RFC 8839](https://www.rfc-editor.org/rfc/rfc8839#section-5.1), such as
    /// the empty one of the end of candidates. Unknown types of candidates are values, not errors.
    pub fn parse(&self) -> Result<ParsedCandidate, ParseCandidateError> {
        self.candidate.parse()
    }
}

/// The fields of a candidate line. They are parsed from the line, because not every browser provides them.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcicecandidate-interface)
///
/// ```
/// use browser_rtc_proto::sdp::{IceCandidateType, ParsedCandidate};
///
/// let line = "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.17 rport 46154";
/// let candidate: ParsedCandidate = line.parse()?;
/// assert_eq!(candidate.kind, IceCandidateType::ServerReflexive);
/// assert_eq!((&*candidate.address, candidate.port), ("203.0.113.7", 46154));
/// # Ok::<(), browser_rtc_proto::sdp::ParseCandidateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParsedCandidate {
    /// The foundation, which is equal for candidates of the same origin.
    #[doc(alias = "RTCIceCandidate.foundation")]
    pub foundation: String,
    /// The component of the transport.
    #[doc(alias = "RTCIceCandidate.component")]
    pub component: IceComponent,
    /// The priority. Candidates with higher priorities are preferred.
    #[doc(alias = "RTCIceCandidate.priority")]
    pub priority: u32,
    /// The IP address, or a name that ends in `.local` and hides one.
    #[doc(alias = "RTCIceCandidate.address")]
    pub address: String,
    /// The transport protocol.
    #[doc(alias = "RTCIceCandidate.protocol")]
    pub protocol: IceProtocol,
    /// The port.
    #[doc(alias = "RTCIceCandidate.port")]
    pub port: u16,
    /// The type of the candidate.
    #[doc(alias = "RTCIceCandidate.type")]
    pub kind: IceCandidateType,
    /// The TCP type, for TCP candidates.
    #[doc(alias = "RTCIceCandidate.tcpType")]
    pub tcp_type: Option<IceTcpCandidateType>,
    /// The related address, for all candidates except host candidates.
    #[doc(alias = "RTCIceCandidate.relatedAddress")]
    pub related_address: Option<String>,
    /// The related port, for all candidates except host candidates.
    #[doc(alias = "RTCIceCandidate.relatedPort")]
    pub related_port: Option<u16>,
}

impl FromStr for ParsedCandidate {
    type Err = ParseCandidateError;

    /// Parses a candidate line, with or without the prefix `a=`.
    fn from_str(line: &str) -> Result<Self, ParseCandidateError> {
        let line = line.strip_prefix("a=").unwrap_or(line);
        let line = line.strip_prefix("candidate:").ok_or(ParseCandidateError("the prefix `candidate:`"))?;
        let mut words = line.split_ascii_whitespace();
        let mut word = |what| words.next().ok_or(ParseCandidateError(what));
        let mut parsed = Self {
            foundation: word("the foundation")?.to_owned(),
            component: component(word("the component")?)?,
            protocol: IceProtocol::from(&*word("the protocol")?.to_ascii_lowercase()),
            priority: number(word("the priority")?, "the priority")?,
            address: word("the address")?.to_owned(),
            port: number(word("the port")?, "the port")?,
            kind: match word("the type")? {
                "typ" => IceCandidateType::from(word("the type")?),
                _ => return Err(ParseCandidateError("the type")),
            },
            tcp_type: None,
            related_address: None,
            related_port: None,
        };
        // Pairs of a name and a value. A name without a value is ignored.
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            match name {
                "raddr" => parsed.related_address = Some(value.to_owned()),
                "rport" => parsed.related_port = Some(number(value, "the related port")?),
                "tcptype" => parsed.tcp_type = Some(IceTcpCandidateType::from(value)),
                _ => {}
            }
        }
        Ok(parsed)
    }
}

fn component(id: &str) -> Result<IceComponent, ParseCandidateError> {
    Ok(match number::<u16>(id, "the component")? {
        1 => IceComponent::Rtp,
        2 => IceComponent::Rtcp,
        _ => IceComponent::Unknown(id.into()),
    })
}

fn number<N: FromStr>(word: &str, what: &'static str) -> Result<N, ParseCandidateError> {
    word.parse().map_err(|_| ParseCandidateError(what))
}

/// The error for a candidate line of which a part is missing or malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseCandidateError(&'static str);

impl fmt::Display for ParseCandidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed candidate line: {} is missing or invalid", self.0)
    }
}

impl error::Error for ParseCandidateError {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn candidate_json_matches_specification() {
        let expected =
            json!({ "candidate": "candidate:1 …", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "x" });
        let candidate: IceCandidate = serde_json::from_value(expected.clone()).unwrap();
        assert_eq!(candidate.sdp_m_line_index, Some(0));
        assert_eq!(serde_json::to_value(&candidate).unwrap(), expected);
    }

    #[test]
    fn local_members_are_not_sent() {
        let relayed = IceCandidate { url: Some("turn:t.example".into()), ..IceCandidate::default() };
        assert_eq!(serde_json::to_value(&relayed).unwrap(), json!({ "candidate": "" }));
    }

    #[test]
    fn candidate_of_each_type_is_parsed() {
        let host: ParsedCandidate =
            "candidate:1 1 udp 2122260223 1f4712db.local 56032 typ host generation 0 ufrag eU7z".parse().unwrap();
        assert_eq!(host.foundation, "1");
        assert_eq!((host.component, host.protocol), (IceComponent::Rtp, IceProtocol::Udp));
        assert_eq!((host.priority, &*host.address, host.port), (2_122_260_223, "1f4712db.local", 56032));
        assert_eq!((host.kind, host.tcp_type), (IceCandidateType::Host, None));
        assert_eq!((host.related_address, host.related_port), (None, None));

        let relay: ParsedCandidate =
            "a=candidate:3 2 UDP 41885439 2001:db8::7 50000 typ relay raddr 203.0.113.7 rport 46154".parse().unwrap();
        assert_eq!((relay.component, relay.protocol), (IceComponent::Rtcp, IceProtocol::Udp));
        assert_eq!(relay.kind, IceCandidateType::Relay);
        assert_eq!((relay.related_address.as_deref(), relay.related_port), (Some("203.0.113.7"), Some(46154)));

        let tcp: ParsedCandidate = "candidate:4 1 tcp 1518280447 10.0.0.17 9 typ host tcptype active".parse().unwrap();
        assert_eq!((tcp.protocol, tcp.tcp_type), (IceProtocol::Tcp, Some(IceTcpCandidateType::Active)));
    }

    #[test]
    fn unknown_candidate_types_are_values() {
        let parsed: ParsedCandidate = "candidate:1 3 quic 1 10.0.0.1 1 typ moon".parse().unwrap();
        assert_eq!(parsed.component, IceComponent::Unknown("3".into()));
        assert_eq!(parsed.protocol, IceProtocol::Unknown("quic".into()));
        assert_eq!(parsed.kind, IceCandidateType::Unknown("moon".into()));
    }

    #[test]
    fn candidate_line_error_names_malformed_part() {
        for (line, lacking) in [
            ("", "the prefix `candidate:`"),
            ("candidate:", "the foundation"),
            ("candidate:1", "the component"),
            ("candidate:1 one udp 1 10.0.0.1 1 typ host", "the component"),
            ("candidate:1 1 udp -1 10.0.0.1 1 typ host", "the priority"),
            ("candidate:1 1 udp 1 10.0.0.1 65536 typ host", "the port"),
            ("candidate:1 1 udp 1 10.0.0.1 1", "the type"),
            ("candidate:1 1 udp 1 10.0.0.1 1 kind host", "the type"),
            ("candidate:1 1 udp 1 10.0.0.1 1 typ", "the type"),
            ("candidate:1 1 udp 1 10.0.0.1 1 typ relay raddr 10.0.0.2 rport x", "the related port"),
        ] {
            assert_eq!(line.parse::<ParsedCandidate>(), Err(ParseCandidateError(lacking)), "{line}");
        }
        assert!(IceCandidate::end_of_candidates().parse().is_err());
    }
}
