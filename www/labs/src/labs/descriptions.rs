//! Offers and answers step by step: pending and current descriptions, a provisional answer, and a rollback.

use std::fmt::Display;

use browser_rtc::{
    Result,
    channel::ChannelInit,
    peer::{Configuration, OfferOptions, PeerConnection, SdpType, SessionDescription},
};

/// Negotiates between two connections of this page, and shows the state after each step.
pub async fn run(show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let caller = PeerConnection::new(&Configuration::new())?;
    let callee = PeerConnection::new(&Configuration::new())?;
    let _channel = caller.create_data_channel("", &ChannelInit::new())?;
    let step = |name: &str, pc: &PeerConnection| show(name, &state(pc));

    let options = OfferOptions::new().offer_to_receive_audio(true).offer_to_receive_video(true);
    let offer = caller.create_offer_with(&options).await?;
    let sections = offer.sdp.lines().filter(|line| line.starts_with("m=")).count();
    show("1. Sections of the offer", &sections);
    caller.set_local_description_to(&offer).await?;
    step("2. Caller has made an offer", &caller);

    // The caller takes its offer back, as it does when both peers make one at the same time.
    let rollback = SessionDescription { kind: SdpType::Rollback, sdp: String::new() };
    caller.set_local_description_to(&rollback).await?;
    step("3. Caller has rolled back", &caller);

    caller.set_local_description().await?;
    let Some(offer) = caller.local_description() else { return Ok(()) };
    callee.set_remote_description(&offer).await?;
    step("4. Callee has received an offer", &callee);

    let answer = callee.create_answer().await?;
    let provisional = SessionDescription { kind: SdpType::Pranswer, ..answer.clone() };
    match callee.set_local_description_to(&provisional).await {
        Ok(()) => {
            step("5. Callee has answered for now", &callee);
            caller.set_remote_description(&provisional).await?;
            step("6. Caller has a provisional answer", &caller);
        }
        // Firefox has no provisional answers.
        Err(error) => show("5. Provisional answer", &error),
    }

    callee.set_local_description_to(&answer).await?;
    caller.set_remote_description(&answer).await?;
    step("7. Callee has answered", &callee);
    step("8. Caller is done", &caller);
    Ok(())
}

/// Returns the signaling state, and the types of the descriptions.
fn state(pc: &PeerConnection) -> String {
    let kind = |description: Option<SessionDescription>| {
        description.map_or_else(|| "none".to_owned(), |description| description.kind.to_string())
    };
    let (pending, current) = (pc.pending_local_description(), pc.current_local_description());
    let (pending_remote, current_remote) = (pc.pending_remote_description(), pc.current_remote_description());
    format!(
        "{}; local {} pending, {} current; remote {} pending, {} current",
        pc.signaling_state(),
        kind(pending),
        kind(current),
        kind(pending_remote),
        kind(current_remote)
    )
}
