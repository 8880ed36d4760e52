//! Random identifiers. They are predictable, and must not be used as secrets.

/// Returns 96 random bits as 24 hexadecimal digits.
pub(crate) fn id() -> String {
    let [first, second, third] = words();
    format!("{first:08x}{second:08x}{third:08x}")
}

/// Returns 96 random bits.
pub(crate) fn words() -> [u32; 3] {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the product is below 2^32")]
    [(); 3].map(|()| (js_sys::Math::random() * 4_294_967_296.0) as u32)
}
