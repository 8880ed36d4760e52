//! The texts of the lobby.

pub const READY: &str = "Ready to join a room.";
pub const NOT_LOADED: &str = "The program of the room could not be loaded. Check the network, and join again.";

pub const NO_CONNECTIONS: &str = "RTCPeerConnection: connections from browser to browser (WebRTC).";
pub const NO_CAMERA: &str = "getUserMedia: access to the camera and the microphone.";
pub const INSECURE_CAMERA: &str =
    "getUserMedia: access to the camera and the microphone, available only over https or on localhost.";
pub const INSECURE_TITLE: &str = "Calls need a secure page";
pub const INSECURE_HINT: &str = "This page was opened over http. Start the server with --tls-self-signed, or the demo with \
    “cargo xtask demo --tls”, and open its address, which begins with https. The browser warns once that it does not know \
    the certificate: continue to the page.";
