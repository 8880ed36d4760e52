//! A call that shows the screen.
