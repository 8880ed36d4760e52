//! The audio context, which all meters of a page share. Browsers limit the number of contexts.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use futures::FutureExt;
use js_sys::Float32Array;

use super::Level;
use crate::{
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{
        audio_context::{AnalyserNode, AudioContext, AudioNode},
        global,
    },
};

thread_local! {
    static SHARED: RefCell<Weak<SharedContext>> = RefCell::default();
}

/// The audio context. It closes when the last meter is dropped.
pub(super) struct SharedContext(pub(super) AudioContext);

impl SharedContext {
    pub(super) fn get(operation: &'static str) -> Result<Rc<Self>> {
        if let Some(shared) = SHARED.with_borrow(Weak::upgrade) {
            return Ok(shared);
        }
        if !global::has("AudioContext") {
            let advice = "this browser has no audio context: use a current Chrome, Edge, Firefox or Safari";
            return Err(Error::new(operation, ErrorKind::NotSupported, advice));
        }
        let shared = Rc::new(Self(AudioContext::new().during(operation)?));
        SHARED.set(Rc::downgrade(&shared));
        Ok(shared)
    }

    pub(super) fn is_running(&self) -> bool {
        self.0.state() == "running"
    }

    /// Requests the start of the context, which the browser may deny.
    pub(super) fn request_start(&self) {
        if !self.is_running() {
            // The outcome is not awaited, because the state of the context reports it.
            let _ = settled_for_good("AudioContext.resume", self.0.resume()).now_or_never();
        }
    }
}

impl Drop for SharedContext {
    fn drop(&mut self) {
        // The context closes in the background.
        let _ = settled_for_good("AudioContext.close", self.0.close()).now_or_never();
    }
}

/// A tap of the latest samples of a source.
pub(super) struct Tap {
    source: AudioNode,
    analyser: AnalyserNode,
    samples: Float32Array,
}

impl Tap {
    /// Creates a tap with a number of samples that is a power of two from 32 to 32768.
    pub(super) fn new(
        operation: &'static str,
        context: &AudioContext,
        source: &AudioNode,
        samples: u32,
    ) -> Result<Self> {
        let analyser = context.analyser().during(operation)?;
        analyser.set_window(samples).during(operation)?;
        source.connect(&analyser).during(operation)?;
        Ok(Self { source: source.clone(), analyser, samples: Float32Array::new_with_length(samples) })
    }

    pub(super) fn level(&self) -> Level {
        self.analyser.samples(&self.samples);
        Level::from_samples(&self.samples.to_vec())
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        // Browsers throw if the meter has disconnected its source already.
        let _ = self.source.disconnect_from(&self.analyser);
    }
}
