//! The page as JavaScript sees it, beside the library.

use js_sys::{Array, Function, Object, Reflect, Set};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::Within;

pub fn eval(expression: &str) -> JsValue {
    js_sys::eval(&format!("({expression})")).unwrap()
}

/// Calls `body`, which sees `arguments` under these names.
pub fn run(names: &str, arguments: &[&JsValue], body: &str) -> JsValue {
    let arguments: Array = arguments.iter().copied().collect();
    Function::new_with_args(names, body).apply(&JsValue::NULL, &arguments).unwrap()
}

/// The same for a body that gives a promise.
pub async fn run_to_end(names: &str, arguments: &[&JsValue], body: &str) -> JsValue {
    settled(run(names, arguments, body), body).await
}

pub async fn settled(promise: JsValue, awaited: &str) -> JsValue {
    JsFuture::from(promise.unchecked_into::<js_sys::Promise>()).within(awaited).await.unwrap()
}

pub fn get(object: &JsValue, member: &str) -> JsValue {
    Reflect::get(object, &member.into()).unwrap()
}

pub fn string(object: &JsValue, member: &str) -> String {
    get(object, member).as_string().unwrap_or_else(|| panic!("{member} is no string"))
}

pub fn number(object: &JsValue, member: &str) -> f64 {
    get(object, member).as_f64().unwrap_or_else(|| panic!("{member} is no number"))
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

/// An event of the page's own making, with these members.
pub fn dispatch(target: &JsValue, event: &str, members: &JsValue) {
    let body = "target.dispatchEvent(Object.assign(new Event(event), members))";
    run("target, event, members", &[target, &event.into(), members], body);
}

/// One property of a browser object replaced, until this is dropped.
pub struct Override {
    object: Object,
    property: JsValue,
    former: JsValue,
}

impl Override {
    pub fn new(object: &JsValue, property: &str, value: &JsValue) -> Self {
        let object: Object = object.clone().unchecked_into();
        let property = JsValue::from_str(property);
        let former = Object::get_own_property_descriptor(&object, &property);
        let replaced = run("value", &[value], "return { value, configurable: true, writable: true }");
        Object::define_property(&object, &property, replaced.unchecked_ref());
        Self { object, property, former }
    }
}

impl Drop for Override {
    fn drop(&mut self) {
        if self.former.is_undefined() {
            Reflect::delete_property(&self.object, &self.property).unwrap();
        } else {
            Object::define_property(&self.object, &self.property, self.former.unchecked_ref());
        }
    }
}

/// Counts the calls of a method, of whichever object of the class.
pub struct Calls {
    counter: JsValue,
    _spy: Override,
}

impl Calls {
    pub fn of(class: &str, method: &str) -> Self {
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

/// Counts the listeners that are added anywhere on the page and not yet removed.
pub struct ListenerCount {
    live: Set,
    _spies: [Override; 2],
}

impl ListenerCount {
    pub fn new() -> Self {
        let live = Set::new(&JsValue::UNDEFINED);
        let prototype = eval("EventTarget.prototype");
        let spy = |method: &str, note: &str| {
            let body =
                "return function(type, callback) { live[note](callback); return original.apply(this, arguments); }";
            let spy = run("live, note, original", &[&live, &note.into(), &get(&prototype, method)], body);
            Override::new(&prototype, method, &spy)
        };
        let spies = [spy("addEventListener", "add"), spy("removeEventListener", "delete")];
        Self { live, _spies: spies }
    }

    pub fn live(&self) -> u32 {
        self.live.size()
    }
}
