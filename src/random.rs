//! Random identifiers.

/// 96 random bits in 24 hexadecimal digits. They are no secret: nothing may rest on their not being guessed.
pub(crate) fn id() -> String {
    let [first, second, third] = words();
    format!("{first:08x}{second:08x}{third:08x}")
}

/// Returns 96 random bits, which are no secret either.
pub(crate) fn words() -> [u32; 3] {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below 2 to the 32")]
    [(); 3].map(|()| (js_sys::Math::random() * 4_294_967_296.0) as u32)
}
