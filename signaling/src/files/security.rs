//! The security headers of pages.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY},
};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The features of a call, which a page must not pass on to frames of other origins.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), fullscreen=(self), \
     picture-in-picture=(self), screen-wake-lock=(self)",
);

/// The security headers of pages.
#[derive(Debug)]
pub struct PageHeaders {
    /// The configured policy, which replaces the default one.
    policy: Option<HeaderValue>,
}

/// Returns whether a browser shows a file of this type as a document, in which scripts can run.
pub fn is_page(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    [&b"text/html"[..], b"application/xhtml+xml", b"image/svg+xml"].contains(&essence.trim_ascii())
}

impl PageHeaders {
    /// Creates the headers with a content security policy. `None` is the default policy, and an empty one is not sent.
    pub fn new(policy: Option<String>) -> Self {
        // The configuration has been validated.
        Self { policy: policy.map(|policy| HeaderValue::try_from(policy).unwrap_or_else(|_| default_policy(None))) }
    }

    pub fn add(&self, headers: &mut HeaderMap, host: Option<&HeaderValue>) {
        let policy = self.policy.clone().unwrap_or_else(|| default_policy(host));
        if !policy.is_empty() {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(PERMISSIONS_POLICY, PERMISSIONS);
    }
}

/// Returns the default policy: a page connects only to its own host, and only pages of this host show it in a frame.
/// Scripts and styles are not restricted, because pages of many build tools have them inline. A page restricts them
/// with a `<meta>` element.
///
/// `'self'` includes WebSockets in the specification, but not in older versions of Safari, so that the host is listed
/// as well.
fn default_policy(host: Option<&HeaderValue>) -> HeaderValue {
    const REST: &str = "frame-ancestors 'self'; base-uri 'self'; object-src 'none'";
    let host = host.and_then(|host| host.to_str().ok()).filter(|host| is_host_source(host));
    let policy = match host {
        Some(host) => format!("connect-src 'self' ws://{host} wss://{host}; {REST}"),
        None => format!("connect-src 'self'; {REST}"),
    };
    // All characters of a host source are valid in a header.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(REST))
}

/// Returns whether a host with an optional port can be a source in a policy. A client can send any text as its host, and
/// the grammar of the policy has no IPv6 addresses.
fn is_host_source(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !name.is_empty() && name.bytes().all(is_name) && port.parse::<u16>().is_ok() && !port.starts_with('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(host: &str) -> String {
        default_policy(Some(&HeaderValue::try_from(host).unwrap())).to_str().unwrap().to_owned()
    }

    #[test]
    fn default_policy_names_sockets_of_own_host() {
        let expected = "connect-src 'self' ws://app.example:8080 wss://app.example:8080; ";
        assert!(policy("app.example:8080").starts_with(expected), "{}", policy("app.example:8080"));
        assert!(policy("192.168.1.20").starts_with("connect-src 'self' ws://192.168.1.20 wss://192.168.1.20; "));
    }

    #[test]
    fn invalid_host_is_not_in_policy() {
        let hosts =
            ["", ":80", "[::1]:8080", "a b", "a;script-src *", "*", "*.example", "a:b", "a:+80", "a:80:80", "a/b", "é"];
        for host in hosts {
            assert!(policy(host).starts_with("connect-src 'self'; frame-ancestors"), "{host}: {}", policy(host));
        }
        assert!(default_policy(None).to_str().unwrap().starts_with("connect-src 'self'; "));
    }

    #[test]
    fn only_documents_are_pages() {
        for (content_type, page) in [
            ("text/html", true),
            ("text/html; charset=utf-8", true),
            ("image/svg+xml", true),
            ("text/javascript", false),
            ("application/wasm", false),
        ] {
            assert_eq!(is_page(&HeaderValue::from_static(content_type)), page, "{content_type}");
        }
    }
}
