//! One shared state per browser object.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    thread::LocalKey,
};

use wasm_bindgen::JsValue;

/// State that all handles of one browser object share.
pub(crate) trait Shared: Sized + 'static {
    /// The browser's own object.
    fn object(&self) -> &JsValue;

    /// The registry of this kind of object.
    fn registry() -> &'static LocalKey<Registry<Self>>;

    /// Returns the state of this object, where a handle of it exists.
    fn find(object: &JsValue) -> Option<Rc<Self>> {
        Self::all().into_iter().find(|state| state.object() == object)
    }

    /// Makes a new state known.
    fn register(self: &Rc<Self>) {
        Self::registry().with(|Registry(states)| states.borrow_mut().push(Rc::downgrade(self)));
    }

    /// Removes a state that is being dropped.
    fn unregister(&self) {
        Self::registry()
            .with(|Registry(states)| states.borrow_mut().retain(|state| !std::ptr::eq(state.as_ptr(), self)));
    }

    /// Returns all states that are in use.
    fn all() -> Vec<Rc<Self>> {
        Self::registry().with(|Registry(states)| states.borrow().iter().filter_map(Weak::upgrade).collect())
    }
}

/// The states of one kind that are in use.
///
/// It holds them weakly, and each removes itself when it is dropped, so that it keeps neither memory nor browser
/// objects. A list serves: a page has some hundreds of such objects at most, and only `from_raw` searches it.
pub(crate) struct Registry<T>(RefCell<Vec<Weak<T>>>);

impl<T> Registry<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

/// Implements [`Shared`] for a state whose field `raw` is the browser's own object.
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
