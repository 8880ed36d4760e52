//! The plumbing of the page, which does not use the library: tabs, texts and others, with what the lobby also uses.

pub mod corner;
pub mod object_url;
pub mod picture;
pub mod problem;
pub mod shelf;
pub mod tabs;
pub mod texts;
pub mod title;
pub mod viewer;

pub use demo_shared::{dom, features, notices, sound, storage};
