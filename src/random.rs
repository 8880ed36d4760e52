//! Names that nobody else has.

/// 96 random bits in 24 hexadecimal digits. They are no secret: nothing may rest on their not being guessed.
pub(crate) fn id() -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below 2 to the 32")]
    let part = || (js_sys::Math::random() * 4_294_967_296.0) as u32;
    format!("{:08x}{:08x}{:08x}", part(), part(), part())
}
