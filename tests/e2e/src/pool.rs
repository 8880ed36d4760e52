//! The browsers that scenes have left, for the scenes after them. Most of the time of a short scene would otherwise be
//! the start of its browsers.

use std::future::Future;
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use fantoccini::Client;
use fantoccini::error::CmdError;
use tokio::runtime::{Builder, Runtime};

use crate::browser::{Browser, Session, Setup, WINDOW};

/// The time limit for a new window.
const LIMIT: Duration = Duration::from_secs(30);
/// The maximum number of idle browsers of one setup.
const MAX_IDLE: usize = 2;

static IDLE: Mutex<Vec<Session>> = Mutex::new(Vec::new());

/// The runtime of the connections to the drivers, which outlive the test that has opened them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be created")
});

/// Runs the future to its end on the runtime of the connections.
pub(crate) async fn run<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    match RUNTIME.spawn(future).await {
        Ok(outcome) => outcome,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Takes a browser that an earlier scene has left.
pub(crate) fn take(setup: Setup) -> Option<Session> {
    let mut idle = idle();
    let position = idle.iter().position(|session| session.setup == setup)?;
    Some(idle.swap_remove(position))
}

/// Keeps a browser for a later scene, with a new window instead of its windows. Nothing of the scene remains, because the
/// server of each scene is a separate origin.
pub(crate) async fn keep(session: Session) {
    // The browser of WebKitGTK is used by few scenes.
    if session.setup.browser == Browser::WebKit
        || idle().iter().filter(|other| other.setup == session.setup).count() >= MAX_IDLE
    {
        return;
    }
    // A browser without a new window ends here.
    if let Ok(Ok(())) = tokio::time::timeout(LIMIT, renew(&session.client)).await {
        end_all_at_exit();
        idle().push(session);
    }
}

async fn renew(client: &Client) -> Result<(), CmdError> {
    let windows = client.windows().await?;
    let new = client.new_window(true).await?;
    for window in windows {
        client.switch_to_window(window).await?;
        client.close_window().await?;
    }
    client.switch_to_window(new.handle).await?;
    let (width, height) = WINDOW;
    client.set_window_rect(0, 0, width, height).await
}

fn idle() -> MutexGuard<'static, Vec<Session>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the idle browsers when this process ends, which drops no static.
fn end_all_at_exit() {
    extern "C" fn end_all() {
        idle().clear();
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function needs nothing that has ended before it is called.
        let registered = unsafe { libc::atexit(end_all) };
        assert_eq!(registered, 0, "the end of the browsers can be registered");
    });
}
