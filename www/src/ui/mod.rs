//! The plumbing of the page, which does not use the library: elements, notices, tabs and texts.

pub mod corner;
pub mod dom;
pub mod features;
pub mod notices;
pub mod object_url;
pub mod picture;
pub mod problem;
pub mod shelf;
pub mod sound;
pub mod storage;
pub mod tabs;
pub mod texts;
pub mod title;
pub mod viewer;
