//! Transfers whose call has ended, and which continue in the next call with the same peer.

use std::cell::RefCell;

use browser_rtc::files::{Files, Offer};
use futures::channel::oneshot::{self, Receiver, Sender};

#[derive(Default)]
pub struct Interrupted {
    /// The names of the peers that files are sent to.
    sending: RefCell<Vec<(String, Sender<Files>)>>,
    /// The ids of the files that are received.
    receiving: RefCell<Vec<(String, Sender<Offer>)>>,
}

impl Interrupted {
    /// Resolves to the channel of the next call with the peer.
    pub fn next_call(&self, peer: &str) -> Receiver<Files> {
        wait(&self.sending, peer)
    }

    /// Resolves when the file is offered again.
    pub fn next_offer(&self, file_id: &str) -> Receiver<Offer> {
        wait(&self.receiving, file_id)
    }

    /// Lets the files that wait for this peer be sent in its call.
    pub fn continue_sending(&self, peer: &str, files: &Files) {
        let (of_peer, others) = self.sending.take().into_iter().partition(|(name, _)| name == peer);
        self.sending.replace(others);
        let of_peer: Vec<_> = of_peer;
        for (_, continues) in of_peer {
            // The user may have removed the file.
            let _sent = continues.send(files.clone());
        }
    }

    /// Lets a file be received further. Returns the offer if no file waits for it.
    pub fn continue_receiving(&self, offer: Offer) -> Option<Offer> {
        let mut receiving = self.receiving.borrow_mut();
        let Some(index) = receiving.iter().position(|(id, _)| id == offer.id()) else { return Some(offer) };
        // If the user has removed the file, it is offered like a new one.
        receiving.swap_remove(index).1.send(offer).err()
    }
}

fn wait<T>(list: &RefCell<Vec<(String, Sender<T>)>>, name: &str) -> Receiver<T> {
    let (continues, continued) = oneshot::channel();
    let mut list = list.borrow_mut();
    list.retain(|(_, waiting)| !waiting.is_canceled());
    list.push((name.to_owned(), continues));
    continued
}
