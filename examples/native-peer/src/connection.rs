//! A WebRTC connection: str0m on one UDP socket, with the operations that a `Negotiator` requests.

use std::{
    collections::{HashMap, VecDeque},
    io, mem,
    net::{IpAddr, Ipv4Addr},
    time::Instant,
};

use browser_rtc_proto::{
    call::{CONTROL_CHANNEL_ID, CONTROL_CHANNEL_LABEL},
    negotiation::Operation,
    sdp::{IceCandidate, SdpType, SessionDescription, SignalingState},
};
use str0m::{
    Candidate, Event as RtcEvent, IceConnectionState, Input, Output, Rtc,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    channel::{ChannelConfig, ChannelData, ChannelId},
    media::{MediaData, MediaKind, Mid},
    net::{Protocol, Receive},
};
use tokio::{net::UdpSocket, select, time};

use crate::Result;

/// The largest datagram that is received.
const DATAGRAM: usize = 2_000;

/// An event of a connection.
#[derive(Debug)]
pub enum Event {
    /// The path to the peer is connected, for the first time or again.
    Connected,
    /// The path is broken, and may recover.
    Disconnected,
    /// A data channel is open.
    ChannelOpen(String),
    /// A text message has arrived on the call's control channel.
    OwnChannel(Vec<u8>),
    /// The first frame of a track has arrived.
    Media(Mid, MediaKind),
    /// The peer has closed the connection.
    Closed,
}

/// A connection that echoes what the peer sends: the messages of its channels, and its media.
#[derive(Debug)]
pub struct Connection {
    rtc: Rtc,
    socket: UdpSocket,
    own_channel: ChannelId,
    /// The changes that are not negotiated yet. str0m keeps them outside the connection until then.
    changes: Option<SdpPendingOffer>,
    /// The next offer restarts ICE.
    restarts_ice: bool,
    /// The offer with the changes is pending.
    has_offered: bool,
    /// The answer that str0m has made to the offer of the peer, until it is set.
    answer: Option<SessionDescription>,
    events: VecDeque<Event>,
    frames: HashMap<Mid, u64>,
}

impl Connection {
    /// Creates a connection with the call's control channel, and with one channel of the application if it has a label.
    pub async fn new(channel: Option<&str>) -> Result<Self> {
        let socket = UdpSocket::bind((local_address().await, 0)).await?;
        let mut rtc = Rtc::builder().build(Instant::now());
        rtc.add_local_candidate(Candidate::host(socket.local_addr()?, "udp")?);
        let mut changes = rtc.sdp_api();
        let own_channel = changes.add_channel_with_config(ChannelConfig {
            label: CONTROL_CHANNEL_LABEL.to_owned(),
            negotiated: Some(CONTROL_CHANNEL_ID),
            ..ChannelConfig::default()
        });
        if let Some(label) = channel {
            changes.add_channel(label.to_owned());
        }
        let changes = changes.apply().map(|(_, changes)| changes);
        Ok(Self {
            rtc,
            socket,
            own_channel,
            changes,
            restarts_ice: false,
            has_offered: false,
            answer: None,
            events: VecDeque::new(),
            frames: HashMap::new(),
        })
    }

    /// Returns whether there is something to offer.
    pub fn needs_negotiation(&self) -> bool {
        (self.changes.is_some() || self.restarts_ice) && !self.has_offered
    }

    /// Returns the signaling state of the specification.
    pub fn signaling_state(&self) -> SignalingState {
        match (&self.answer, self.has_offered) {
            (Some(_), _) => SignalingState::HaveRemoteOffer,
            (None, true) => SignalingState::HaveLocalOffer,
            (None, false) => SignalingState::Stable,
        }
    }

    /// Makes the next offer restart ICE.
    pub fn restart_ice(&mut self) {
        self.restarts_ice = true;
    }

    /// Performs an operation, and returns the description that it has created or set locally.
    pub async fn perform(&mut self, operation: Operation) -> Result<Option<SessionDescription>> {
        let outcome = match operation {
            Operation::CreateOffer => self.offer().map(Some),
            Operation::SetLocalDescription => match self.answer.take() {
                Some(answer) => Ok(Some(answer)),
                None => self.offer().inspect(|_| self.has_offered = true).map(Some),
            },
            Operation::SetRemoteDescription(description) => self.set_remote_description(&description).map(|()| None),
            Operation::AddIceCandidate(candidate) => {
                self.add_ice_candidate(&candidate);
                Ok(None)
            }
            Operation::RollBackLocalOffer => {
                // Nothing has changed yet. The next offer has the same changes.
                self.has_offered = false;
                Ok(None)
            }
            // str0m sets an offer and answers it in one step, which cannot be undone.
            Operation::RollBackRemoteOffer => Err("str0m cannot roll an answered offer back".into()),
        };
        // str0m has to be drained after each change.
        self.drain().await?;
        outcome
    }

    /// Creates an offer with all changes.
    fn offer(&mut self) -> Result<SessionDescription> {
        let mut changes = self.rtc.sdp_api();
        if let Some(earlier) = self.changes.take() {
            changes.merge(earlier);
        }
        if mem::take(&mut self.restarts_ice) {
            changes.ice_restart(true);
        }
        let (offer, changes) = changes.apply().ok_or("there is nothing to offer")?;
        self.changes = Some(changes);
        Ok(SessionDescription { kind: SdpType::Offer, sdp: offer.to_sdp_string() })
    }

