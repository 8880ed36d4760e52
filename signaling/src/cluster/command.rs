//! Commands for Redis.

use std::{sync::Arc, time::Duration};

use redis::Cmd;

use super::script::{Script, keys};

/// The timeout of a command, and of connecting to one node.
pub const TIMEOUT: Duration = Duration::from_secs(1);

/// The duration of a lease. A process that has not renewed it is considered dead. Its seats are kept for the grace
/// time.
const LEASE: Duration = Duration::from_secs(3);

/// The error that Redis did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedisUnavailable;

/// A command for Redis.
#[derive(Debug)]
pub enum Command {
    /// A script on a room.
    Script {
        script: Script,
        room: Arc<str>,
        /// A JSON object.
        args: String,
        /// The data of a frame.
        data: String,
    },
    Plain(Cmd),
    Subscribe(Arc<str>),
    Unsubscribe(Arc<str>),
}

impl Command {
    /// Takes or renews the lease of a process.
    pub fn renew_lease(process: &str) -> Self {
        let mut cmd = redis::cmd("SET");
        cmd.arg(lease(process)).arg(1).arg("PX").arg(LEASE.as_millis() as u64);
        Self::Plain(cmd)
    }

    /// Checks whether a process has a lease.
    pub fn has_lease(process: &str) -> Self {
        let mut cmd = redis::cmd("EXISTS");
        cmd.arg(lease(process));
        Self::Plain(cmd)
    }

    /// Ends the lease of a process.
    pub fn release_lease(process: &str) -> Self {
        let mut cmd = redis::cmd("DEL");
        cmd.arg(lease(process));
        Self::Plain(cmd)
    }

    /// Returns the approximate size in bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Script { args, data, .. } => args.len() + data.len(),
            Self::Plain(_) | Self::Subscribe(_) | Self::Unsubscribe(_) => 0,
        }
    }

    /// Returns the Redis command and the name of its room, which is empty if it has none. `scripts` are the hashes of
    /// [`Script::ALL`].
    pub fn encode(&self, scripts: &[String]) -> (Cmd, Arc<str>) {
        match self {
            Self::Script { script, room, args, data } => {
                let mut cmd = redis::cmd("EVALSHA");
                cmd.arg(scripts.get(*script as usize)).arg(3).arg(&keys(room)).arg(args).arg(data);
                (cmd, Arc::clone(room))
            }
            Self::Plain(cmd) => (cmd.clone(), Arc::default()),
            Self::Subscribe(room) => {
                let mut cmd = redis::cmd("SSUBSCRIBE");
                cmd.arg(&keys(room)[2]);
                (cmd, Arc::clone(room))
            }
            Self::Unsubscribe(room) => {
                let mut cmd = redis::cmd("SUNSUBSCRIBE");
                cmd.arg(&keys(room)[2]);
                (cmd, Arc::clone(room))
            }
        }
    }
}

fn lease(process: &str) -> String {
    format!("browser-rtc:process:{process}")
}
