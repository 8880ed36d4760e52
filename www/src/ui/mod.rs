//! The plumbing of the page, which does not use the library: elements, notices, tabs and texts.

pub mod dom;
pub mod notices;
pub mod tabs;
pub mod texts;
