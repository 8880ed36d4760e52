//! Keys and drags.

use std::time::Duration;

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};

use crate::page::Page;

impl Page {
    /// Focuses the first element that matches the selector, and presses a key there. Keys without a character have the
    /// [codes of WebDriver](https://www.w3.org/TR/webdriver2/#keyboard-actions).
    pub async fn press_key(&self, selector: &str, key: char) {
        let element = self.find(selector).await;
        self.with_timeout(&format!("a key on {selector}"), element.send_keys(&key.to_string())).await;
    }

    /// Drags an element with the pointer to a point in another one, which is given as fractions of its width and height.
    pub async fn drag(&self, selector: &str, onto: &str, (x, y): (f64, f64)) {
        let (element, target) = (self.find(selector).await, self.find(onto).await);
        let script = format!(
            "const {{ width, height }} = document.querySelector('{onto}').getBoundingClientRect();
             return [width, height]"
        );
        let (width, height): (f64, f64) = self.script(&script).await;
        let duration = Some(Duration::from_millis(200));
        let pointer = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::MoveToElement {
                element: target,
                duration,
                x: (width * (x - 0.5)).round(),
                y: (height * (y - 0.5)).round(),
            })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.with_timeout(&format!("the drag of {selector}"), self.client.perform_actions(pointer)).await;
    }
}
