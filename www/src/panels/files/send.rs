//! A file that is sent.

use std::{future::Future, pin::pin, rc::Rc};

use browser_rtc::{
    ErrorKind, Result,
    files::{Files, OfferInit, Outgoing},
};
use futures::{FutureExt, StreamExt, select_biased};
use web_sys::{File, HtmlButtonElement};

use super::{
    interrupted::Interrupted,
    item::Item,
    unfinished::{self, Sending},
    view::FileView,
};
use crate::{dom, texts::files as texts, ui::object_url::ObjectUrl};

/// Offers a file, sends it once it is accepted, and continues in the next call if this one ends. Runs until the user
/// removes the file from the list.
pub async fn send(
    view: Rc<FileView>,
    interrupted: Rc<Interrupted>,
    sending: Sending,
    files: Files,
    file: File,
    peer: String,
) {
    let Ok(item) = Item::new(&view, "out", &file.name(), file.size()) else { return };
    let _preview = ObjectUrl::new(&file).map(|url| item.preview(url, &file.type_()));
    let mut files = Some(files);
    let mut last: Option<Outgoing> = None;
    while let Some(call) = files.take() {
        item.set_state("waiting", &texts::waiting_for(&peer));
        let offered = match &last {
            None => call.offer_with(&file, &OfferInit::new().id(unfinished::id_of(&file))).await,
            Some(outgoing) => call.offer_again(outgoing).await,
        };
        // The channel of a call that has ended must not be kept.
        drop(call);
        let sent = match offered {
            Ok(outgoing) => transfer(&item, last.insert(outgoing)).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => item.finish("done", &texts::delivered_to(&peer)),
            Err(error) if *error.kind() == ErrorKind::Closed => {
                item.finish("interrupted", &texts::interrupted(&peer));
                files = item.unless_removed(interrupted.next_call(&peer)).await;
            }
            Err(error) => item.fail(&error, &peer),
        }
    }
    drop(sending);
    item.removed().await;
}

async fn transfer(item: &Item, outgoing: &Outgoing) -> Result<()> {
    let sending = async {
        outgoing.accepted().await?;
        item.follow(outgoing.progress(), texts::SENDING).await;
        outgoing.finished().await
    };
    unless_cancelled(item.cancel_button(), || outgoing.cancel(), sending).await
}

/// Runs a transfer, and calls `cancel` when the button is clicked, which ends the transfer.
pub async fn unless_cancelled<T>(
    button: &HtmlButtonElement,
    cancel: impl Fn(),
    transfer: impl Future<Output = Result<T>>,
) -> Result<T> {
    button.set_hidden(false);
    let mut clicks = dom::clicks(button);
    let mut transfer = pin!(transfer.fuse());
    loop {
        select_biased! {
            outcome = transfer => return outcome,
            () = clicks.select_next_some() => cancel(),
        }
    }
}
