//! Processes that end together with what they have started.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, Once, PoisonError};

/// The groups that live, for the one who interrupts the tests.
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A process and its descendants, killed on drop. A driver that is killed alone leaves its browser behind.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Child,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        kill_all_when_interrupted();
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let leader = command.spawn()?;
        groups().push(leader.id());
        Ok(Self { leader })
    }

    /// The leader itself, for what it writes.
    pub(crate) fn leader(&mut self) -> &mut Child {
        &mut self.leader
    }

    /// Interrupts the leader, as Ctrl-C does.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        if let Some(id) = pid(self.leader.id()) {
            // It fails where the leader has ended.
            let _ = rustix::process::kill_process(id, rustix::process::Signal::INT);
        }
    }

    /// How the leader has ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.leader.try_wait().ok().flatten()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.leader.id();
        kill(id);
        // Where there are no groups; elsewhere it is dead already, and both have nothing to report.
        let _ = self.leader.kill();
        let _ = self.leader.wait();
        groups().retain(|group| *group != id);
    }
}

fn groups() -> std::sync::MutexGuard<'static, Vec<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
fn kill(group: u32) {
    if let Some(id) = pid(group) {
        // It fails where the group is gone, which is what is wanted.
        let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
    }
}

#[cfg(unix)]
fn pid(id: u32) -> Option<rustix::process::Pid> {
    i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw)
}

#[cfg(not(unix))]
fn kill(_group: u32) {}

/// Kills all groups when the tests are interrupted: a Ctrl-C in the terminal does not reach other groups.
pub(crate) fn kill_all_when_interrupted() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(interruption());
                groups().iter().copied().for_each(kill);
                #[cfg(target_os = "linux")]
                crate::net::remove_all();
                std::process::exit(130);
            }
        });
    });
}

#[cfg(unix)]
async fn interruption() {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    let waits = signals.into_iter().flatten().map(|mut signal| Box::pin(async move { signal.recv().await }));
    futures::future::select_all(waits).await;
}

#[cfg(not(unix))]
async fn interruption() {
    let _ = tokio::signal::ctrl_c().await;
}
