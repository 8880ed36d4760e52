//! Peer identity: an identity provider vouches for the user of a connection. Only Firefox has it.

use std::fmt::Display;

use browser_rtc::{
    Result,
    peer::{Configuration, IdentityProvider, PeerConnection},
};

/// Asks the identity provider at this domain for an assertion.
pub async fn run(domain: &str, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let pc = PeerConnection::new(&Configuration::new())?;
    if let Err(error) = pc.set_identity_provider(&IdentityProvider::new(domain)) {
        // A separate kind of error, so that a program can continue without identities.
        show("Peer identity", &if error.is_not_supported() { "not supported by this browser" } else { "refused" });
        show("Reason", &error);
        return Ok(());
    }
    show("Peer identity", &"supported");
    match pc.identity_assertion().await {
        Ok(assertion) => show("Assertion", &format_args!("{} bytes", assertion.len())),
        Err(error) => {
            show("Assertion", &error);
            show("Page to log in", &pc.idp_login_url().unwrap_or_else(|| "none".into()));
        }
    }
    Ok(())
}
