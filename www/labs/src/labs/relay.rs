//! A connection through a TURN server, with each candidate that is found and each error of a server.

use std::fmt::Display;

use browser_rtc::{
    Result,
    channel::ChannelInit,
    negotiation::Politeness,
    peer::{Configuration, IceServer, IceTransportPolicy, PeerConnection},
    session::{MemoryLink, Session},
};
use futures::{StreamExt, future::try_join4, stream};

/// Connects two sessions of this page. With `only_relay`, both ends use the TURN server and nothing else.
pub async fn run(server: IceServer, only_relay: bool, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let policy = if only_relay { IceTransportPolicy::Relay } else { IceTransportPolicy::All };
    let configuration = Configuration::new().ice_server(server).ice_transport_policy(policy);
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&configuration, Politeness::Impolite, link)?;
    let _peer = Session::new(&configuration, Politeness::Polite, other_link)?;
    let pc = session.connection();
    let channel = pc.create_data_channel("", &ChannelInit::new())?;

    let connected = async {
        channel.opened().await?;
        show("Path", &path(pc).await?);
        Ok(())
    };
    try_join4(candidates(pc, &show), errors(pc, &show), states(pc, &show), connected).await?;
    Ok(())
}

/// Shows the type and the address of each candidate of this side.
async fn candidates(pc: &PeerConnection, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (mut candidates, mut count) = (pc.ice_candidates(), 0);
    while let Some(candidate) = candidates.next().await {
        if candidate.is_end_of_candidates() {
            show("Candidates", &format_args!("{count}, complete"));
            continue;
        }
        count += 1;
        let found = candidate.parse()?;
        let (kind, protocol) = (&found.kind, &found.protocol);
        show(&format!("Candidate {count}"), &format_args!("{kind}, {protocol} {} port {}", found.address, found.port));
        show("Candidates", &count);
    }
    Ok(())
}

/// Shows each server that cannot be used, such as 701 for one that does not answer and 401 for a wrong password.
async fn errors(pc: &PeerConnection, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (mut errors, mut count) = (pc.ice_candidate_errors(), 0);
    while let Some(error) = errors.next().await {
        count += 1;
        let (code, url) = (error.code, &error.url);
        show(&format!("Error {count}"), &format_args!("{code} of {url}: {}", error.text));
    }
    Ok(())
}

async fn states(pc: &PeerConnection, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let gathering = pc.ice_gathering_states().map(|state| ("Gathering", state.to_string()));
    let mut states = stream::select(gathering, pc.connection_states().map(|state| ("Connection", state.to_string())));
    while let Some((name, state)) = states.next().await {
        show(name, &state);
    }
    Ok(())
}

/// Returns the types of the two candidates that are in use.
async fn path(pc: &PeerConnection) -> Result<String> {
    let report = pc.stats().await?;
    let Some(pair) = report.selected_pair() else { return Ok("not reported".into()) };
    let local = pair.local_candidate_id.as_ref().and_then(|id| report.follow(id)?.candidate_type.clone());
    let remote = pair.remote_candidate_id.as_ref().and_then(|id| report.follow(id)?.candidate_type.clone());
    let name = |kind: Option<_>| kind.map_or_else(|| "unknown".to_owned(), |kind| format!("{kind}"));
    Ok(format!("from {} to {}", name(local), name(remote)))
}
