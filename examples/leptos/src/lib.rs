//! A video call in Leptos.
