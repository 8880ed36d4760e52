//! Commands for Redis.

use std::{sync::Arc, time::Duration};

use redis::Cmd;

use super::script::{REFS, Script, keys};

/// The timeout of a command, and of connecting to one node.
pub const TIMEOUT: Duration = Duration::from_secs(1);

/// The error that Redis cannot be reached, or has lost state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedisUnavailable;

/// A command for Redis.
#[derive(Debug)]
pub enum Command {
    /// A script for a room, with its arguments.
    Script(Script, Arc<str>, Vec<String>),
    /// The script on the references to all rooms.
    Refs(Vec<String>),
    Plain(Cmd),
    Subscribe(Arc<str>),
    Unsubscribe(Arc<str>),
}

impl Command {
    /// Returns the approximate size in bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Script(_, _, args) | Self::Refs(args) => args.iter().map(String::len).sum(),
            Self::Plain(_) | Self::Subscribe(_) | Self::Unsubscribe(_) => 0,
        }
    }

    /// Returns the Redis command and the name of its room, which is empty if it has none. `scripts` are the hashes of
    /// [`Script::ALL`].
    pub fn encode(&self, scripts: &[String]) -> (Cmd, Arc<str>) {
        let evalsha = |script: Script| {
            let mut cmd = redis::cmd("EVALSHA");
            cmd.arg(scripts.get(script as usize));
            cmd
        };
        match self {
            Self::Script(script, room, args) => {
                let mut cmd = evalsha(*script);
                cmd.arg(3).arg(&keys(room)).arg(args);
                (cmd, Arc::clone(room))
            }
            Self::Refs(args) => {
                let mut cmd = evalsha(Script::Refs);
                cmd.arg(2).arg(&REFS).arg(args);
                (cmd, Arc::default())
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
