//! The invitation to the room: a link, and its QR code for a phone.

use browser_rtc::Listener;
use futures::{StreamExt, select_biased};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlButtonElement, HtmlDialogElement, HtmlElement, HtmlInputElement, Navigator, ShareData};

use super::qr;
use crate::{
    dom::{self, Dom, MissingElement},
    form::address,
    texts::room as texts,
    ui::features,
};

pub struct Invite {
    dialog: HtmlDialogElement,
    open: Vec<HtmlElement>,
    close: HtmlButtonElement,
    room: Element,
    link: HtmlInputElement,
    code: Element,
    copy: HtmlButtonElement,
    share: HtmlButtonElement,
    result: Element,
    local_hint: HtmlElement,
}

impl Invite {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            dialog: dom.get("invite")?,
            open: dom.all("[data-opens=invite]")?,
            close: dom.get("close-invite")?,
            room: dom.get("invite-room")?,
            link: dom.get("invite-link")?,
            code: dom.get("invite-code")?,
            copy: dom.get("copy-link")?,
            share: dom.get("share-link")?,
            result: dom.get("invite-result")?,
            local_hint: dom.get("invite-local")?,
        })
    }

    /// Closes the dialog, which would hide what happens in the room.
    pub fn close(&self) {
        self.dialog.close();
    }

    fn fill(&self, room: &str, navigator: &Navigator) {
        let link = address::link(room);
        self.room.set_text_content(Some(room));
        self.link.set_value(&link);
        self.share.set_hidden(!features::has_member(navigator, "share"));
        self.local_hint.set_hidden(!address::is_local());
        self.code.set_text_content(None);
        if let Some(code) = qr::draw(&link) {
            dom::append(&self.code, &code);
        }
    }
}

/// Runs the invitation until the future is dropped, which closes it.
pub async fn run(invite: &Invite, room: &str) {
    let Some(navigator) = web_sys::window().map(|window| window.navigator()) else { return };
    let _closed = Closed(invite);
    let (dialog, result) = (invite.dialog.clone(), invite.result.clone());
    let _opens: Vec<_> = invite
        .open
        .iter()
        .map(|button| {
            let (dialog, result) = (dialog.clone(), result.clone());
            Listener::new(button, "click", move |_| {
                result.set_text_content(None);
                // A dialog that is open already stays open.
                let _ = dialog.show_modal();
            })
        })
        .collect();
    invite.fill(room, &navigator);
    let (mut copies, mut shares) = (dom::clicks(&invite.copy), dom::clicks(&invite.share));
    let mut closes = dom::clicks(&invite.close);
    let mut clicks = dom::clicks_on(&invite.dialog);
    loop {
        select_biased! {
            () = closes.select_next_some() => invite.close(),
            // A click on the backdrop is one on the dialog itself, whose content fills it.
            () = clicks.select_next_some() => invite.close(),
            () = copies.select_next_some() => {
                let copied = JsFuture::from(navigator.clipboard().write_text(&invite.link.value())).await;
                invite.link.select();
                result.set_text_content(Some(if copied.is_ok() { texts::COPIED } else { texts::NOT_COPIED }));
            }
            () = shares.select_next_some() => {
                let data = ShareData::new();
                data.set_title(&texts::share_title(room));
                data.set_url(&invite.link.value());
                // The user may close the prompt without sharing.
                let _ = JsFuture::from(navigator.share_with_data(&data)).await;
            }
        }
    }
}

struct Closed<'a>(&'a Invite);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
