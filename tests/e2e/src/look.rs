//! The appearance of a page: its size, and its color scheme.

use serde_json::{Value, json};

use crate::page::Page;

/// A size and a color scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The name, for messages and files.
    pub name: &'static str,
    /// The width of the viewport in pixels.
    pub width: u32,
    /// The height of the viewport in pixels.
    pub height: u32,
    /// Set for the dark color scheme.
    pub dark: bool,
}

impl Look {
    /// A desktop and a phone, each in the light and in the dark color scheme.
    pub const ALL: [Self; 4] = [
        Self { name: "desktop", width: 1280, height: 800, dark: false },
        Self { name: "desktop-dark", width: 1280, height: 800, dark: true },
        Self { name: "phone", width: 390, height: 844, dark: false },
        Self { name: "phone-dark", width: 390, height: 844, dark: true },
    ];

    /// The smallest and the largest supported width, and a phone in landscape, for pictures. The narrow one is tall, so
    /// that it shows the whole page.
    pub const EXTREMES: [Self; 3] = [
        Self { name: "narrow", width: 320, height: 1800, dark: false },
        Self { name: "landscape-dark", width: 844, height: 390, dark: true },
        Self { name: "wide", width: 3840, height: 2160, dark: false },
    ];
}

impl Page {
    /// Gives the page this appearance, without animations, in Chrome.
    pub async fn set_look(&self, look: Look) {
        let size = json!({ "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        // The second frame shows the new style.
        let frames =
            "return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null))))";
        let _: Value = self.script(frames).await;
    }

    /// Returns the page to the size of its window and the color scheme of the browser.
    pub async fn reset_look(&self) {
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
    }

    /// Returns a picture of the visible part of the page as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        self.with_timeout("a picture of the page", self.client.screenshot()).await
    }
}
