//! The signaling server in this process, serving the demo.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use browser_rtc_signaling::server::{Config, Server};
use tokio::task::JoinHandle;

/// The real server on a free port of the loopback, with the demo at `/` and the npm package at `/npm`. Ends on drop.
#[derive(Debug)]
pub struct DemoServer {
    url: String,
    task: JoinHandle<()>,
}

impl DemoServer {
    /// Starts it on the pages as they have been built.
    pub async fn start() -> Self {
        let root = workspace();
        let demo = built(&root, "www/pkg/browser_rtc_demo_bg.wasm", "wasm-pack build www --target web");
        let npm = built(&root, "pkg/browser_rtc_bg.wasm", "wasm-pack build --target web");
        let www = demo.parent().expect("pkg is in www").to_path_buf();
        let config = Config {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            static_dirs: vec![("/".to_owned(), www), ("/npm".to_owned(), npm)],
            ..Config::default()
        };
        let server = Server::bind(config).await.expect("the server gets a port");
        // By this name the page is a secure one, and so has a camera.
        let url = format!("http://localhost:{}", server.local_addr().port());
        Self { url, task: tokio::spawn(server.run(std::future::pending())) }
    }

    /// The address of the demo's page, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl DemoServer {
    /// Ends it, and with it the sockets of its clients.
    pub fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder of a wasm that has to have been built.
fn built(root: &Path, wasm: &str, command: &str) -> PathBuf {
    let file = root.join(wasm);
    assert!(file.is_file(), "{wasm} is missing: `{command}` builds it");
    file.parent().expect("a file is in a folder").to_path_buf()
}

/// Cargo's word at run time comes first: a target folder shared by two clones has one test program.
fn workspace() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.join("../..").canonicalize().expect("the workspace is two folders up")
}
