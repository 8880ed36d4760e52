//! Access to the page's JavaScript without the library.

use js_sys::{Array, Function, Object, Reflect, Set};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::Within;

pub fn eval(expression: &str) -> JsValue {
    js_sys::eval(&format!("({expression})")).unwrap()
}

/// Calls a function with this body, whose parameters `names` have the values `arguments`.
pub fn run(names: &str, arguments: &[&JsValue], body: &str) -> JsValue {
    let arguments: Array = arguments.iter().copied().collect();
    Function::new_with_args(names, body).apply(&JsValue::NULL, &arguments).unwrap()
}

/// Calls a function whose body returns a promise, and awaits the promise.
pub async fn run_async(names: &str, arguments: &[&JsValue], body: &str) -> JsValue {
    settled(run(names, arguments, body), body).await
}

pub async fn settled(promise: JsValue, awaited: &str) -> JsValue {
    JsFuture::from(promise.unchecked_into::<js_sys::Promise>()).within(awaited).await.unwrap()
}

pub fn get(object: &JsValue, member: &str) -> JsValue {
    Reflect::get(object, &member.into()).unwrap()
}

pub fn string(object: &JsValue, member: &str) -> String {
    get(object, member).as_string().unwrap_or_else(|| panic!("{member} is not a string"))
}

pub fn number(object: &JsValue, member: &str) -> f64 {
    get(object, member).as_f64().unwrap_or_else(|| panic!("{member} is not a number"))
}

pub fn text(value: &JsValue) -> String {
    run("value", &[value], "return String(value)").as_string().unwrap()
}

pub fn same(one: &JsValue, other: &JsValue) -> bool {
    Object::is(one, other)
}

pub fn media_devices() -> JsValue {
    eval("navigator.mediaDevices")
}

pub fn is_firefox() -> bool {
    eval("navigator.userAgent").as_string().unwrap().contains("Firefox")
}

/// Dispatches a synthetic event with these members.
pub fn dispatch(target: &JsValue, event: &str, members: &JsValue) {
    let body = "target.dispatchEvent(Object.assign(new Event(event), members))";
    run("target, event, members", &[target, &event.into(), members], body);
}

/// A replaced property of a browser object, which is restored when this is dropped.
pub struct Override {
    object: Object,
    property: JsValue,
    original: JsValue,
}

impl Override {
    pub fn new(object: &JsValue, property: &str, value: &JsValue) -> Self {
        let object: Object = object.clone().unchecked_into();
        let property = JsValue::from_str(property);
        let original = Object::get_own_property_descriptor(&object, &property);
        let descriptor = run("value", &[value], "return { value, configurable: true, writable: true }");
        Object::define_property(&object, &property, descriptor.unchecked_ref());
        Self { object, property, original }
    }
}

impl Drop for Override {
    fn drop(&mut self) {
        if self.original.is_undefined() {
            Reflect::delete_property(&self.object, &self.property).unwrap();
        } else {
            Object::define_property(&self.object, &self.property, self.original.unchecked_ref());
        }
    }
}

/// Counts the calls of a method on all objects of a class.
pub struct CallCounter {
    counter: JsValue,
    _spy: Override,
}

impl CallCounter {
    pub fn new(class: &str, method: &str) -> Self {
        let prototype = eval(&format!("{class}.prototype"));
        let counter = eval("{ calls: 0 }");
        let body = "return function() { counter.calls++; return original.apply(this, arguments); }";
        let spy = run("counter, original", &[&counter, &get(&prototype, method)], body);
        Self { counter, _spy: Override::new(&prototype, method, &spy) }
    }

    pub fn count(&self) -> f64 {
        number(&self.counter, "calls")
    }
}

/// Counts the event listeners of the page that were added and are not removed.
pub struct ListenerCount {
    live: Set,
    _spies: [Override; 2],
}

impl ListenerCount {
    pub fn new() -> Self {
        let live = Set::new(&JsValue::UNDEFINED);
        let prototype = eval("EventTarget.prototype");
        let spy = |method: &str, update: &str| {
            let body =
                "return function(type, callback) { live[update](callback); return original.apply(this, arguments); }";
            let spy = run("live, update, original", &[&live, &update.into(), &get(&prototype, method)], body);
            Override::new(&prototype, method, &spy)
        };
        let spies = [spy("addEventListener", "add"), spy("removeEventListener", "delete")];
        Self { live, _spies: spies }
    }

    pub fn live(&self) -> u32 {
        self.live.size()
    }
}
