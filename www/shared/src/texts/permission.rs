//! The steps that allow the camera and the microphone again after they were refused, for each browser.

/// A browser, as far as its permissions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Browser {
    /// Chrome, Edge and others based on Chromium, on a computer.
    Chromium,
    ChromiumAndroid,
    Firefox,
    FirefoxAndroid,
    Safari,
    /// Any browser on an iPhone or iPad, where Safari decides.
    Ios,
    Unknown,
}

/// Returns the steps for this browser, each a sentence.
pub fn steps() -> &'static [&'static str] {
    let navigator = web_sys::window().map(|window| window.navigator());
    let agent = navigator.as_ref().and_then(|navigator| navigator.user_agent().ok()).unwrap_or_default();
    let has_touch = navigator.is_some_and(|navigator| navigator.max_touch_points() > 1);
    Browser::from_user_agent(&agent, has_touch).steps()
}

impl Browser {
    fn from_user_agent(agent: &str, has_touch: bool) -> Self {
        // The search of the standard library is made for long texts, and is larger than the rest of this function.
        let has = |part: &str| agent.as_bytes().windows(part.len()).any(|window| window == part.as_bytes());
        // An iPad claims to be a Mac, but no Mac has a touch screen.
        if has("iPhone") || has("iPad") || (has("Macintosh") && has_touch) {
            return Self::Ios;
        }
        match (has("Firefox/"), has("Chrome/"), has("Android")) {
            (true, _, true) => Self::FirefoxAndroid,
            (true, _, false) => Self::Firefox,
            (_, true, true) => Self::ChromiumAndroid,
            (_, true, false) => Self::Chromium,
            _ if has("Safari/") && has("Macintosh") => Self::Safari,
            _ => Self::Unknown,
        }
    }

    fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &[
                "Click the icon at the left of the address.",
                "Switch on the camera and the microphone.",
                "Try again.",
            ],
            Self::ChromiumAndroid => &[
                "Tap the icon at the left of the address, then “Permissions”.",
                "Allow the camera and the microphone.",
                "If they are missing there, allow them for the browser in the system settings, under “Apps”.",
                "Try again.",
            ],
            Self::Firefox => &[
                "Click the crossed-out camera or microphone at the left of the address.",
                "Remove “Blocked” with the cross beside it.",
                "Try again, and click “Allow”.",
            ],
            Self::FirefoxAndroid => &[
                "Tap the lock at the left of the address.",
                "Tap “Blocked” beside the camera and the microphone.",
                "If they are missing there, allow them for Firefox in the system settings, under “Apps”.",
                "Try again.",
            ],
            Self::Safari => &[
                "Open “Safari › Settings › Websites”.",
                "Choose “Camera”, then “Microphone”, and allow this page.",
                "Reload the page.",
            ],
            Self::Ios => &[
                "Tap the button at the left of the address, then “Website Settings”.",
                "Allow the camera and the microphone.",
                "If they are missing there, allow them for the browser in the system's Settings app.",
                "Reload the page.",
            ],
            Self::Unknown => &[
                "Allow the camera and the microphone for this page, usually with the button next to its address.",
                "Try again.",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Browser;

    #[test]
    fn user_agent_selects_browser() {
        for (agent, has_touch, browser) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
                false,
                Browser::Chromium,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
                true,
                Browser::Chromium,
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/156.0.0.0 Mobile Safari/537.36",
                true,
                Browser::ChromiumAndroid,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", false, Browser::Firefox),
            ("Mozilla/5.0 (Android 15; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0", true, Browser::FirefoxAndroid),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15",
                false,
                Browser::Safari,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15",
                true,
                Browser::Ios,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 CriOS/156.0 Mobile/15E148 Safari/604.1",
                true,
                Browser::Ios,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15",
                false,
                Browser::Unknown,
            ),
        ] {
            assert_eq!(Browser::from_user_agent(agent, has_touch), browser, "{agent}");
        }
    }

    #[test]
    fn each_browser_has_steps() {
        use Browser::{Chromium, ChromiumAndroid, Firefox, FirefoxAndroid, Ios, Safari, Unknown};
        for browser in [Chromium, ChromiumAndroid, Firefox, FirefoxAndroid, Safari, Ios, Unknown] {
            assert!(browser.steps().len() >= 2);
            assert!(browser.steps().iter().all(|step| step.ends_with('.')), "{browser:?}");
        }
    }
}
