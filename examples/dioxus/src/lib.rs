//! A video call in Dioxus.
