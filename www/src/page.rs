//! The elements of the page.

use std::rc::Rc;

use web_sys::{Element, HtmlButtonElement};

use crate::{
    call::CallView,
    dom::{Dom, MissingElement},
    form::JoinForm,
    notices::Notices,
    panels::{capture::Captures, chat::Chat, files::Files, inspector::Inspector, keypad::Keypad},
    ringing::{IncomingPanel, OutgoingPanel},
    room::{chat::RoomChat, invite::Invite, people::PeopleList},
    settings::Settings,
    ui::{tabs::Tabs, viewer::Viewer},
    views::{View, Views},
};

/// All elements that the program uses.
pub struct Page {
    views: Views,
    pub room_name: Element,
    pub you: Element,
    pub leave: HtmlButtonElement,
    pub notices: Notices,
    pub join: JoinForm,
    pub people: PeopleList,
    pub settings: Settings,
    pub incoming: IncomingPanel,
    pub outgoing: OutgoingPanel,
    pub call: CallView,
    pub chat: Chat,
    pub files: Files,
    pub room_chat: RoomChat,
    pub invite: Invite,
    pub lounge_devices: Element,
    pub keypad: Keypad,
    pub captures: Captures,
    pub viewer: Rc<Viewer>,
    pub inspector: Inspector,
    pub panels: Tabs,
}

impl Page {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let viewer = Rc::new(Viewer::find(dom)?);
        Ok(Self {
            views: Views::find(dom)?,
            room_name: dom.get("room-name")?,
            you: dom.get("you")?,
            leave: dom.get("leave")?,
            notices: Notices::find(dom)?,
            join: JoinForm::find(dom)?,
            people: PeopleList::find(dom)?,
            settings: Settings::find(dom)?,
            incoming: IncomingPanel::find(dom)?,
            outgoing: OutgoingPanel::find(dom)?,
            call: CallView::find(dom)?,
            chat: Chat::find(dom)?,
            files: Files::find(dom, viewer.clone())?,
            room_chat: RoomChat::find(dom)?,
            invite: Invite::find(dom)?,
            lounge_devices: dom.get("lounge-devices")?,
            keypad: Keypad::find(dom)?,
            captures: Captures::find(dom, viewer.clone())?,
            viewer,
            inspector: Inspector::find(dom)?,
            panels: Tabs::find(dom, &["chat", "files", "keypad", "capture", "inspector"])?,
        })
    }

    pub fn show(&self, view: View) {
        self.views.show(view);
    }
}
