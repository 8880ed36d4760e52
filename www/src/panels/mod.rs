//! The panels beside a call. Each is a module with a struct of its elements, and a function `run`, which lasts until the
//! call ends.

pub mod capture;
pub mod chat;
pub mod files;
pub mod inspector;
pub mod keypad;
