//! Asynchronous operations that an `AbortSignal` aborts.

use std::{future::Future, pin::pin};

use futures::{FutureExt, StreamExt, TryFutureExt, future, future::LocalBoxFuture, select_biased};
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::brand;
use crate::{
    error::{Error, Result},
    event::EventStream,
};

/// Resolves to the outcome of `work`. If `signal` aborts first, `work` is dropped, and the error is the signal's reason. If
/// `signal` has already aborted, `work` is not polled.
pub(super) fn abortable<T: Into<JsValue> + 'static>(
    operation: &'static str,
    signal: Option<AbortSignal>,
    work: impl Future<Output = Result<T>> + 'static,
) -> impl Future<Output = Result<JsValue>> {
    until_aborted(operation, signal, work.map_ok(Into::into).boxed_local())
}

/// The implementation of [`abortable`]. It is compiled once, because it is not generic.
async fn until_aborted(
    operation: &'static str,
    signal: Option<AbortSignal>,
    work: LocalBoxFuture<'static, Result<JsValue>>,
) -> Result<JsValue> {
    let mut aborted = pin!(aborted(operation, signal).fuse());
    select_biased! {
        error = aborted => Err(error),
        outcome = work.fuse() => outcome,
    }
}

/// Resolves to the signal's reason when it aborts. Stays pending without a signal.
async fn aborted(operation: &'static str, signal: Option<AbortSignal>) -> Error {
    let Some(signal) = signal else { return future::pending().await };
    if brand::is_aborted(&signal) == Some(false) {
        let mut aborts = EventStream::listen(&signal, "abort", |_| Some(()));
        let _ = aborts.next().await;
    }
    Error::from_js(operation, brand::abort_reason(&signal))
}
