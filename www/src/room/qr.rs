//! The QR code of a link.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};
use web_sys::Element;

use crate::dom;

const SVG: &str = "http://www.w3.org/2000/svg";

/// The light margin around the code, in modules, without which phones do not find it.
const MARGIN: i32 = 4;

/// Draws the code of a text as an image. Returns `None` if the text is too long for a code.
pub fn draw(text: &str) -> Option<Element> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let document = web_sys::window()?.document()?;
    let create = |tag| document.create_element_ns(Some(SVG), tag).ok();
    let (image, path) = (create("svg")?, create("path")?);
    dom::set_attribute(&path, "d", &outline(&code));
    let size = (code.size() + 2 * MARGIN).to_string();
    dom::set_attribute(&image, "viewBox", &["0 0 ", &size, " ", &size].concat());
    dom::append(&image, &path);
    Some(image)
}

/// Returns the outline of the dark modules: one bar for each run of them in a row.
fn outline(code: &QrCode) -> String {
    let mut outline = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let start = x;
            while code.get_module(x, y) {
                x += 1;
            }
            if x > start {
                let (left, top, width) = (start + MARGIN, y + MARGIN, x - start);
                // Writing to a string never fails.
                let _ = write!(outline, "M{left} {top}h{width}v1h-{width}z");
            }
            x += 1;
        }
    }
    outline
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outline_covers_dark_modules() {
        let code =
            QrCode::encode_text("https://example.org/#room=lobby", QrCodeEcc::Medium).expect("the text is short");
        let outline = outline(&code);
        let mut drawn = 0;
        for bar in outline.split('M').skip(1) {
            let numbers: Vec<i32> = bar.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
            let [left, top, width, height, ..] = numbers[..] else { panic!("{bar}") };
            assert_eq!(height, 1);
            assert!((left..left + width).all(|x| code.get_module(x - MARGIN, top - MARGIN)));
            drawn += width;
        }
        let size = code.size();
        let dark =
            (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|&(x, y)| code.get_module(x, y)).count();
        assert_eq!(usize::try_from(drawn), Ok(dark));
    }
}
