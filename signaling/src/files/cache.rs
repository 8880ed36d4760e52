//! The caching of files in browsers and proxies.

use axum::http::HeaderValue;

/// The number of hexadecimal digits from which a part of a file name is the hash of the content. Build tools such as
/// Trunk use at least this number.
const HASH_DIGITS: usize = 16;

/// The header of files that are named by the hash of their content, which never change.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The header of other files. Browsers must revalidate each time by the ETag, so that they show the latest build.
pub const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Returns the value of `Cache-Control` for the file with this path.
pub fn cache_control(path: &str) -> HeaderValue {
    if has_hash(path) { IMMUTABLE } else { REVALIDATE }
}

/// Returns whether a part of the file name, between `-`, `_` and `.`, is a hash.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    name.split(['-', '_', '.']).any(|part| part.len() >= HASH_DIGITS && part.as_bytes().iter().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::has_hash;

    #[test]
    fn hash_in_file_name_is_detected() {
        for path in ["/app-0123456789abcdef.js", "/pkg/app-0123456789abcdef_bg.wasm", "/a.00112233445566778899.css"] {
            assert!(has_hash(path), "{path}");
        }
    }

    #[test]
    fn name_without_hash_is_not_immutable() {
        for path in [
            "/",
            "/index.html",
            "/app-0123456789abcde.js",
            "/browser_rtc_demo_bg.wasm",
            "/defaced-20261130.js",
            "/0123456789abcdef/app.js",
            "/app-0123456789ABCDEF.js",
        ] {
            assert!(!has_hash(path), "{path}");
        }
    }
}
