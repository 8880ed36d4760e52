//! The identity of this process.

use super::super::welcome::Welcome;

/// The id of this process, and the settings that its clients receive when they join.
#[derive(Debug)]
pub struct LocalProcess {
    pub id: String,
    pub welcome: Welcome,
}
