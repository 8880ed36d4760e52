//! The program of the room, which the page loads in the background.

use browser_rtc::ErrorKind;
use demo_shared::{join::Entry, notices::Failure};
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use crate::texts;

#[wasm_bindgen]
extern "C" {
    /// The exports of the program.
    type Program;

    #[wasm_bindgen(method, catch)]
    async fn join(this: &Program, room: &str, name: &str) -> Result<JsValue, NotJoined>;

    #[wasm_bindgen(method)]
    async fn stay(this: &Program, joined: JsValue);

    type NotJoined;

    #[wasm_bindgen(method, getter, structural)]
    fn kind(this: &NotJoined) -> String;

    #[wasm_bindgen(method, getter, structural)]
    fn sentence(this: &NotJoined) -> String;
}

/// The function that loads the program. It returns the same one each time, and repeats an attempt that has failed.
pub struct Loader(Function);

impl Loader {
    pub fn new(load: Function) -> Self {
        Self(load)
    }

    /// Joins a room, once the program is loaded.
    pub async fn enter(&self, Entry { room, name }: &Entry) -> Result<Entered, Failure> {
        let program = self.load().await.map_err(|_| Failure::new(&ErrorKind::Network, texts::NOT_LOADED))?;
        match program.join(room, name).await {
            Ok(joined) => Ok(Entered { program, joined }),
            Err(refusal) => Err(Failure { kind: refusal.kind(), sentence: refusal.sentence() }),
        }
    }

    async fn load(&self) -> Result<Program, JsValue> {
        let promise: Promise = self.0.call0(&JsValue::NULL)?.unchecked_into();
        JsFuture::from(promise).await.map(JsCast::unchecked_into)
    }
}

/// A room that the user has joined, in the other program.
pub struct Entered {
    program: Program,
    joined: JsValue,
}

impl Entered {
    /// Shows the room, and all that follows, until the page is closed.
    pub async fn stay(self) {
        self.program.stay(self.joined).await;
    }
}
