//! Sources and destinations of files: [`Blob`](https://w3c.github.io/FileAPI/#blob-section),
//! [`WritableStream`](https://streams.spec.whatwg.org/#ws-class) and the
//! [origin-private file system](https://fs.spec.whatwg.org/#origin-private-file-system).

use js_sys::Object;
use wasm_bindgen::prelude::*;

use super::{global, promise::Promise};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = web_sys::Blob, extends = Object, js_name = Blob)]
    #[derive(Clone, Debug)]
    pub(crate) type ReadableBlob;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn slice(this: &ReadableBlob, start: f64, end: f64) -> Result<ReadableBlob, JsValue>;

    #[wasm_bindgen(method, catch, js_name = arrayBuffer)]
    pub(crate) fn read(this: &ReadableBlob) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = web_sys::WritableStream, extends = Object, js_name = WritableStream)]
    #[derive(Clone, Debug)]
    pub(crate) type Writable;

    #[wasm_bindgen(method, catch, js_name = getWriter)]
    pub(crate) fn writer(this: &Writable) -> Result<Writer, JsValue>;

    #[wasm_bindgen(extends = Object, js_name = WritableStreamDefaultWriter)]
    #[derive(Clone, Debug)]
    pub(crate) type Writer;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn write(this: &Writer, chunk: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn close(this: &Writer) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn abort(this: &Writer) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = Object)]
    #[derive(Clone, Debug)]
    pub(crate) type StorageManager;

    #[wasm_bindgen(method, catch, js_name = getDirectory)]
    pub(crate) fn directory(this: &StorageManager) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = Object, js_name = FileSystemDirectoryHandle)]
    #[derive(Clone, Debug)]
    pub(crate) type Directory;

    #[wasm_bindgen(method, catch, js_name = getFileHandle)]
    pub(crate) fn file(this: &Directory, name: &str, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeEntry)]
    pub(crate) fn remove(this: &Directory, name: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = Object, js_name = FileSystemFileHandle)]
    #[derive(Clone, Debug)]
    pub(crate) type FileHandle;

    #[wasm_bindgen(method, catch, js_name = getFile)]
    pub(crate) fn content(this: &FileHandle) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createWritable)]
    pub(crate) fn writable(this: &FileHandle, options: &Object) -> Result<Promise, JsValue>;
}

/// Returns the storage manager of the page; `None` in insecure pages.
pub(crate) fn storage() -> Option<StorageManager> {
    let storage = global::get(&global::get(&js_sys::global(), "navigator"), "storage");
    global::has_member(&storage, "getDirectory").then(|| storage.unchecked_into())
}
