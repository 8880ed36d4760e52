//! The list of people in the room.

use browser_rtc::{Listener, signaling::Peer};
use futures::{
    StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    stream::SelectNextSome,
};
use web_sys::{Element, HtmlButtonElement};

use crate::dom::{self, Dom, MissingElement, Template};

pub struct PeopleList {
    list: Element,
    template: Template,
}

impl PeopleList {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let found = Self { list: dom.get("people")?, template: Template::find(dom, "person-template")? };
        Person::new(&found.template, &Peer::new("", String::new()), &mpsc::unbounded().0)?;
        Ok(found)
    }
}

/// The people in the room. They are removed from the list on drop.
pub struct People<'a> {
    list: &'a PeopleList,
    people: Vec<(Peer, Person)>,
    clicks: UnboundedSender<Peer>,
    clicked: UnboundedReceiver<Peer>,
    /// The peer of the current call, which may still ring. No other peer can be called during this time.
    in_call_with: Option<Peer>,
}

impl<'a> People<'a> {
    pub fn new(list: &'a PeopleList, peers: Vec<Peer>) -> Self {
        let (clicks, clicked) = mpsc::unbounded();
        let mut people = Self { list, people: Vec::new(), clicks, clicked, in_call_with: None };
        for peer in peers {
            people.add(peer);
        }
        people
    }

    pub fn add(&mut self, peer: Peer) {
        // `find` has checked that the template has all parts.
        let Ok(person) = Person::new(&self.list.template, &peer, &self.clicks) else { return };
        person.call.set_disabled(self.in_call_with.is_some());
        dom::append(&self.list.list, &person.item);
        self.people.push((peer, person));
    }

    pub fn remove(&mut self, peer: &Peer) {
        self.people.retain(|(known, _)| known.id != peer.id);
    }

    pub fn clear(&mut self) {
        self.people.clear();
    }

    /// Resolves with the next peer whose call button is clicked.
    pub fn called(&mut self) -> SelectNextSome<'_, UnboundedReceiver<Peer>> {
        self.clicked.select_next_some()
    }

    pub fn begin_call(&mut self, peer: &Peer) {
        self.in_call_with = Some(peer.clone());
        self.set_disabled(true);
    }

    /// Moves the focus to the peer of the call, because the panels that had the focus are hidden. The peer may have
    /// another id in the meantime, so it is found by its name.
    pub fn end_call(&mut self) {
        self.set_disabled(false);
        let Some(peer) = self.in_call_with.take() else { return };
        if let Some((_, person)) = self.people.iter().find(|(known, _)| known.name == peer.name) {
            dom::focus(&person.call);
        }
    }

    fn set_disabled(&self, disabled: bool) {
        for (_, person) in &self.people {
            person.call.set_disabled(disabled);
        }
    }
}

/// One line of the list, removed on drop.
struct Person {
    item: Element,
    call: HtmlButtonElement,
    _clicks: Listener,
}

impl Person {
    fn new(template: &Template, peer: &Peer, clicks: &UnboundedSender<Peer>) -> Result<Self, MissingElement> {
        let item = template.copy()?;
        dom::set_attribute(&item, "data-peer-id", peer.id.as_str());
        dom::set_attribute(&item, "data-name", &peer.name);
        dom::within::<Element>(&item, ".avatar")?.set_text_content(Some(&dom::initial(&peer.name)));
        dom::within::<Element>(&item, ".name")?.set_text_content(Some(&peer.name));
        let call: HtmlButtonElement = dom::within(&item, "button.call")?;
        dom::set_attribute(&call, "aria-label", &format!("Call {}", peer.name));
        let (peer, clicks) = (peer.clone(), clicks.clone());
        let clicks = Listener::new(&call, "click", move |_| {
            let _sent = clicks.unbounded_send(peer.clone());
        });
        Ok(Self { item, call, _clicks: clicks })
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.item.remove();
    }
}
