//! The panels of calls that ring.

use futures::{Stream, stream};
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use crate::dom::{self, Dom, MissingElement, Shown};

/// A panel with the name of the peer, and the button that ends the ringing.
struct Panel {
    panel: HtmlElement,
    avatar: Element,
    name: Element,
    end: HtmlButtonElement,
}

impl Panel {
    fn find(dom: &Dom, id: &str, end: &str) -> Result<Self, MissingElement> {
        Ok(Self {
            panel: dom.get(id)?,
            avatar: dom.get(&[id, "-avatar"].concat())?,
            name: dom.get(&[id, "-name"].concat())?,
            end: dom.get(end)?,
        })
    }

    fn show(&self, name: &str) -> Shown<'_> {
        self.avatar.set_text_content(Some(&dom::initial(name)));
        self.name.set_text_content(Some(name));
        Shown::new(&self.panel)
    }

    /// Clicks on the button that ends the ringing, and presses of Escape.
    fn ends(&self) -> impl Stream<Item = ()> + Unpin + use<> {
        stream::select(dom::clicks(&self.end), dom::escapes())
    }
}

pub struct IncomingPanel {
    panel: Panel,
    accept: HtmlButtonElement,
}

impl IncomingPanel {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self { panel: Panel::find(dom, "incoming", "decline")?, accept: dom.get("accept")? })
    }

    pub fn show(&self, caller: &str) -> Shown<'_> {
        self.panel.show(caller)
    }

    pub fn accepts(&self) -> impl Stream<Item = ()> + Unpin + use<> {
        dom::clicks(&self.accept)
    }

    pub fn declines(&self) -> impl Stream<Item = ()> + Unpin + use<> {
        self.panel.ends()
    }
}

pub struct OutgoingPanel(Panel);

impl OutgoingPanel {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Panel::find(dom, "outgoing", "cancel").map(Self)
    }

    pub fn show(&self, callee: &str) -> Shown<'_> {
        self.0.show(callee)
    }

    pub fn cancels(&self) -> impl Stream<Item = ()> + Unpin + use<> {
        self.0.ends()
    }
}
