//! The focus behavior of a screen capture.

use std::{cell::RefCell, fmt, rc::Rc};

use browser_rtc_proto::spec_enum;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::EventTarget;

use super::{DisplaySurface, MediaStream};
use crate::{
    error::{During, Error, ErrorKind, Result},
    identity::{identity, same_object},
    sys::{self, global, promise::Promise},
};

spec_enum! {
    /// The target of the focus when sharing starts.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-capturestartfocusbehavior)
    #[doc(alias = "CaptureStartFocusBehavior")]
    FocusBehavior {
        /// The focus moves to this page.
        #[doc(alias = "CaptureStartFocusBehavior.focus-capturing-application")]
        FocusCapturingApplication = "focus-capturing-application",
        /// The focus moves to the shared window or tab.
        #[doc(alias = "CaptureStartFocusBehavior.focus-captured-surface")]
        FocusCapturedSurface = "focus-captured-surface",
        /// The focus does not change.
        #[doc(alias = "CaptureStartFocusBehavior.no-focus-change")]
        NoFocusChange = "no-focus-change",
    }
}

/// A controller of a screen capture, which determines the focus when sharing starts.
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
#[derive(Clone)]
pub struct CaptureController {
    raw: sys::capture_controller::CaptureController,
    decision: Rc<RefCell<Option<Decision>>>,
}

type Decision = Box<dyn FnOnce(&DisplaySurface) -> FocusBehavior>;

impl CaptureController {
    /// Creates a controller for one capture.
    ///
    /// # Errors
    /// `NotSupported` if the browser has no capture controller, such as Firefox. The browser then determines the focus.
    #[doc(alias = "CaptureController.constructor")]
    pub fn new() -> Result<Self> {
        const OPERATION: &str = "CaptureController";
        if !global::has(OPERATION) {
            let advice = "this browser has no capture controller: share the screen without one";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        let raw = sys::capture_controller::CaptureController::new().during(OPERATION)?;
        Ok(Self { raw, decision: Rc::default() })
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &EventTarget {
        &self.raw
    }

    /// Sets the focus behavior for any shared surface. The last call before
    /// [`get_display_media`](super::get_display_media) applies: once that future has resolved, the browser accepts no
    /// other behavior. [`decide_focus`](Self::decide_focus) makes the choice depend on the surface.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-capturecontroller-setfocusbehavior)
    ///
    /// # Errors
    /// - `InvalidState` if sharing has started or ended.
    /// - `Type` if the browser does not support the behavior.
    #[doc(alias = "CaptureController.setFocusBehavior")]
    pub fn set_focus_behavior(&self, behavior: &FocusBehavior) -> Result<()> {
        self.raw.set_focus_behavior(behavior.as_str()).during("setFocusBehavior")
    }

    /// Sets a function that returns the focus behavior for the surface that the user shares. It is called when sharing
    /// starts, but not for a monitor, which has no focus. Set it before
    /// [`get_display_media`](super::get_display_media).
    ///
    /// ```no_run
    /// # use browser_rtc::{media::{CaptureController, DisplaySurface, FocusBehavior}, Result};
    /// # fn example(controller: &CaptureController) {
    /// controller.decide_focus(|surface| match surface {
    ///     DisplaySurface::Browser => FocusBehavior::FocusCapturedSurface,
    ///     _ => FocusBehavior::NoFocusChange,
    /// });
    /// # }
    /// ```
    pub fn decide_focus(&self, decide: impl FnOnce(&DisplaySurface) -> FocusBehavior + 'static) {
        self.decision.replace(Some(Box::new(decide)));
    }

    /// Makes the decision in the first callback of the promise. Browsers reject it in later callbacks.
    pub(super) fn decide_upon(&self, promise: &Promise) {
        let Some(decide) = self.decision.take() else { return };
        let raw = self.raw.clone();
        let fulfilled = Closure::once(move |stream: JsValue| {
            let tracks = MediaStream::from_raw(stream.unchecked_into()).video_tracks();
            let surface = tracks.first().and_then(|track| track.settings().display_surface);
            if let Some(surface) = surface.filter(|surface| *surface != DisplaySurface::Monitor) {
                // If the browser rejects the behavior, it determines the focus itself.
                let _ = raw.set_focus_behavior(decide(&surface).as_str());
            }
        });
        // The future of the capture reports the rejection.
        let rejected = Closure::once(|_reason: JsValue| {});
        // One of the callbacks is never called. Both are freed together with the promise.
        let _ = promise.then(&fulfilled.into_js_value(), &rejected.into_js_value());
    }
}

impl fmt::Debug for CaptureController {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureController").finish_non_exhaustive()
    }
}

identity!(CaptureController, |this, other| same_object(&this.raw, &other.raw));
