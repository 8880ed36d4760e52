//! Session descriptions, ICE candidates, and the states of a connection.

mod candidate;
mod description;
mod states;
mod transport_states;

pub use self::{
    candidate::{IceCandidate, IceComponent, IceProtocol, ParseCandidateError, ParsedCandidate},
    description::{SdpType, SessionDescription},
    states::{ConnectionState, IceConnectionState, IceGatheringState, SignalingState},
    transport_states::{
        DtlsTransportState, IceCandidateType, IceRole, IceServerTransportProtocol, IceTcpCandidateType,
        IceTransportState,
    },
};
