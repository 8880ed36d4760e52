//! A file that is received.

use std::rc::Rc;

use browser_rtc::{
    ErrorKind, Result,
    files::{Incoming, Offer},
};
use futures::{FutureExt, StreamExt, select_biased};
use web_sys::Blob;

use super::{interrupted::Interrupted, item::Item, send::unless_cancelled, view::FileView};
use crate::{dom, texts::files as texts, ui::object_url::ObjectUrl};

/// Asks the user, receives the file, and continues in the next call if this one ends. Runs until the user removes the
/// file from the list.
pub async fn receive(view: Rc<FileView>, interrupted: Rc<Interrupted>, offer: Offer, peer: String) {
    #[expect(clippy::cast_precision_loss, reason = "the size is only shown")]
    let Ok(item) = Item::new(&view, "in", offer.name(), offer.size() as f64) else { return };
    item.set_state("offered", &texts::from(&peer));
    view.announce_offers();
    if !is_accepted(&item, &offer).await {
        item.finish("refused", texts::DECLINED);
        return item.removed().await;
    }
    // An offer that was withdrawn in the meantime fails here.
    let mut incoming = offer.accept_to_blob();
    drop(offer);
    let received = loop {
        let current = match incoming {
            Ok(current) => current,
            Err(error) => break Err(error),
        };
        let error = match transfer(&item, &current).await {
            Err(error) if *error.kind() == ErrorKind::Closed => error,
            received => break received,
        };
        let Some(part) = current.into_partial().await else { break Err(error) };
        item.finish("interrupted", &texts::interrupted(&peer));
        let Some(offer) = item.unless_removed(interrupted.next_offer(&peer, part.id())).await else { return };
        incoming = offer.resume(&part);
    };
    let _link = match received.and_then(|file| Ok((ObjectUrl::new(&file)?, file))) {
        Ok((url, file)) => {
            item.finish("done", texts::RECEIVED);
            item.offer_to_save(&url);
            Some(item.preview(url, &file.type_()))
        }
        Err(error) => {
            item.fail(&error, &peer);
            None
        }
    };
    item.removed().await;
}

/// Resolves when the user has answered. A withdrawn offer counts as accepted: accepting it fails with the reason.
async fn is_accepted(item: &Item, offer: &Offer) -> bool {
    let _buttons = item.ask();
    let (mut accept, mut refuse) = (dom::clicks(item.accept_button()), dom::clicks(item.refuse_button()));
    select_biased! {
        () = accept.select_next_some() => true,
        () = refuse.select_next_some() => offer.decline().is_err(),
        () = offer.withdrawn().fuse() => true,
    }
}

async fn transfer(item: &Item, incoming: &Incoming<Blob>) -> Result<Blob> {
    let receiving = async {
        item.follow(incoming.progress(), texts::RECEIVING).await;
        incoming.finished().await
    };
    unless_cancelled(item.cancel_button(), || incoming.cancel(), receiving).await
}
