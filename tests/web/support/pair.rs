//! Two connections in one page.

use browser_rtc::{
    EventStream,
    channel::{ChannelInit, DataChannel},
    peer::{Configuration, ConnectionState, IceGatheringState, PeerConnection, SessionDescription},
};
use futures::{StreamExt, future::join};

use super::Within;

pub fn connection() -> PeerConnection {
    PeerConnection::new(&Configuration::new()).unwrap()
}

/// Two connections, which close when this is dropped.
pub struct Pair {
    pub a: PeerConnection,
    pub b: PeerConnection,
}

impl Pair {
    /// Creates two connections that are not connected yet.
    pub fn new() -> Self {
        Self { a: connection(), b: connection() }
    }

    /// Connects two connections by a channel with these options. Returns both ends of the channel, open.
    pub async fn with_channel(init: &ChannelInit) -> (Self, DataChannel, DataChannel) {
        let pair = Self::new();
        let channel = pair.a.create_data_channel("chat", init).unwrap();
        let mut incoming = pair.b.data_channels();
        pair.connect().await;
        let other_end = incoming.next().within("the incoming channel").await.unwrap();
        join(channel.opened(), other_end.opened()).within("the opening of the channel").await.0.unwrap();
        (pair, channel, other_end)
    }

    pub async fn connect(&self) {
        self.negotiate().await;
        join(
            reached(self.a.connection_states(), ConnectionState::Connected),
            reached(self.b.connection_states(), ConnectionState::Connected),
        )
        .await;
    }

    /// Exchanges an offer of `a` and an answer of `b`, which contain all candidates.
    pub async fn negotiate(&self) {
        let offer = self.gathered_description(&self.a).await;
        self.b.set_remote_description(&offer).within("setRemoteDescription(offer)").await.unwrap();
        let answer = self.gathered_description(&self.b).await;
        self.a.set_remote_description(&answer).within("setRemoteDescription(answer)").await.unwrap();
    }

    /// Sets the local description, and returns it once all candidates are gathered.
    pub async fn gathered_description(&self, pc: &PeerConnection) -> SessionDescription {
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        reached(pc.ice_gathering_states(), IceGatheringState::Complete).await;
        pc.local_description().unwrap()
    }
}

/// Waits for a state, which may be the current one.
pub async fn reached<S: PartialEq + std::fmt::Debug + 'static>(mut states: EventStream<S>, awaited: S) {
    while states.next().within(&format!("the state {awaited:?}")).await.expect("the connection is closed") != awaited {}
}
