//! The media that the user sends in a call: the microphone, the camera and the screen.
//!
//! A camera that is off is not open, so that its light is off. Its sender stays in the connection without a track, and
//! another track replaces it later without negotiation. A call that began without a camera or a microphone gets a sender
//! when the device is first turned on.

use std::cell::{Cell, RefCell};

use browser_rtc::{
    Result,
    media::{
        self, Audio, Constraints, FacingMode, MediaStream, MediaStreamTrack, TrackKind, TrackSettings, Video, exact,
        ideal,
    },
    peer::RtpSender,
    room::Call,
};
use futures::channel::mpsc::UnboundedSender;

use super::state::MediaState;

pub struct Own<'a> {
    call: &'a Call,
    /// The tracks of the microphone and the camera, which the peer receives as one stream.
    pub stream: MediaStream,
    pub microphone: Device,
    pub camera: Device,
    muted: Cell<bool>,
    /// The state that the peer knows.
    state: RefCell<MediaState>,
    states: UnboundedSender<MediaState>,
}

/// The microphone or the camera.
pub struct Device {
    kind: TrackKind,
    sender: RefCell<Option<RtpSender>>,
    /// The settings of the last track, which the next track has as well.
    settings: RefCell<TrackSettings>,
}

impl Device {
    fn new(call: &Call, kind: TrackKind) -> Self {
        let is_of_kind = |sender: &RtpSender| sender.track().is_some_and(|track| track.kind() == kind);
        let sender = call.connection().senders().into_iter().find(is_of_kind);
        let settings = sender.as_ref().and_then(RtpSender::track).map(|track| track.settings()).unwrap_or_default();
        Self { kind, sender: RefCell::new(sender), settings: RefCell::new(settings) }
    }

    /// Returns the track that is sent.
    pub fn track(&self) -> Option<MediaStreamTrack> {
        self.sender.borrow().as_ref()?.track()
    }

    /// Returns the id of the device that is open, or was open last.
    pub fn id(&self) -> Option<String> {
        self.settings.borrow().device_id.clone()
    }

    /// Opens the device with this id, or the one that was open last.
    async fn open(&self, id: Option<String>) -> Result<Option<MediaStreamTrack>> {
        let (id, settings) = (id.or_else(|| self.id()), self.settings.borrow().clone());
        let constraints = if self.kind == TrackKind::Audio {
            let audio = Audio::new();
            Constraints::new().audio(match id {
                Some(id) => audio.device_id(exact(id)),
                None => audio,
            })
        } else {
            let mut video = Video::new();
            if let (Some(width), Some(height)) = (settings.width, settings.height) {
                video = video.width(ideal(width)).height(ideal(height));
            }
            Constraints::new().video(match id {
                Some(id) => video.device_id(exact(id)),
                None => video,
            })
        };
        let track = media::get_user_media(&constraints).await?.tracks().into_iter().next();
        if let Some(track) = &track {
            self.settings.replace(track.settings());
        }
        Ok(track)
    }
}

impl<'a> Own<'a> {
    /// Takes the media with which the call began, which may be without tracks. Each change is sent to `states`.
    pub fn new(call: &'a Call, stream: Option<&MediaStream>, states: UnboundedSender<MediaState>) -> Result<Self> {
        let own = Self {
            call,
            stream: stream.map_or_else(MediaStream::new, |stream| Ok(stream.clone()))?,
            microphone: Device::new(call, TrackKind::Audio),
            camera: Device::new(call, TrackKind::Video),
            muted: Cell::new(false),
            state: RefCell::default(),
            states,
        };
        own.tell();
        Ok(own)
    }

    /// Sends the current state to the peer.
    fn tell(&self) {
        let mut state = self.state.borrow_mut();
        (state.microphone, state.camera) = (self.is_heard(), self.camera.track().is_some());
        let _the_call_has_ended = self.states.unbounded_send(state.clone());
    }

    /// Tells the peer whether it is recorded.
    pub fn set_recording(&self, recording: bool) {
        self.state.borrow_mut().recording = recording;
        self.tell();
    }

    pub fn is_heard(&self) -> bool {
        self.microphone.track().is_some() && !self.muted.get()
    }

    /// Mutes the microphone, or opens it to the call. A muted microphone stays open and sends silence.
    pub async fn set_muted(&self, muted: bool) -> Result<()> {
        if !muted && self.microphone.track().is_none() {
            self.replace(&self.microphone, None).await?;
        }
        self.muted.set(muted);
        if let Some(track) = self.microphone.track() {
            track.set_enabled(!muted);
        }
        self.tell();
        Ok(())
    }

    /// Returns whether the camera is on the back of a phone, whose picture is not mirrored.
    pub fn faces_away(&self) -> bool {
        self.camera.settings.borrow().facing_mode == Some(FacingMode::Environment)
    }

    /// Turns a device off and releases it.
    pub async fn turn_off(&self, device: &Device) -> Result<()> {
        let result = self.release(device).await;
        self.tell();
        result
    }

    /// Turns on the device with this id, instead of the one that is open. `None` is the one that was open last.
    pub async fn use_device(&self, device: &Device, id: Option<String>) -> Result<()> {
        let result = self.replace(device, id).await;
        if let Some(track) = self.microphone.track() {
            track.set_enabled(!self.muted.get());
        }
        self.tell();
        result
    }

    /// Opens a device and sends it. The earlier device is closed first, because a phone opens only one camera at a time.
    async fn replace(&self, device: &Device, id: Option<String>) -> Result<()> {
        self.release(device).await?;
        let Some(track) = device.open(id).await? else { return Ok(()) };
        let sender = device.sender.borrow().clone();
        match sender {
            Some(sender) => sender.replace_track(Some(&track)).await?,
            None => {
                let sender = self.call.connection().add_track(&track, &[&self.stream])?;
                device.sender.replace(Some(sender));
            }
        }
        self.stream.add_track(&track);
        Ok(())
    }

    /// Stops the track of a device, which releases it.
    async fn release(&self, device: &Device) -> Result<()> {
        for track in self.stream.tracks().into_iter().filter(|track| track.kind() == device.kind) {
            track.stop();
            self.stream.remove_track(&track);
        }
        let sender = device.sender.borrow().clone();
        match sender {
            Some(sender) => sender.replace_track(None).await,
            None => Ok(()),
        }
    }

    /// Sends a screen beside the camera.
    pub fn add_screen(&self, screen: &MediaStream) -> Result<Vec<RtpSender>> {
        // The peer knows the stream as a screen before it arrives.
        self.state.borrow_mut().screen = Some(screen.id());
        self.tell();
        screen.tracks().iter().map(|track| self.call.connection().add_track(track, &[screen])).collect()
    }

    pub fn remove_screen(&self, senders: &[RtpSender]) -> Result<()> {
        self.state.borrow_mut().screen = None;
        self.tell();
        senders.iter().try_for_each(|sender| self.call.connection().remove_track(sender))
    }
}
