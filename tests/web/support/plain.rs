//! A peer without this crate: the perfect negotiation of the specification, in JavaScript.

use std::{cell::RefCell, rc::Rc};

use browser_rtc::{Error, negotiation::Signal, session::Link};
use futures::{Sink, Stream, channel::mpsc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::js;

/// The behavior of a plain peer.
#[derive(Clone, Copy, Default)]
pub struct Behavior {
    pub polite: bool,
    pub ignores_offers: bool,
    /// All answers have the ICE credentials of the first answer.
    pub keeps_credentials: bool,
}

/// A peer that is a raw connection and whose signals have no headers. It is closed when this is dropped.
pub struct PlainPeer {
    peer: JsValue,
    _send: Closure<dyn FnMut(String)>,
}

const PEER: &str = "
    const pc = new RTCPeerConnection();
    let making = false, ignoring = false, credentials;
    const received = [];
    const transmit = message => send(JSON.stringify(message));
    const keepCredentials = sdp => {
        credentials ??= [sdp.match(/a=ice-ufrag:.*/)[0], sdp.match(/a=ice-pwd:.*/)[0]];
        return sdp.replace(/a=ice-ufrag:.*/g, credentials[0]).replace(/a=ice-pwd:.*/g, credentials[1]);
    };
    const describe = async () => {
        await pc.setLocalDescription();
        const { type, sdp } = pc.localDescription;
        const kept = behavior.keepsCredentials && type == 'answer';
        transmit({ kind: 'description', type, sdp: kept ? keepCredentials(sdp) : sdp });
    };
    pc.onnegotiationneeded = async () => {
        making = true;
        await describe();
        making = false;
    };
    // A peer that keeps its credentials has no candidates with other credentials.
    const isKept = candidate => !credentials || credentials[0].endsWith(`:${candidate.usernameFragment}`);
    pc.onicecandidate = ({ candidate }) =>
        candidate && isKept(candidate) && transmit({ kind: 'candidate', ...candidate.toJSON() });
    const receive = async text => {
        const { kind, type, sdp, ...rest } = JSON.parse(text);
        received.push(type ?? kind);
        if (kind == 'description') {
            if (type == 'offer') {
                ignoring = behavior.ignoresOffers || !behavior.polite && (making || pc.signalingState != 'stable');
                if (ignoring) return;
            }
            await pc.setRemoteDescription({ type, sdp });
            if (type == 'offer') await describe();
        } else if (kind == 'candidate') {
            await pc.addIceCandidate(rest).catch(error => { if (!ignoring) throw error; });
        }
    };
    return { pc, received, receive };
";

impl PlainPeer {
    /// Creates a peer. Returns the session's end of the link to it as well.
    pub fn new(behavior: Behavior) -> (Self, impl Stream<Item = Signal> + Sink<Signal, Error = Error> + use<>) {
        let (to_session, from_peer) = mpsc::unbounded::<Signal>();
        let send = Closure::new(move |text: String| {
            let _ended = to_session.unbounded_send(text.parse().unwrap());
        });
        let flags = js::eval("{}");
        for (name, flag) in [
            ("polite", behavior.polite),
            ("ignoresOffers", behavior.ignores_offers),
            ("keepsCredentials", behavior.keeps_credentials),
        ] {
            js_sys::Reflect::set(&flags, &name.into(), &flag.into()).unwrap();
        }
        let peer = js::run("send, behavior", &[send.as_ref(), &flags], PEER);
        let receiver = peer.clone();
        let link = Link::sending(from_peer, move |signal: Signal| {
            js::run("peer, text", &[&receiver, &signal.to_string().into()], "peer.receive(text)");
            Ok(())
        });
        (Self { peer, _send: send }, link)
    }

    /// Runs JavaScript that has the connection as `pc`.
    pub fn run(&self, body: &str) -> JsValue {
        js::run("pc", &[&self.raw()], body)
    }

    pub fn raw(&self) -> JsValue {
        js::get(&self.peer, "pc")
    }

    /// Returns the number of received signals of a description type, or of another kind.
    pub fn received(&self, kind: &str) -> usize {
        let received: js_sys::Array = js::get(&self.peer, "received").unchecked_into();
        received.iter().filter(|one| one.as_string().as_deref() == Some(kind)).count()
    }
}

impl Drop for PlainPeer {
    fn drop(&mut self) {
        self.run("pc.onnegotiationneeded = pc.onicecandidate = null; pc.close()");
    }
}

/// Adds a copy of each signal to `log`.
pub fn inspect_signals<S: Stream<Item = Signal>>(
    signals: S,
    log: &Rc<RefCell<Vec<Signal>>>,
) -> impl Stream<Item = Signal> + use<S> {
    use futures::StreamExt;
    let log = log.clone();
    signals.inspect(move |signal| log.borrow_mut().push(signal.clone()))
}
