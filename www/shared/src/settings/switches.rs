//! Switches, which are remembered. A switch may have several buttons on the page.

use std::{cell::Cell, rc::Rc};

use browser_rtc::Listener;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlElement, Notification, NotificationPermission};

use crate::{
    dom::{self, Dom, MissingElement},
    features,
    storage::{self, Place},
    texts::{self, capture::Kinds},
};

/// The subject of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    Camera,
    Microphone,
    /// The sound of a call that rings.
    Sound,
    /// A notification of a call that rings while the tab is hidden.
    Notifications,
}

impl Switch {
    const ALL: [Self; 4] = [Self::Camera, Self::Microphone, Self::Sound, Self::Notifications];

    /// Returns the name in the attribute `data-switch` of the buttons and in the storage.
    fn name(self) -> &'static str {
        match self {
            Self::Camera => "use-camera",
            Self::Microphone => "use-microphone",
            Self::Sound => "sound",
            Self::Notifications => "notifications",
        }
    }

    fn remembered(self) -> bool {
        match (self, storage::get(Place::Browser, self.name()).as_deref()) {
            (Self::Notifications, remembered) => {
                remembered == Some("on") && Notification::permission() == NotificationPermission::Granted
            }
            (_, remembered) => remembered != Some("off"),
        }
    }
}

pub struct Switches {
    shared: Rc<Shared>,
    _listeners: Vec<Listener>,
}

struct Shared {
    switches: Vec<(Switch, Cell<bool>, Vec<HtmlElement>)>,
    /// The elements that say what the next call begins with.
    summaries: Vec<HtmlElement>,
}

impl Switches {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let has_notifications = web_sys::window().is_some_and(|window| features::has_member(&window, "Notification"));
        dom.get::<HtmlElement>("notifications-field")?.set_hidden(!has_notifications);
        let find = |switch: Switch| {
            let buttons = dom.all(&["[data-switch=", switch.name(), "]"].concat())?;
            let is_on = (switch != Switch::Notifications || has_notifications) && switch.remembered();
            Ok((switch, Cell::new(is_on), buttons))
        };
        let switches = Switch::ALL.into_iter().map(find).collect::<Result<_, _>>()?;
        let shared = Rc::new(Shared { switches, summaries: dom.all("[data-summary]")? });
        shared.show();
        let listeners = shared.switches.iter().flat_map(|(switch, _, buttons)| {
            let shared = &shared;
            buttons.iter().map(move |button| {
                let (shared, switch) = (Rc::clone(shared), *switch);
                Listener::new(button, "click", move |_| shared.toggle(switch))
            })
        });
        Ok(Self { _listeners: listeners.collect(), shared })
    }

    pub fn is_on(&self, switch: Switch) -> bool {
        self.shared.is_on(switch)
    }

    /// Returns the kinds of devices that are switched on.
    pub fn kinds(&self) -> Kinds {
        self.shared.kinds()
    }
}

impl Shared {
    fn is_on(&self, switch: Switch) -> bool {
        self.switches.iter().any(|(known, is_on, _)| *known == switch && is_on.get())
    }

    fn kinds(&self) -> Kinds {
        Kinds { camera: self.is_on(Switch::Camera), microphone: self.is_on(Switch::Microphone) }
    }

    fn toggle(self: &Rc<Self>, switch: Switch) {
        let on = !self.is_on(switch);
        if !(on && switch == Switch::Notifications) {
            return self.set(switch, on);
        }
        let shared = Rc::clone(self);
        spawn_local(async move {
            let Ok(request) = Notification::request_permission() else { return };
            let answer =
                JsFuture::from(request).await.ok().and_then(|answer| answer.dyn_into::<js_sys::JsString>().ok());
            shared.set(switch, answer.is_some_and(|answer| answer == "granted"));
        });
    }

    fn set(&self, switch: Switch, on: bool) {
        if let Some((_, is_on, _)) = self.switches.iter().find(|(known, ..)| *known == switch) {
            is_on.set(on);
            storage::set(Place::Browser, switch.name(), if on { "on" } else { "off" });
            self.show();
        }
    }

    fn show(&self) {
        for (_, is_on, buttons) in &self.switches {
            for button in buttons {
                dom::set_attribute(button, "aria-checked", if is_on.get() { "true" } else { "false" });
            }
        }
        for summary in &self.summaries {
            summary.set_text_content(Some(texts::capture::summary(self.kinds())));
        }
    }
}
