//! The transports under a connection: SCTP for data, DTLS for its encryption, and ICE for the path.

use std::fmt::Display;

use browser_rtc::{
    Result,
    channel::ChannelInit,
    negotiation::Politeness,
    peer::{Configuration, DtlsTransport, IceCandidatePair, IceTransport, SctpTransport},
    session::{MemoryLink, Session},
};
use futures::{StreamExt, future::try_join3};

/// Connects two sessions of this page, and shows the transports of the first.
pub async fn run(show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let (session, _peer) = sessions()?;
    let channel = session.connection().create_data_channel("", &ChannelInit::new())?;
    channel.opened().await?;

    let Some(sctp) = session.connection().sctp() else { return Ok(()) };
    let Some(dtls) = sctp.transport() else { return Ok(()) };
    let data = watch_sctp(&sctp, &show);
    match dtls.ice_transport() {
        Some(ice) => try_join3(data, watch_dtls(&dtls, &show), watch_ice(&ice, &show)).await.map(drop),
        None => try_join3(data, watch_dtls(&dtls, &show), async { Ok(()) }).await.map(drop),
    }
}

async fn watch_sctp(sctp: &SctpTransport, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let mut states = sctp.states();
    while let Some(state) = states.next().await {
        show("SCTP", &state);
        let largest = sctp.max_message_size().map_or("unlimited".into(), |bytes| format!("{bytes} bytes"));
        show("Largest message", &largest);
        show("Channels at most", &sctp.max_channels().map_or("not reported".into(), |count| count.to_string()));
    }
    Ok(())
}

async fn watch_dtls(dtls: &DtlsTransport, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let mut states = dtls.states();
    while let Some(state) = states.next().await {
        show("DTLS", &state);
        match dtls.remote_certificates() {
            Ok(certificates) => show("Certificates of the peer", &certificates.len()),
            // Some browsers do not report them.
            Err(error) => show("Certificates of the peer", &error),
        }
    }
    Ok(())
}

async fn watch_ice(ice: &IceTransport, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let mut states = ice.states();
    while let Some(state) = states.next().await {
        show("ICE", &state);
        show("ICE gathering", &ice.gathering_state());
        show("ICE role", &ice.role().map_or("not reported".into(), |role| role.to_string()));
        match ice.selected_candidate_pair() {
            Ok(Some(pair)) => show("Selected pair", &describe(&pair)?),
            Ok(None) => show("Selected pair", &"none"),
            Err(error) => show("Selected pair", &error),
        }
        if let Ok(Some(parameters)) = ice.local_parameters() {
            show("User name fragment", &parameters.username_fragment);
        }
    }
    Ok(())
}

/// Returns the addresses of both ends.
fn describe(pair: &IceCandidatePair) -> Result<String> {
    let (local, remote) = (pair.local.parse()?, pair.remote.parse()?);
    Ok(format!("{} port {} to {} port {}", local.address, local.port, remote.address, remote.port))
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