    fn set_remote_description(&mut self, description: &SessionDescription) -> Result {
        match description.kind {
            SdpType::Offer => {
                let offer = SdpOffer::from_sdp_string(&description.sdp)?;
                let answer = self.rtc.sdp_api().accept_offer(offer)?;
                self.answer = Some(SessionDescription { kind: SdpType::Answer, sdp: answer.to_sdp_string() });
                self.has_offered = false;
                // The channels no longer need a separate offer.
                if let Some(earlier) = self.changes.take() {
                    let mut changes = self.rtc.sdp_api();
                    changes.merge(earlier);
                    self.changes = changes.apply().map(|(_, changes)| changes);
                }
            }
            SdpType::Answer => {
                let answer = SdpAnswer::from_sdp_string(&description.sdp)?;
                let changes = self.changes.take().ok_or("no offer is pending")?;
                self.has_offered = false;
                self.rtc.sdp_api().accept_answer(changes, answer)?;
            }
            _ => return Err("str0m does not take provisional answers".into()),
        }
        Ok(())
    }

    /// Adds a candidate of the peer, if str0m can use it. str0m does not resolve the mDNS names by which a page without
    /// a camera hides its addresses: in that case, the connectivity checks of the peer find the path.
    fn add_ice_candidate(&mut self, candidate: &IceCandidate) {
        if let Ok(candidate) = Candidate::from_sdp_string(&candidate.candidate) {
            self.rtc.add_remote_candidate(candidate);
        }
    }

    /// Runs the connection until the next event. Cancel safe.
    pub async fn next_event(&mut self) -> Result<Event> {
        let mut buffer = [0; DATAGRAM];
        loop {
            let timeout = self.drain().await?;
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            let received = select! {
                received = self.socket.recv_from(&mut buffer) => Some(received),
                () = time::sleep_until(timeout.into()) => None,
            };
            let now = Instant::now();
            match received {
                Some(Ok((length, source))) => {
                    let destination = self.socket.local_addr()?;
                    // Datagrams that are not part of WebRTC are ignored.
                    if let Ok(datagram) = Receive::new(Protocol::Udp, source, destination, &buffer[..length]) {
                        self.rtc.handle_input(Input::Receive(now, datagram))?;
                    }
                }
                // The network reports that the peer no longer has a socket.
                Some(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Some(Err(error)) => return Err(error.into()),
                None => self.rtc.handle_input(Input::Timeout(now))?,
            }
        }
    }

    /// Closes the connection, and sends the packets that notify the peer.
    pub async fn close(mut self) -> Result<HashMap<Mid, u64>> {
        self.rtc.close()?;
        self.drain().await?;
        Ok(self.frames)
    }

    /// Sends all pending packets, and handles all events. Returns the time of the next timeout.
    async fn drain(&mut self) -> Result<Instant> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => return Ok(at),
                Output::Transmit(datagram) => {
                    // A datagram that cannot be sent counts as lost, and ICE finds another path.
                    let _ = self.socket.send_to(&datagram.contents, datagram.destination).await;
                }
                Output::Event(event) => self.take_event(event)?,
            }
        }
    }

    fn take_event(&mut self, event: RtcEvent) -> Result {
        let event = match event {
            RtcEvent::Connected => Event::Connected,
            RtcEvent::IceConnectionStateChange(IceConnectionState::Disconnected) => Event::Disconnected,
            RtcEvent::IceConnectionStateChange(IceConnectionState::Connected | IceConnectionState::Completed)
                if self.rtc.is_connected() =>
            {
                Event::Connected
            }
            RtcEvent::ChannelOpen(id, label) if id != self.own_channel => Event::ChannelOpen(label),
            RtcEvent::ChannelData(message) if message.id == self.own_channel => Event::OwnChannel(message.data),
            RtcEvent::ChannelData(message) => return self.echo_message(&message),
            RtcEvent::MediaData(frame) => return self.echo_frame(frame),
            RtcEvent::KeyframeRequest(request) => {
                // The request concerns the echo, so it is forwarded to the peer.
                if let Some(mut writer) = self.rtc.writer(request.mid)
                    && writer.is_request_keyframe_possible(request.kind)
                {
                    writer.request_keyframe(request.rid, request.kind)?;
                }
                return Ok(());
            }
            RtcEvent::Closed => Event::Closed,
            _ => return Ok(()),
        };
        self.events.push_back(event);
        Ok(())
    }

    fn echo_message(&mut self, message: &ChannelData) -> Result {
        if let Some(mut channel) = self.rtc.channel(message.id)
            && !channel.write(message.binary, &message.data)?
        {
            eprintln!("a message of {} bytes is not echoed: the send buffer is full", message.data.len());
        }
        Ok(())
    }

    fn echo_frame(&mut self, frame: MediaData) -> Result {
        let count = self.frames.entry(frame.mid).or_default();
        *count += 1;
        if *count == 1
            && let Some(media) = self.rtc.media(frame.mid)
        {
            self.events.push_back(Event::Media(frame.mid, media.kind()));
        }
        // There is no writer if the peer does not receive media.
        if let Some(writer) = self.rtc.writer(frame.mid)
            && let Some(payload_type) = writer.match_params(frame.params)
        {
            writer.write(payload_type, frame.network_time, frame.time, frame.data)?;
        }
        Ok(())
    }
}

/// Returns the address of this machine in its network, which is the source address of outgoing packets. Nothing is
/// sent.
async fn local_address() -> IpAddr {
    let outgoing = async {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).await?;
        socket.local_addr()
    };
    outgoing.await.map_or(Ipv4Addr::LOCALHOST.into(), |address| address.ip())
}
