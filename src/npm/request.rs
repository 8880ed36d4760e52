//! The JavaScript class `IncomingRequest`.

use std::{cell::RefCell, rc::Rc};

use futures::{
    FutureExt,
    future::{LocalBoxFuture, Shared},
};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;

use super::{
    argument::{Argument, from_json},
    hold, peer_object, promise,
};
use crate::{
    error::{Error, ErrorKind, Result},
    room::IncomingRequest,
};

/// A request of a peer. The request stays unanswered if the page drops the object.
#[wasm_bindgen(js_name = IncomingRequest)]
pub struct NpmIncomingRequest {
    /// `None` once answered.
    request: Rc<RefCell<Option<IncomingRequest>>>,
    peer: Object,
    data: JsValue,
    ended: Shared<LocalBoxFuture<'static, ()>>,
}

impl NpmIncomingRequest {
    pub(super) fn new(request: IncomingRequest) -> Self {
        let (peer, data) = (peer_object(&request.peer()), from_json(request.data()));
        let ended = request.ended().boxed_local().shared();
        let request = Rc::new(RefCell::new(Some(request)));
        hold(request.clone(), ended.clone());
        Self { request, peer, data, ended }
    }

    fn answer(&self, operation: &'static str, answer: impl FnOnce(&IncomingRequest) -> Result<()>) -> Result<()> {
        let request = self.request.borrow().clone();
        let answered = || Error::new(operation, ErrorKind::InvalidState, "the request has already been answered");
        answer(&request.ok_or_else(answered)?)?;
        self.request.take();
        Ok(())
    }
}

#[wasm_bindgen(js_class = IncomingRequest)]
impl NpmIncomingRequest {
    /// The sender.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer")]
    pub fn from(&self) -> Object {
        self.peer.clone()
    }

    /// The content of the request.
    #[wasm_bindgen(getter, unchecked_return_type = "unknown")]
    pub fn data(&self) -> JsValue {
        self.data.clone()
    }

    /// Replies with any value that can be represented in JSON. `undefined` is sent as `null`.
    ///
    /// # Errors
    /// Throws a `TypeError` for any other value, and an `Error` whose `name` is `TooLarge`, with the `limit` in bytes,
    /// `InvalidState` if the request has been answered before, or `Closed` if the peer no longer waits.
    pub fn reply(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "unknown")] value: JsValue,
    ) -> std::result::Result<(), JsValue> {
        const OPERATION: &str = "reply";
        let value = if value.is_undefined() { JsValue::NULL } else { value };
        let value = Argument::new(OPERATION, "value", value).json()?;
        Ok(self.answer(OPERATION, |request| request.reply_data(value))?)
    }

    /// Answers that the request has failed, with a message for the peer of at most 1000 characters.
    ///
    /// # Errors
    /// Throws a `TypeError` for any other message, and otherwise an `Error` as `reply`.
    pub fn fail(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "string")] message: JsValue,
    ) -> std::result::Result<(), JsValue> {
        const OPERATION: &str = "fail";
        let message = Argument::new(OPERATION, "message", message).optional_string()?.unwrap_or_default();
        Ok(self.answer(OPERATION, |request| request.fail(message))?)
    }

    /// Resolves when the request has been answered, or the peer no longer waits for the answer.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn ended(&self) -> Promise {
        let ended = self.ended.clone();
        promise(async move {
            ended.await;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Refuses a request that has not been answered. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.request.take();
    }
}
