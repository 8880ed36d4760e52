//! Where the focus goes when the user shares a window or a tab.

use web_sys::EventTarget;

use crate::{
    error::{During, Error, ErrorKind, Result},
    spec_enum::spec_enum,
    sys::{self, global},
};

spec_enum! {
    /// Where the focus goes when sharing starts.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-capturestartfocusbehavior)
    #[doc(alias = "CaptureStartFocusBehavior")]
    FocusBehavior {
        /// To this page.
        #[doc(alias = "CaptureStartFocusBehavior.focus-capturing-application")]
        FocusCapturingApplication = "focus-capturing-application",
        /// To what is shared.
        #[doc(alias = "CaptureStartFocusBehavior.focus-captured-surface")]
        FocusCapturedSurface = "focus-captured-surface",
        /// Nowhere: it stays.
        #[doc(alias = "CaptureStartFocusBehavior.no-focus-change")]
        NoFocusChange = "no-focus-change",
    }
}

/// What a page may say about a screen capture of its own.
/// [Specification](https://www.w3.org/TR/screen-capture/#capturecontroller)
///
/// ```no_run
/// # use browser_rtc::{media::{self, CaptureController, DisplayMediaOptions, FocusBehavior}, Result};
/// # async fn example() -> Result<()> {
/// let controller = CaptureController::new()?;
/// controller.set_focus_behavior(&FocusBehavior::FocusCapturingApplication)?;
/// let screen = media::get_display_media(&DisplayMediaOptions::new().controller(&controller)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureController(sys::capture_controller::CaptureController);

impl CaptureController {
    /// A controller for one capture.
    ///
    /// # Errors
    /// `NotSupported`: Chromium has it, Firefox does not. Share without it, and the focus goes where the browser
    /// likes.
    #[doc(alias = "CaptureController.constructor")]
    pub fn new() -> Result<Self> {
        const OPERATION: &str = "CaptureController";
        if !global::has(OPERATION) {
            let advice = "this browser lets no page say where the focus goes: share the screen without a controller";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        Ok(Self(sys::capture_controller::CaptureController::new().during(OPERATION)?))
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &EventTarget {
        &self.0
    }

    /// Says where the focus goes when sharing starts; the last word counts. To be called before
    /// [`get_display_media`](super::get_display_media): browsers wait for no more than the moment in which it
    /// resolves, which is over when the future gives the stream.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-capturecontroller-setfocusbehavior)
    ///
    /// # Errors
    /// - `InvalidState`: sharing has begun, or has ended.
    /// - `Type`: the browser does not know this behaviour.
    #[doc(alias = "CaptureController.setFocusBehavior")]
    pub fn set_focus_behavior(&self, behavior: &FocusBehavior) -> Result<()> {
        self.0.set_focus_behavior(behavior.as_str()).during("setFocusBehavior")
    }
}
