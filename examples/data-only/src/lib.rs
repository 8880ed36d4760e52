//! A chat over data channels, without media.
