//! This process, as rooms know it.

use super::super::welcome::Welcome;

/// The id of this process, and what its clients receive when they join.
#[derive(Debug)]
pub struct LocalProcess {
    pub id: String,
    pub welcome: Welcome,
}
