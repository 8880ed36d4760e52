//! The list of people in the room.

use browser_rtc::{Listener, signaling::Peer};
use futures::{
    StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    stream::SelectNextSome,
};
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use super::search::Search;
use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts,
};

pub struct PeopleList {
    list: HtmlElement,
    title: Element,
    my_avatar: Element,
    my_name: Element,
    template: Template,
    search: Search,
}

impl PeopleList {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let found = Self {
            list: dom.get("people")?,
            title: dom.get("people-title")?,
            my_avatar: dom.get("my-avatar")?,
            my_name: dom.get("my-name")?,
            template: Template::find(dom, "person-template")?,
            search: Search::find(dom)?,
        };
        Person::new(&found.template, &Peer::new("", String::new()), &mpsc::unbounded().0)?;
        Ok(found)
    }
}

/// The other people in the room, in the order of their names. They are removed from the list on drop.
pub struct People<'a> {
    list: &'a PeopleList,
    people: Vec<(Peer, Person)>,
    clicks: UnboundedSender<Peer>,
    clicked: UnboundedReceiver<Peer>,
    /// The peer of the current call, which may still ring. No other peer can be called during this time.
    in_call_with: Option<Peer>,
}

impl<'a> People<'a> {
    pub fn new(list: &'a PeopleList, me: &Peer, peers: Vec<Peer>) -> Self {
        let (clicks, clicked) = mpsc::unbounded();
        list.my_avatar.set_text_content(Some(&dom::initial(&me.name)));
        list.my_name.set_text_content(Some(&me.name));
        list.search.clear();
        let mut people = Self { list, people: Vec::new(), clicks, clicked, in_call_with: None };
        people.replace(peers);
        people
    }

    pub fn add(&mut self, peer: Peer) {
        // `find` has checked that the template has all parts.
        let Ok(person) = Person::new(&self.list.template, &peer, &self.clicks) else { return };
        person.call.set_disabled(self.in_call_with.is_some());
        let position = self.people.partition_point(|(known, _)| dom::compare(&known.name, &peer.name).is_le());
        let next = self.people.get(position).map(|(_, next)| &next.item);
        dom::insert(&self.list.list, &person.item, next);
        self.people.insert(position, (peer, person));
        self.show_count();
    }

    pub fn remove(&mut self, peer: &Peer) {
        let had_focus = self.people.iter().any(|(known, person)| known.id == peer.id && dom::has_focus(&person.call));
        self.people.retain(|(known, _)| known.id != peer.id);
        self.show_count();
        if had_focus {
            dom::focus(&self.list.list);
        }
    }

    pub fn replace(&mut self, peers: Vec<Peer>) {
        self.people.clear();
        self.show_count();
        for peer in peers {
            self.add(peer);
        }
    }

    fn show_count(&self) {
        let count = self.people.len();
        self.list.title.set_text_content(Some(&texts::room::people(count.saturating_add(1))));
        self.list.search.update(count);
    }

    /// Resolves with the next peer whose call button is clicked.
    pub fn called(&mut self) -> SelectNextSome<'_, UnboundedReceiver<Peer>> {
        self.clicked.select_next_some()
    }

    pub fn begin_call(&mut self, peer: &Peer) {
        self.in_call_with = Some(peer.clone());
        self.set_disabled(true);
        if let Some(person) = self.person(peer) {
            dom::set_attribute(&person.item, "data-state", "call");
        }
    }

    /// Moves the focus to the peer of the call, because the panels that had the focus are hidden, unless the user is
    /// typing elsewhere.
    pub fn end_call(&mut self) {
        self.set_disabled(false);
        let Some(peer) = self.in_call_with.take() else { return };
        let person = self.person(&peer);
        if let Some(person) = person {
            let _well_formed = person.item.remove_attribute("data-state");
        }
        if dom::is_typing() {
            return;
        }
        match person.filter(|person| dom::is_visible(&person.item)) {
            Some(person) => dom::focus(&person.call),
            // The peer has left, or is hidden by the search.
            None => dom::focus(&self.list.list),
        }
    }

    /// Returns the line of a peer, which may have got another id, so that it is found by its name.
    fn person(&self, peer: &Peer) -> Option<&Person> {
        self.people.iter().find(|(known, _)| known.name == peer.name).map(|(_, person)| person)
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
        dom::set_attribute(&call, "aria-label", &texts::room::call(&peer.name));
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
