//! Untyped members of dictionaries.

use std::fmt;

use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};

use crate::sys::global;

/// The members of a dictionary for which this crate has no field, such as those of a newer specification or of one browser
/// only.
///
/// A dictionary that a browser returns keeps such members here. In a dictionary that is passed to a browser, they are set
/// after the typed members, and replace a typed member of the same name. They are JavaScript values and are not serialized
/// by serde.
///
/// # Examples
/// ```no_run
/// # use browser_rtc::media::{MediaStreamTrack, Video};
/// # async fn example(camera: &MediaStreamTrack) -> browser_rtc::Result<()> {
/// // `zoom` is defined by the Image Capture specification.
/// let zoom_range = camera.capabilities()?.other.get("zoom").cloned();
/// camera.apply_constraints(Video::new().member("zoom", 200)).await?;
/// # let _ = zoom_range; Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Members(Vec<(String, JsValue)>);

impl Members {
    /// Creates an empty set of members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of the member `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&JsValue> {
        self.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Sets the member `name`, and replaces its previous value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<JsValue>) {
        self.insert(name.into(), value.into());
    }

    fn insert(&mut self, name: String, value: JsValue) {
        self.0.retain(|(key, _)| *key != name);
        self.0.push((name, value));
    }

    /// Removes the member `name`, and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<JsValue> {
        let index = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(index).1)
    }

    /// Returns an iterator over the names and values of all members.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &JsValue)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Returns whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the members of an object except those named in `typed`. Members that are `undefined` or `null` are ignored.
    pub(crate) fn except(typed: &[&str], object: &JsValue) -> Self {
        let Some(object) = object.dyn_ref::<Object>() else { return Self::default() };
        let names = Object::keys(object).into_iter().filter_map(|name| name.as_string());
        let untyped = names.filter(|name| !typed.contains(&&**name));
        let members = untyped.filter_map(|name| {
            let value = global::get(object, &name);
            (!value.is_null_or_undefined()).then_some((name, value))
        });
        Self(members.collect())
    }

    /// Sets the members on an object.
    pub(crate) fn write(&self, object: &Object) {
        for (name, value) in self.iter() {
            global::set(object, name, value);
        }
    }
}

/// Compares the values with `Object.is`. The order of the members is irrelevant.
impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        let is_equal = |(name, value): (&str, &JsValue)| other.get(name).is_some_and(|other| Object::is(value, other));
        self.0.len() == other.0.len() && self.iter().all(is_equal)
    }
}

impl Eq for Members {}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Defines a builder's method that sets one of the [`Members`] in the field `other`.
macro_rules! member_setter {
    () => {
        /// Sets a member for which this crate has no method.
        #[must_use]
        pub fn member(mut self, name: impl Into<String>, value: impl Into<wasm_bindgen::JsValue>) -> Self {
            self.other.set(name, value);
            self
        }
    };
}

pub(crate) use member_setter;
