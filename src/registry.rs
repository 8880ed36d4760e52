//! Registries of the state that the handles of a browser object share.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    thread::LocalKey,
};

use wasm_bindgen::JsValue;

/// The state that all handles of one browser object share.
pub(crate) trait Shared: Sized + 'static {
    /// Returns the browser object.
    fn object(&self) -> &JsValue;

    /// Returns the registry of this type of state.
    fn registry() -> &'static LocalKey<Registry<Self>>;

    /// Returns the state of a browser object, if a handle of the object exists.
    fn find(object: &JsValue) -> Option<Rc<Self>> {
        Self::all().into_iter().find(|state| state.object() == object)
    }

    /// Registers a new state.
    fn register(self: &Rc<Self>) {
        Self::registry().with(|Registry(states)| states.borrow_mut().push(Rc::downgrade(self)));
    }

    /// Removes the state. Call it when the state is dropped.
    fn unregister(&self) {
        Self::registry()
            .with(|Registry(states)| states.borrow_mut().retain(|state| !std::ptr::eq(state.as_ptr(), self)));
    }

    /// Returns all registered states.
    fn all() -> Vec<Rc<Self>> {
        Self::registry().with(|Registry(states)| states.borrow().iter().filter_map(Weak::upgrade).collect())
    }
}

/// The registered states of one type.
///
/// The registry holds weak references, and each state removes itself when it is dropped, so that neither memory nor browser
/// objects are leaked. A list is fast enough: a page has at most a few hundred such objects, and only `from_raw`
/// searches it.
pub(crate) struct Registry<T>(RefCell<Vec<Weak<T>>>);

impl<T> Registry<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

/// Implements [`Shared`] for a state, given the path of the field with the browser object.
macro_rules! shared {
    ($state:ty, $($raw:ident).+) => {
        impl $crate::registry::Shared for $state {
            fn object(&self) -> &wasm_bindgen::JsValue {
                &self.$($raw).+
            }

            fn registry() -> &'static std::thread::LocalKey<$crate::registry::Registry<Self>> {
                thread_local! {
                    static STATES: $crate::registry::Registry<$state> = const { $crate::registry::Registry::new() };
                }
                &STATES
            }
        }
    };
}

pub(crate) use shared;
