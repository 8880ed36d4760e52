//! A function of the program that changes local descriptions.

use std::{fmt, rc::Rc};

use crate::{
    error::{Error, Result},
    identity::identity,
    peer::{PeerConnection, SessionDescription, SignalingState},
};

type Function = dyn Fn(&SessionDescription) -> Result<String>;

/// A function that returns the SDP to use in place of that of a new local description. Clones share one function.
#[derive(Clone)]
pub(crate) struct SdpTransform(Rc<Function>);

/// The error of a local description that has not been set.
pub(super) enum Failure {
    /// The browser has failed.
    Browser(Error),
    /// The transform has returned an error.
    Transform(Error),
}

impl SdpTransform {
    pub(crate) fn new(transform: impl Fn(&SessionDescription) -> Result<String> + 'static) -> Self {
        Self(Rc::new(transform))
    }

    fn apply(&self, mut description: SessionDescription) -> std::result::Result<SessionDescription, Failure> {
        description.sdp = (self.0)(&description).map_err(Failure::Transform)?;
        Ok(description)
    }
}

/// Creates an offer, without setting it.
pub(super) async fn create_offer(
    pc: &PeerConnection,
    transform: Option<&SdpTransform>,
) -> std::result::Result<SessionDescription, Failure> {
    let offer = pc.create_offer().await?;
    match transform {
        Some(transform) => transform.apply(offer),
        None => Ok(offer),
    }
}

/// Creates and sets the local description.
pub(super) async fn set_local_description(
    pc: &PeerConnection,
    transform: Option<&SdpTransform>,
) -> std::result::Result<(), Failure> {
    let Some(transform) = transform else {
        return Ok(pc.set_local_description().await?);
    };
    let is_answer = pc.signaling_state() == SignalingState::HaveRemoteOffer;
    let created = if is_answer { pc.create_answer().await? } else { pc.create_offer().await? };
    pc.set_local_description_to(&transform.apply(created)?).await?;
    Ok(())
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Browser(error)
    }
}

impl fmt::Debug for SdpTransform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdpTransform").finish_non_exhaustive()
    }
}

identity!(SdpTransform, |this, other| Rc::ptr_eq(&this.0, &other.0));
