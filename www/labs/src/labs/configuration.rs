//! The whole configuration of a connection: set, read back, and changed as a whole on a live connection.

use std::fmt::Display;

use browser_rtc::{
    Result,
    peer::{
        BundlePolicy, Certificate, Configuration, IceServer, IceTransportPolicy, KeyAlgorithm, PeerConnection,
        RtcpMuxPolicy,
    },
};

/// Creates a connection with every member of the configuration, and changes what may be changed.
pub async fn run(show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let mut turn = IceServer::turn("turn:turn.example.org?transport=udp", "ada", "secret");
    turn.urls.push("turns:turn.example.org:443".into());
    let configuration = Configuration::new()
        .ice_server(IceServer::stun("stun:stun.example.org"))
        .ice_server(turn)
        .ice_transport_policy(IceTransportPolicy::Relay)
        .bundle_policy(BundlePolicy::MaxBundle)
        .rtcp_mux_policy(RtcpMuxPolicy::Require)
        .certificate(Certificate::generate(&KeyAlgorithm::default(), None).await?)
        .ice_candidate_pool_size(2);
    let pc = PeerConnection::new(&configuration)?;
    report("Created", &pc.configuration(), &show);

    // An absent member gets its default.
    let mut changed = pc.configuration();
    changed.ice_transport_policy = Some(IceTransportPolicy::All);
    changed.ice_servers.truncate(1);
    match pc.set_configuration(&changed) {
        Ok(()) => show("Change of servers and policy", &"accepted"),
        Err(error) => show("Change of servers and policy", &error),
    }
    report("Changed", &pc.configuration(), &show);

    // The bundle policy is fixed. A refused change changes nothing.
    let mut refused = pc.configuration();
    refused.bundle_policy = Some(BundlePolicy::MaxCompat);
    refused.ice_servers.clear();
    match pc.set_configuration(&refused) {
        Ok(()) => show("Change of the bundle policy", &"accepted"),
        Err(error) => show("Change of the bundle policy", &error),
    }
    report("After the refusal", &pc.configuration(), &show);
    Ok(())
}

/// Shows a configuration, as the connection reports it.
fn report(name: &str, configuration: &Configuration, show: impl Fn(&str, &dyn Display)) {
    let urls: Vec<_> = configuration.ice_servers.iter().flat_map(|server| &server.urls).map(String::as_str).collect();
    show(&format!("{name}: servers"), &urls.join(", "));
    let policy = |policy: Option<String>| policy.unwrap_or_else(|| "default".into());
    let transport = policy(configuration.ice_transport_policy.as_ref().map(ToString::to_string));
    let bundle = policy(configuration.bundle_policy.as_ref().map(ToString::to_string));
    show(&format!("{name}: policies"), &format_args!("transport {transport}, bundle {bundle}"));
    let (certificates, pool) = (configuration.certificates.len(), configuration.ice_candidate_pool_size.unwrap_or(0));
    show(&format!("{name}: rest"), &format_args!("{certificates} certificate, pool of {pool}"));
}
