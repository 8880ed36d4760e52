//! Alerts of a call that rings: a sound, the title of the tab and a notification.

use std::{convert::Infallible, future::pending};

use browser_rtc::Listener;
use web_sys::{Notification, NotificationOptions};

use crate::{
    page::Page,
    settings::Switch,
    texts::ringing as texts,
    ui::{
        sound::{Player, Tone},
        title::Title,
    },
};

/// A sound that repeats.
pub struct Ring {
    tones: &'static [Tone],
    /// The time from one start to the next, in milliseconds.
    period: u32,
}

impl Ring {
    pub const INCOMING: Self = Self {
        tones: &[
            Tone { frequency: 659.25, start: 0.0, length: 0.18 },
            Tone { frequency: 830.61, start: 0.18, length: 0.18 },
            Tone { frequency: 987.77, start: 0.36, length: 0.4 },
            Tone { frequency: 659.25, start: 0.9, length: 0.18 },
            Tone { frequency: 830.61, start: 1.08, length: 0.18 },
            Tone { frequency: 987.77, start: 1.26, length: 0.4 },
        ],
        period: 3500,
    };

    /// The tone that telephones in Europe play while the phone of the callee rings.
    pub const OUTGOING: Self = Self { tones: &[Tone { frequency: 425.0, start: 0.0, length: 1.0 }], period: 5000 };
}

/// Plays the ring, if the user has not switched it off, until the future is dropped.
pub async fn play(page: &Page, ring: &Ring) -> Infallible {
    if page.settings.is_on(Switch::Sound)
        && let Some(player) = Player::open(page.settings.speaker().as_deref()).await
    {
        player.repeat(ring.tones, ring.period).await;
    }
    pending().await
}

/// Names the caller in the title of the tab and, if the tab is hidden, in a notification, until this is dropped.
#[must_use = "the alert ends when this is dropped"]
pub struct Alert {
    _title: Title,
    _notification: Option<CallNotification>,
}

impl Alert {
    pub fn new(page: &Page, caller: &str) -> Self {
        let document = web_sys::window().and_then(|window| window.document());
        let is_hidden = document.is_some_and(|document| document.hidden());
        let notifies = is_hidden && page.settings.is_on(Switch::Notifications);
        let notification = if notifies { CallNotification::show(caller) } else { None };
        Self { _title: Title::new(&texts::title(caller)), _notification: notification }
    }
}

/// A notification of the system, which shows the tab when it is clicked.
struct CallNotification {
    notification: Notification,
    _click: Listener,
}

impl CallNotification {
    /// Returns `None` where pages may not show notifications, such as in Chrome on Android.
    fn show(caller: &str) -> Option<Self> {
        let options = NotificationOptions::new();
        options.set_body(texts::NOTIFICATION);
        options.set_tag("call");
        options.set_require_interaction(true);
        let notification = Notification::new_with_options(&texts::calls(caller), &options).ok()?;
        let click = Listener::new(&notification, "click", |_| {
            if let Some(window) = web_sys::window() {
                // The browser decides whether a page may come to the front.
                let _ = window.focus();
            }
        });
        Some(Self { notification, _click: click })
    }
}

impl Drop for CallNotification {
    fn drop(&mut self) {
        self.notification.close();
    }
}
