//! Capture of the screen, a window or a tab.
//! [Specification](https://www.w3.org/TR/screen-capture/)

use browser_rtc_proto::dictionary;
use js_sys::Object;
use serde::Serialize;

use super::{
    Audio, AudioSelectionPreference, CaptureController, MediaStream, MonitorTypeSurfaces, SelfCapturePreference,
    SurfaceSwitchingPreference, SystemAudioPreference, Video, Wanted, WindowAudioPreference, constraints::set,
};
use crate::{
    error::{Error, ErrorKind, Result},
    members::{Members, member_setter},
    sys::global,
};

/// Prompts the user to share a screen, a window or a tab. Browsers require a click of the user for each call, and
/// prompt each time.
/// [Specification](https://www.w3.org/TR/screen-capture/#dom-mediadevices-getdisplaymedia)
///
/// If the user stops sharing with the browser's own button, [`MediaStreamTrack::ended`] resolves.
///
/// ```no_run
/// # use browser_rtc::{media::{self, DisplayMediaOptions, Video, ideal, max}, Result};
/// # async fn example(sharing_stopped: impl Fn()) -> Result<()> {
/// let slides = Video::new().width(ideal(1920)).frame_rate(max(10));
/// let screen = media::get_display_media(&DisplayMediaOptions::new().video(slides)).await?;
/// for track in screen.video_tracks() {
///     track.ended().await;
///     sharing_stopped();
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
/// - `NotAllowed` if the user, the page's policy or the system denies access.
/// - `InvalidState` if the call is not made in a click of the user, or the controller was used before.
/// - `Type` if the options request neither audio nor video or contradict each other, or the constraints have a `min`,
///   an `exact` or an `advanced` set, which the specification does not permit for a screen.
/// - `NotFound` if there is no source to share.
/// - `NotReadable` if the system denies access to the screen.
/// - `Overconstrained`, with the name of the constraint, if a `max` cannot be met.
/// - `Abort` if the capture fails to start for another reason.
/// - `NotSupported` if the browser cannot share a screen, such as on a phone, or the page is neither https nor
///   localhost.
///
/// # Cancel safety
/// This function is cancel safe: if the future is dropped while the prompt is open, a stream that is granted later is
/// stopped immediately.
///
/// [`MediaStreamTrack::ended`]: super::MediaStreamTrack::ended
#[doc(alias = "MediaDevices.getDisplayMedia")]
pub async fn get_display_media(options: &DisplayMediaOptions) -> Result<MediaStream> {
    const OPERATION: &str = "getDisplayMedia";
    let devices = super::media_devices(OPERATION)?;
    if !global::has_member(&devices, OPERATION) {
        let advice = "this browser cannot share a screen: use a browser on a computer";
        return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
    }
    let request = devices.get_display_media(&options.to_js());
    if let (Some(controller), Ok(promise)) = (&options.controller, &request) {
        controller.decide_upon(promise);
    }
    super::captured(OPERATION, request).await
}

macro_rules! display_media_options {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$field_meta:meta])* $field:ident / $js:literal : $value:ty, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            video: Wanted<Video>,
            audio: Wanted<Audio>,
            #[serde(skip)]
            controller: Option<CaptureController>,
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                $field: Option<$value>,
            )*
            #[serde(skip)]
            other: Members,
        }

        dictionary! {
            $name = Self::default(),
            required [],
            video / "video",
            audio / "audio",
            $($field / $js,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    video: Wanted::Any(true),
                    audio: Wanted::Any(false),
                    controller: None,
                    $( $field: None, )*
                    other: Members::new(),
                }
            }
        }

        impl $name {
            $(
                $(#[$field_meta])*
                #[must_use]
                pub fn $field(mut self, value: $value) -> Self {
                    self.$field = Some(value);
                    self
                }
            )*

            fn set_hints(&self, object: &Object) {
                $(
                    if let Some(value) = &self.$field {
                        global::set_text(object, $js, value.as_str());
                    }
                )*
            }
        }
    };
}

display_media_options! {
    /// Options of a screen capture. The default is video without audio.
    /// [Specification](https://www.w3.org/TR/screen-capture/#displaymediastreamoptions)
    ///
    /// All options but `video` and `audio` are hints to the browser, which Firefox ignores.
    #[doc(alias = "DisplayMediaStreamOptions")]
    DisplayMediaOptions {
        /// Sets whether this tab is offered.
        #[doc(alias = "DisplayMediaStreamOptions.selfBrowserSurface")]
        self_browser_surface / "selfBrowserSurface": SelfCapturePreference,
        /// Sets whether the audio of the system is offered with a monitor.
        #[doc(alias = "DisplayMediaStreamOptions.systemAudio")]
        system_audio / "systemAudio": SystemAudioPreference,
        /// Sets the audio that is offered with a window.
        #[doc(alias = "DisplayMediaStreamOptions.windowAudio")]
        window_audio / "windowAudio": WindowAudioPreference,
        /// Sets whether the user may switch to another tab while sharing.
        #[doc(alias = "DisplayMediaStreamOptions.surfaceSwitching")]
        surface_switching / "surfaceSwitching": SurfaceSwitchingPreference,
        /// Sets whether whole monitors are offered.
        #[doc(alias = "DisplayMediaStreamOptions.monitorTypeSurfaces")]
        monitor_type_surfaces / "monitorTypeSurfaces": MonitorTypeSurfaces,
        /// Sets whether audio is preselected.
        #[doc(alias = "DisplayMediaStreamOptions.audioSelection")]
        audio_selection / "audioSelection": AudioSelectionPreference,
    }
}

impl DisplayMediaOptions {
    /// Creates options for video without audio.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the video to capture: `true`, `false`, or a [`Video`] with ideal and maximum values.
    #[doc(alias = "DisplayMediaStreamOptions.video")]
    #[must_use]
    pub fn video(mut self, wanted: impl Into<Wanted<Video>>) -> Self {
        self.video = wanted.into();
        self
    }

    /// Sets the audio to capture: `true`, `false`, or an [`Audio`] with ideal and maximum values. If the user shares no
    /// audio, the stream has no audio track.
    #[doc(alias = "DisplayMediaStreamOptions.audio")]
    #[must_use]
    pub fn audio(mut self, wanted: impl Into<Wanted<Audio>>) -> Self {
        self.audio = wanted.into();
        self
    }

    /// Sets the controller of the capture. Each capture needs its own controller. It is not serialized.
    #[doc(alias = "DisplayMediaStreamOptions.controller")]
    #[must_use]
    pub fn controller(mut self, controller: &CaptureController) -> Self {
        self.controller = Some(controller.clone());
        self
    }

    member_setter!();

    fn to_js(&self) -> Object {
        let object = Object::new();
        set(&object, "video", Some(&self.video));
        set(&object, "audio", Some(&self.audio));
        if let Some(controller) = &self.controller {
            global::set(&object, "controller", controller.as_raw());
        }
        self.set_hints(&object);
        self.other.write(&object);
        object
    }
}
