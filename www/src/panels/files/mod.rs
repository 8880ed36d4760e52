//! File transfers in a call. Files are chosen, dropped or pasted by the sender, and accepted or declined by the receiver.
//!
//! Each transfer is a task that lives as long as its line in the list. If the call ends during the transfer, the task
//! waits for the next call with the same peer, and continues there. If the page of the sender is closed, the file has to
//! be chosen again.

mod intake;
mod interrupted;
mod item;
mod offers;
mod preview;
mod rate;
mod receive;
mod send;
mod unfinished;
mod view;

use std::rc::Rc;

use browser_rtc::{Result, files::Files as Transfers, room::Call};
use futures::{FutureExt, StreamExt, select_biased};
use wasm_bindgen_futures::spawn_local;

use self::{intake::Intake, interrupted::Interrupted, unfinished::Unfinished, view::FileView};
use crate::{
    dom::{self, Dom, MissingElement},
    page::Page,
    ui::{shelf::Shelf, viewer::Viewer},
};

/// The files of all calls since the page was opened.
pub struct Files {
    view: Rc<FileView>,
    interrupted: Rc<Interrupted>,
    unfinished: Rc<Unfinished>,
    intake: Intake,
    shelf: Shelf,
}

impl Files {
    pub fn find(dom: &Dom, viewer: Rc<Viewer>) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            view: FileView::find(dom, viewer)?,
            interrupted: Rc::default(),
            unfinished: Unfinished::find(dom)?,
            intake: Intake::find(dom)?,
            shelf: Shelf::find(dom, "files")?,
        })
    }
}

/// Runs the transfers of a call until the channel closes, at the latest with the call.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let (Files { view, interrupted, unfinished, intake, shelf }, peer) = (&page.files, call.peer().name);
    let _in_panel = shelf.move_to_call();
    let (mut chosen, mut forgets) = (intake.files(), dom::clicks(unfinished.forget_button()));
    let transfers = Transfers::new(call.channel("files").await?);
    let _open = intake.open(&peer);
    interrupted.continue_sending(&peer, &transfers);
    if unfinished.show(&peer) {
        page.panels.add_news("files");
    }
    loop {
        select_biased! {
            offer = transfers.next_offer().fuse() => {
                let Some(offer) = offer else { return Ok(()) };
                // The user has accepted the file before the connection was lost.
                let Some(offer) = interrupted.continue_receiving(&peer, offer) else { continue };
                page.panels.add_news("files");
                spawn_local(receive::receive(view.clone(), interrupted.clone(), offer, peer.clone()));
            }
            files = chosen.select_next_some() => for file in files {
                let (view, interrupted) = (view.clone(), interrupted.clone());
                let sending = unfinished.begin(&file, &peer);
                spawn_local(send::send(view, interrupted, sending, transfers.clone(), file, peer.clone()));
            },
            () = forgets.select_next_some() => unfinished.forget(&peer),
        }
    }
}
