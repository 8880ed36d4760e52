//! Transfers whose call has ended, and which continue in the next call with the same peer.

use std::cell::RefCell;

use browser_rtc::files::{Files, Offer};
use futures::channel::oneshot::{self, Receiver, Sender};

/// Transfers that wait, by what they wait for.
type Waiting<K, T> = Vec<(K, Sender<T>)>;

#[derive(Default)]
pub struct Interrupted {
    /// The names of the peers that files are sent to.
    sending: RefCell<Waiting<String, Files>>,
    /// The files that are received: the name of the sender, and the id of the file.
    receiving: RefCell<Waiting<(String, String), Offer>>,
}

impl Interrupted {
    /// Resolves to the channel of the next call with the peer.
    pub fn next_call(&self, peer: &str) -> Receiver<Files> {
        wait(&self.sending, peer.to_owned())
    }

    /// Resolves when the peer offers the file again.
    pub fn next_offer(&self, peer: &str, file_id: &str) -> Receiver<Offer> {
        wait(&self.receiving, (peer.to_owned(), file_id.to_owned()))
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
    pub fn continue_receiving(&self, peer: &str, offer: Offer) -> Option<Offer> {
        let mut receiving = self.receiving.borrow_mut();
        let is_this = |(of, id): &(String, String)| of == peer && id == offer.id();
        let Some(index) = receiving.iter().position(|(file, _)| is_this(file)) else { return Some(offer) };
        // If the user has removed the file, it is offered like a new one.
        receiving.swap_remove(index).1.send(offer).err()
    }
}

fn wait<K, T>(list: &RefCell<Waiting<K, T>>, key: K) -> Receiver<T> {
    let (continues, continued) = oneshot::channel();
    let mut list = list.borrow_mut();
    list.retain(|(_, waiting)| !waiting.is_canceled());
    list.push((key, continues));
    continued
}
