//! The elements of the page.

use std::rc::Rc;

use web_sys::{Element, HtmlButtonElement, HtmlElement};

use crate::{
    call::CallView,
    dom::{self, Dom, MissingElement},
    join::JoinForm,
    notices::Notices,
    panels::{capture::Captures, chat::Chat, files::Files, inspector::Inspector, keypad::Keypad},
    ringing::{IncomingPanel, OutgoingPanel},
    room::{chat::RoomChat, invite::Invite, people::PeopleList},
    settings::Settings,
    ui::{tabs::Tabs, viewer::Viewer},
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

/// The current view of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum View {
    Unsupported,
    Join,
    Room,
}

/// The sections of the page, one of which is visible.
pub struct Views {
    body: HtmlElement,
    loading: HtmlElement,
    unsupported: HtmlElement,
    join: HtmlElement,
    room: HtmlElement,
    room_bar: HtmlElement,
}

impl Views {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            body: dom.body()?,
            loading: dom.get("loading")?,
            unsupported: dom.get("unsupported")?,
            join: dom.get("join-view")?,
            room: dom.get("room-view")?,
            room_bar: dom.get("room-bar")?,
        })
    }

    pub fn show(&self, view: View) {
        self.loading.set_hidden(true);
        self.unsupported.set_hidden(view != View::Unsupported);
        self.join.set_hidden(view != View::Join);
        self.room.set_hidden(view != View::Room);
        self.room_bar.set_hidden(view != View::Room);
        let name = match view {
            View::Unsupported => "unsupported",
            View::Join => "join",
            View::Room => "room",
        };
        dom::set_attribute(&self.body, "data-view", name);
        // The element that had the focus may be hidden now.
        let keeps_focus = dom::focused().is_some_and(|focused| dom::is_visible(&focused));
        if !keeps_focus && let Some(content) = dom::content() {
            dom::focus_in_place(&content);
        }
        // Another view starts at its top.
        if let Some(window) = web_sys::window() {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    }
}
