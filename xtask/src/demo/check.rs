//! The check of a served demo: types and headers of its files, and the size of the first load.

use crate::{Result, dist};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

const ANSWER: Duration = Duration::from_secs(10);

/// Fetches the pages, the files that the lobby loads, and paths that must not be served. Fails if the first load is
/// larger than [`dist::LIMIT`].
pub fn pages(address: SocketAddr, first_load: &[String]) -> Result {
    // The WebSocket is refused because the request is not an upgrade, but not with 404.
    let others = ["/", "/npm.html", "/labs/", "/signal", "/no-such-file", "/.gitignore", "/src/lib.rs", "/Cargo.toml"];
    let expected = ["200 text/html", "200 text/html", "200 text/html", "4", "404", "404", "404", "404"];
    for (path, expected) in others.into_iter().zip(expected) {
        let answer = fetch(address, path)?;
        let found = format!("{} {}", answer.status, answer.header("content-type"));
        let is_unexpected = !found.starts_with(expected) || (path == "/signal" && answer.status == "404");
        if is_unexpected {
            return Err(format!("GET {path} returned {found}, expected {expected}"));
        }
        println!("ok {path} {found}");
    }
    let mut total = 0;
    for file in first_load {
        let path = if file == "index.html" { "/" } else { &format!("/{file}") };
        let answer = fetch(address, path)?;
        answer.check(path)?;
        total += answer.bytes;
        println!("ok {path} {} bytes, {}", answer.bytes, answer.header("content-encoding"));
    }
    println!("\n    first load of the lobby: {total} bytes with headers, at most {}\n", dist::LIMIT);
    if total > dist::LIMIT {
        return Err(format!("the first load of the lobby has {total} bytes, more than {}", dist::LIMIT));
    }
    Ok(())
}

#[derive(Debug)]
struct Answer {
    status: String,
    headers: Vec<(String, String)>,
    /// The size of the response with its head.
    bytes: usize,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Checks the headers of a file that the page loads.
    fn check(&self, path: &str) -> Result {
        let is_page = path == "/";
        let cached = if is_page { "no-cache" } else { "public, max-age=31536000, immutable" };
        let expected = [("vary", "accept-encoding"), ("x-content-type-options", "nosniff"), ("cache-control", cached)];
        if self.status != "200" {
            return Err(format!("GET {path} returned {}", self.status));
        }
        for (name, value) in expected {
            if self.header(name) != value {
                return Err(format!("GET {path}: {name} is {:?}, expected {value:?}", self.header(name)));
            }
        }
        if self.header("content-encoding") != "br" {
            return Err(format!("GET {path}: the response is not compressed"));
        }
        if is_page && !self.header("content-security-policy").contains("frame-ancestors") {
            return Err(format!("GET {path}: the page has no content security policy"));
        }
        Ok(())
    }
}

fn fetch(address: SocketAddr, path: &str) -> Result<Answer> {
    let mut response = Vec::new();
    let mut exchange = || -> std::io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&reachable(address), ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        let accept = "Accept-Encoding: gzip, deflate, br\r\nConnection: close\r\n";
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{accept}\r\n").as_bytes())?;
        stream.read_to_end(&mut response)?;
        Ok(())
    };
    exchange().map_err(|error| format!("GET {path}: {error}"))?;
    parse(&response).ok_or_else(|| format!("GET {path}: the response is not HTTP"))
}

/// Replaces an unspecified address, on which a server listens on all interfaces, with the loopback address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = match address.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        };
        address.set_ip(loopback);
    }
    address
}

fn parse(response: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(response);
    let (head, _) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Some(Answer { status, headers, bytes: response.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_is_parsed() {
        let answer = parse(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>").expect("a whole head");
        assert_eq!((answer.status.as_str(), answer.header("content-type"), answer.bytes), ("200", "text/html", 47));
        assert!(parse(b"SSH-2.0").is_none());
    }

    #[test]
    fn file_without_headers_is_rejected() {
        let answer = parse(b"HTTP/1.1 200 OK\r\ncache-control: no-cache\r\n\r\n").expect("a whole head");
        assert!(answer.check("/app.js").is_err());
    }
}
