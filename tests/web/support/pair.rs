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

/// Two connections, which close with this.
pub struct Pair {
    pub a: PeerConnection,
    pub b: PeerConnection,
}

impl Pair {
    /// Not connected yet.
    pub fn new() -> Self {
        Self { a: connection(), b: connection() }
    }

    /// Connected by a channel of these options: its two ends.
    pub async fn with_channel(init: &ChannelInit) -> (Self, DataChannel, DataChannel) {
        let pair = Self::new();
        let channel = pair.a.create_data_channel("chat", init).unwrap();
        let mut incoming = pair.b.data_channels();
        pair.connect().await;
        let other_end = incoming.next().within("the peer's channel").await.unwrap();
        join(channel.opened(), other_end.opened()).within("open channels").await.0.unwrap();
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

    /// An offer of `a` and the answer of `b`, each with its candidates in it.
    pub async fn negotiate(&self) {
        let offer = self.described(&self.a).await;
        self.b.set_remote_description(&offer).within("the offer set").await.unwrap();
        let answer = self.described(&self.b).await;
        self.a.set_remote_description(&answer).within("the answer set").await.unwrap();
    }

    pub async fn described(&self, pc: &PeerConnection) -> SessionDescription {
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        reached(pc.ice_gathering_states(), IceGatheringState::Complete).await;
        pc.local_description().unwrap()
    }
}

/// Waits for a state, which may be there already.
pub async fn reached<S: PartialEq + std::fmt::Debug + 'static>(mut states: EventStream<S>, awaited: S) {
    while states.next().within(&format!("the state {awaited:?}")).await.expect("the connection closed") != awaited {}
}
