//! A video call in Yew.
