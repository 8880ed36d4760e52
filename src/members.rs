//! Members of dictionaries that the types do not have.

use std::fmt;

use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};

use crate::sys::global;

/// Members of a dictionary that this crate does not type, such as those of a newer browser or of one browser alone.
///
/// They hold what a browser returned, and are passed to the browser after the typed members, so that one of the same
/// name replaces the typed one. They are JavaScript values, and therefore not serialized.
///
/// ```no_run
/// # use browser_rtc::media::{MediaStreamTrack, Video};
/// # async fn example(camera: &MediaStreamTrack) -> browser_rtc::Result<()> {
/// let zoom = camera.capabilities()?.other.get("zoom").cloned(); // of the Image Capture specification
/// camera.apply_constraints(Video::new().member("zoom", 200)).await?;
/// # let _ = zoom; Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Members(Vec<(String, JsValue)>);

impl Members {
    /// Creates an empty set of members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&JsValue> {
        self.iter().find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Sets the member of this name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<JsValue>) {
        self.put(name.into(), value.into());
    }

    fn put(&mut self, name: String, value: JsValue) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value));
    }

    /// Removes the member of this name, and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<JsValue> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(index).1)
    }

    /// Returns all members, each with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &JsValue)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Returns whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the members of an object, without those of these names and those without a value.
    pub(crate) fn beside(known: &[&str], object: &JsValue) -> Self {
        let Some(object) = object.dyn_ref::<Object>() else { return Self::default() };
        let names = Object::keys(object).into_iter().filter_map(|name| name.as_string());
        let others = names.filter(|name| !known.contains(&&**name));
        let members = others.filter_map(|name| {
            let value = global::get(object, &name);
            (!value.is_null_or_undefined()).then_some((name, value))
        });
        Self(members.collect())
    }

    /// Sets the members on an object of this crate.
    pub(crate) fn write(&self, object: &Object) {
        for (name, value) in self.iter() {
            global::set(object, name, value);
        }
    }
}

/// The order does not matter; values are compared by `Object.is`.
impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        let same = |(name, value): (&str, &JsValue)| other.get(name).is_some_and(|theirs| Object::is(value, theirs));
        self.0.len() == other.0.len() && self.iter().all(same)
    }
}

impl Eq for Members {}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// The builder's method for [`Members`] in the field `other`.
macro_rules! member_setter {
    () => {
        /// Sets a member that this crate does not type.
        #[must_use]
        pub fn member(mut self, name: impl Into<String>, value: impl Into<wasm_bindgen::JsValue>) -> Self {
            self.other.set(name, value);
            self
        }
    };
}

pub(crate) use member_setter;
