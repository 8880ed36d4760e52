//! The telephone keypad, whose keys light while their tones play.

use browser_rtc::{
    EventStream, Result,
    dtmf::{DtmfSender, Timing, Tone, Tones},
    peer::{ConnectionState, PeerConnection},
    room::Call,
};
use futures::{
    FutureExt, StreamExt,
    future::{Fuse, join},
    select_biased,
};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement};

use crate::{
    dom::{self, Dom, MissingElement},
    page::Page,
};

pub struct Keypad {
    keys: HtmlElement,
    form: HtmlFormElement,
    tones: HtmlInputElement,
}

impl Keypad {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        let found = Self { keys: dom.get("keypad")?, form: dom.get("tones-form")?, tones: dom.get("tones")? };
        for tone in "0123456789ABCD*#".chars() {
            dom.select::<Element>(&selector(tone))?;
        }
        Ok(found)
    }

    fn presses(&self) -> EventStream<Tone> {
        EventStream::listen(&self.keys, "click", |event| {
            let key = event.target()?.dyn_into::<Element>().ok()?.closest("[data-tone]").ok()??;
            Tone::new(key.get_attribute("data-tone")?.chars().next()?).ok()
        })
    }

    /// Lights the key of a tone. A pause has no key.
    fn light(&self, tone: Tone) -> Option<Light> {
        dom::within(&self.keys, &selector(tone.as_char())).ok().map(Light::on)
    }
}

fn selector(tone: char) -> String {
    format!("[data-tone=\"{tone}\"]")
}

/// A key that is lit until this is dropped.
struct Light(Element);

impl Light {
    fn on(key: Element) -> Self {
        let _valid_name = key.class_list().add_1("lit");
        Self(key)
    }
}

impl Drop for Light {
    fn drop(&mut self) {
        let _valid_name = self.0.class_list().remove_1("lit");
    }
}

/// Plays pressed keys and entered tones until the connection closes.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let dtmf = call.dtmf()?;
    join(play(page, call.connection(), &dtmf), light(&page.keypad, &dtmf)).await;
    Ok(())
}

async fn play(page: &Page, connection: &PeerConnection, dtmf: &DtmfSender) {
    let mut presses = page.keypad.presses();
    let mut submits = dom::submits(&page.keypad.form);
    // Keys that are pressed early play as soon as the connection is established.
    let connected = |state| async move { state == ConnectionState::Connected };
    if !connection.connection_states().any(connected).await {
        return;
    }
    loop {
        let played = select_biased! {
            tone = presses.select_next_some() => dtmf.append(&tone.into()).map(drop),
            () = submits.select_next_some() => play_entered(&page.keypad.tones, dtmf),
        };
        if let Err(error) = played {
            page.notices.fail_unless_closed(&error);
        }
    }
}

fn play_entered(field: &HtmlInputElement, dtmf: &DtmfSender) -> Result<()> {
    let entered: String = field.value().split_whitespace().collect();
    let _playout = dtmf.insert(&entered.parse::<Tones>()?, Timing::new())?;
    field.set_value("");
    Ok(())
}

/// Lights the key of each tone for the duration of the tone. The key is dark during the gap, so that two equal tones
/// are distinguishable.
async fn light(keypad: &Keypad, dtmf: &DtmfSender) {
    let duration = u32::try_from(Timing::new().tone_duration().as_millis()).unwrap_or(u32::MAX);
    let mut changes = dtmf.tone_changes();
    let mut lit = None;
    let mut tone_end = Fuse::terminated();
    loop {
        select_biased! {
            change = changes.next() => {
                // The previous key goes dark first, because the next tone may have the same key.
                drop(lit.take());
                match change {
                    Some(Some(tone)) => {
                        lit = keypad.light(tone);
                        tone_end = TimeoutFuture::new(duration).fuse();
                    }
                    Some(None) => {}
                    None => return,
                }
            }
            () = tone_end => drop(lit.take()),
        }
    }
}
