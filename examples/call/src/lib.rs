//! A video call between two tabs, with web-sys alone.
