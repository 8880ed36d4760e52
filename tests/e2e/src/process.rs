//! Processes that end together with their descendants.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, Once, PoisonError};

/// The running process groups, which are killed when the tests are interrupted.
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A process and its descendants, killed on drop. If only a driver is killed, its browser continues to run.
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

    /// Returns the process that leads the group.
    pub(crate) fn leader(&mut self) -> &mut Child {
        &mut self.leader
    }

    /// Interrupts the leader, as Ctrl-C does.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        if let Some(id) = pid(self.leader.id()) {
            // This fails if the leader has ended.
            let _ = rustix::process::kill_process(id, rustix::process::Signal::INT);
        }
    }

    /// Returns the exit status of the leader if it has ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.leader.try_wait().ok().flatten()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.leader.id();
        kill(id);
        // This kills the leader on platforms without process groups. On others, it has ended already.
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
        // This fails if the group has ended.
        let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
    }
}

#[cfg(unix)]
fn pid(id: u32) -> Option<rustix::process::Pid> {
    i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw)
}

#[cfg(not(unix))]
fn kill(_group: u32) {}

/// Kills all groups when the tests are interrupted, because Ctrl-C in a terminal does not reach other process groups.
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
