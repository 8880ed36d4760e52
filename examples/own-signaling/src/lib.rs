//! A session between two tabs over a BroadcastChannel, without a signaling server.
