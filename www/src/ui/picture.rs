//! Full screen, and picture in picture, where the browser has them.

use browser_rtc::Listener;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, HtmlButtonElement, HtmlVideoElement};

use super::features;

/// The members that web-sys lacks, or whose promise it drops.
#[wasm_bindgen]
extern "C" {
    type Pictured;

    #[wasm_bindgen(method, catch, js_name = requestFullscreen)]
    async fn fill_screen(this: &Pictured) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = requestPictureInPicture)]
    async fn float(this: &Pictured) -> Result<JsValue, JsValue>;

    type Page;

    #[wasm_bindgen(method, getter, js_name = pictureInPictureElement)]
    fn floating(this: &Page) -> Option<Element>;

    #[wasm_bindgen(method, catch, js_name = exitPictureInPicture)]
    async fn end_float(this: &Page) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = exitFullscreen)]
    async fn leave_screen(this: &Page) -> Result<JsValue, JsValue>;
}

/// Lets a button show an element on the full screen, and end that.
pub fn full_screen(button: &HtmlButtonElement, element: &Element) -> Listener {
    button.set_hidden(!document().is_some_and(|document| document.fullscreen_enabled()));
    let element = element.clone();
    Listener::new(button, "click", move |_| {
        let (Some(document), element) = (document(), element.clone()) else { return };
        spawn_local(async move {
            // The browser may refuse, which leaves the picture where it is.
            let _ = match document.fullscreen_element() {
                Some(_) => document.unchecked_ref::<Page>().leave_screen().await,
                None => element.unchecked_ref::<Pictured>().fill_screen().await,
            };
        });
    })
}

/// Lets a button show a video in a window above all others, and end that.
pub fn in_picture(button: &HtmlButtonElement, video: &HtmlVideoElement) -> Listener {
    button.set_hidden(!document().is_some_and(|document| features::has_member(&document, "exitPictureInPicture")));
    let video = video.clone();
    Listener::new(button, "click", move |_| {
        let (Some(document), video) = (document(), video.clone()) else { return };
        spawn_local(async move {
            let page: &Page = document.unchecked_ref();
            // The browser refuses while the video has no frame, which leaves the picture where it is.
            let _ = match page.floating() {
                Some(_) => page.end_float().await,
                None => video.unchecked_ref::<Pictured>().float().await,
            };
        });
    })
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}
