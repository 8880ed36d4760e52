//! The JavaScript function `createSession` and the class `Session`.

use std::{cell::RefCell, rc::Rc};

use futures::{
    FutureExt, StreamExt,
    channel::mpsc::{self, UnboundedSender},
    future::{LocalBoxFuture, Shared},
    select_biased,
    stream::{self, LocalBoxStream},
};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::RtcPeerConnection;

use super::{
    abort::abortable,
    argument::{Argument, Options, signal},
    channel::{NpmChannel, channel_arguments},
    connection::{play_tones, session_event, transformed},
    event::typed,
    hold,
    iterate::AsyncItems,
    promise,
    room::recovery,
};
use crate::{
    channel::{DEFAULT_RECEIVE_LIMIT, DataChannel},
    error::{Error, ErrorKind, Result},
    event::EventStream,
    negotiation::{Politeness, Signal},
    peer::{Configuration, PeerConnection},
    session::{
        Link, Session, SessionEvent, SessionOptions,
        unclaimed::{self, Unclaimed},
    },
};

const OPERATION: &str = "createSession";

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The options of `createSession`. */
export interface SessionOptions {
  /** Sends the JSON text of a signal to the remote peer, which passes it to `receive`. Exceptions are ignored. */
  send: (signal: string) => void;
  /** Whether this peer yields if both offer at the same time. By default, the peers agree on it. */
  polite?: boolean;
  /** Whether the remote peer implements the perfect negotiation of the specification, and not the headers of signals. */
  plainPeer?: boolean;
  /** Whether the session never offers. */
  answerOnly?: boolean;
  /** The maximum size of a signal in bytes. Larger descriptions are split. */
  signalLimit?: number;
  /** The configuration of the connection. */
  configuration?: RTCConfiguration;
  /** How the session recovers when the network between the two peers fails. */
  recovery?: RecoveryOptions;
  /** Returns the SDP to use in place of that of a local description. */
  sdpTransform?: SdpTransform;
}

/** An event of a session: those of a call, and the channels that the remote peer has opened. */
export type SessionEvent = CallEvent | { type: "channel"; channel: DataChannel };

/** The reason for the end of a session. */
export type SessionEndReason = "closed" | "connection-failed" | "peer-closed" | "peer-restarted" | "sdp-transform-failed";
"#;

/// Creates a connection, and negotiates it by signals that the page transports.
///
/// # Errors
/// Throws a `TypeError` or a `RangeError` for an invalid argument, and otherwise the errors of `new RTCPeerConnection`.
#[wasm_bindgen(js_name = createSession)]
pub fn create_session(
    #[wasm_bindgen(unchecked_param_type = "SessionOptions")] options: JsValue,
) -> std::result::Result<NpmSession, JsValue> {
    Ok(NpmSession::new(&Options::new(OPERATION, options)?)?)
}

/// A connection to one peer that negotiates and recovers automatically. The session continues even if the page drops the
/// object.
#[wasm_bindgen(js_name = Session)]
pub struct NpmSession {
    session: Session,
    unclaimed: Rc<Unclaimed>,
    signals: UnboundedSender<Signal>,
    /// The events since the creation, until the first iterator of events takes them.
    events: RefCell<Option<EventStream<SessionEvent>>>,
    /// The channels of the remote peer, until the first iterator of events takes them.
    channels: RefCell<Option<LocalBoxStream<'static, DataChannel>>>,
    ended: Shared<LocalBoxFuture<'static, &'static str>>,
}

impl NpmSession {
    fn new(options: &Options) -> Result<Self> {
        let send = options.member("send")?;
        let send = send.function().cloned().ok_or_else(|| send.wrong_type("a function"))?;
        let configuration = match options.present("configuration")? {
            Some(configuration) => PeerConnection::configuration_from(OPERATION, &configuration.dictionary()?)?,
            None => Configuration::new(),
        };
        let session_options = session_options(options)?;
        let (signals, incoming) = mpsc::unbounded();
        let link = Link::sending(incoming, move |signal: Signal| {
            // The peers repeat lost signals, so that a failure does not end the link.
            let _ = send.call1(&JsValue::UNDEFINED, &signal.to_string().into());
            Ok::<_, Error>(())
        });
        let connection = PeerConnection::new(&configuration)?;
        let (unclaimed, collect_task) = unclaimed::collect(&connection);
        spawn_local(collect_task);
        let session = Session::from_connection(connection, session_options, link);
        // The first subscriber receives the backlog.
        let events = RefCell::new(Some(session.events()));
        let ended = end_reason(&session).shared();
        hold(session.clone(), ended.clone());
        spawn_local(supervise(session.clone()));
        let channels = RefCell::new(Some(channels(unclaimed.clone(), session.clone()).boxed_local()));
        Ok(Self { session, unclaimed, signals, events, channels, ended })
    }
}

#[wasm_bindgen(js_class = Session)]
impl NpmSession {
    /// The browser's connection, which is negotiated automatically. Use `close()` instead of closing it.
    #[wasm_bindgen(getter)]
    pub fn connection(&self) -> RtcPeerConnection {
        self.session.connection().as_raw().clone()
    }

    /// Receives a signal of the remote peer, as JSON text.
    ///
    /// # Errors
    /// Throws a `TypeError` for a value that is not a signal.
    pub fn receive(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] signal: JsValue,
    ) -> std::result::Result<(), JsValue> {
        const OPERATION: &str = "receive";
        let parsed = Argument::new(OPERATION, "signal", signal).string()?.parse::<Signal>();
        let signal = parsed.map_err(|error| Error::new(OPERATION, ErrorKind::Type, error.to_string()))?;
        // This fails if the session has ended.
        let _ = self.signals.unbounded_send(signal);
        Ok(())
    }

    /// Resolves to the first stream of the remote peer. `options` is `{ signal }` or the `AbortSignal` itself.
    ///
    /// The promise is rejected with a `TypeError` for invalid options, with the signal's `reason` if it aborts, and with an
    /// `Error` whose `name` is `Closed` if the session ends first.
    #[wasm_bindgen(js_name = remoteStream, unchecked_return_type = "Promise<MediaStream>")]
    pub fn remote_stream(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "WaitOptions | AbortSignal")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "remoteStream";
        let (unclaimed, ended, signal) = (self.unclaimed.clone(), self.session.ended(), signal(OPERATION, options));
        promise(async move {
            let receiving = async move {
                let stream = unclaimed.next(ended, Unclaimed::stream).await;
                let ended = || Error::new(OPERATION, ErrorKind::Closed, "the session has ended");
                Ok(stream.ok_or_else(ended)?.into_raw())
            };
            abortable(OPERATION, signal?, receiving).await
        })
    }

    /// Creates a channel, and resolves to it when it is open. The remote peer gets the event `channel`, unless the channel is
    /// `negotiated`, which both peers create with the same `id`. If `options.signal` aborts, the channel is closed.
    ///
    /// The promise is rejected with a `TypeError` or a `RangeError` for invalid arguments and contradictory options, with the
    /// signal's `reason` if it aborts, and with an `Error` whose `name` is `Closed` if the session ends first.
    #[wasm_bindgen(unchecked_return_type = "Promise<DataChannel>")]
    pub fn channel(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] label: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "ChannelOptions")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "channel";
        let created = channel_arguments(OPERATION, label, options).and_then(|(label, init, signal)| {
            Ok((self.session.connection().create_data_channel(&label, &init)?, signal))
        });
        promise(async move {
            let (channel, signal) = created?;
            let opening = async move {
                channel.opened().await?;
                Ok(NpmChannel::new(channel))
            };
            abortable(OPERATION, signal, opening).await
        })
    }

    /// Plays telephone tones, as `Call.playTones` does.
    ///
    /// # Errors
    /// Throws the errors of `Call.playTones`.
    #[wasm_bindgen(js_name = playTones, unchecked_return_type = "AsyncIterable<string>")]
    pub fn play_tones(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] tones: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "ToneTiming")] timing: JsValue,
    ) -> std::result::Result<AsyncItems, JsValue> {
        Ok(play_tones(self.session.connection(), tones, timing)?)
    }

    /// Returns the events of the session. The first iterable yields all events since the session was created, and the
    /// channels that the remote peer has opened. Each later one yields the other events from its creation on.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterable<SessionEvent>")]
    pub fn events(&self) -> AsyncItems {
        let events = self.events.take().unwrap_or_else(|| self.session.events()).map(session_event);
        let channels = self.channels.take().unwrap_or_else(|| stream::empty().boxed_local());
        let channels = channels.map(|channel| typed("channel", &[("channel", NpmChannel::new(channel).into())]));
        AsyncItems::new(stream::select(events, channels).map(Ok))
    }

    /// Ends the session, and closes its connection.
    pub fn close(&self) {
        self.session.close();
    }

    /// Ends the session. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.close();
    }

    /// Resolves to the reason when the session has ended.
    #[wasm_bindgen(unchecked_return_type = "Promise<SessionEndReason>")]
    pub fn ended(&self) -> Promise {
        let ended = self.ended.clone();
        promise(async move { Ok(ended.await) })
    }
}

/// Converts a `SessionOptions` object.
fn session_options(options: &Options) -> Result<SessionOptions> {
    let flag = |member| options.present(member)?.map(|flag| flag.boolean()).transpose();
    let politeness = match flag("polite")? {
        Some(true) => Politeness::Polite,
        Some(false) => Politeness::Impolite,
        None => Politeness::Auto,
    };
    let mut session = SessionOptions::new(politeness);
    if flag("plainPeer")? == Some(true) {
        session = session.plain_peer();
    }
    if flag("answerOnly")? == Some(true) {
        session = session.answer_only();
    }
    if let Some(bytes) = options.present("signalLimit")? {
        session = session.signal_limit(bytes.bytes()? as usize);
    }
    if let Some(options) = options.present("recovery")? {
        session = session.recovery(recovery(&options.options("options.recovery.")?)?);
    }
    if let Some(function) = options.function("sdpTransform")? {
        session = session.sdp_transform(move |description| transformed(&function, description));
    }
    Ok(session)
}

/// Resolves to the reason for the end of a session.
fn end_reason(session: &Session) -> LocalBoxFuture<'static, &'static str> {
    let mut events = session.events();
    let reason = async move {
        let mut reason = "closed";
        while let Some(event) = events.next().await {
            if let SessionEvent::Lost { reason: lost } = event {
                reason = lost.as_str();
            }
        }
        reason
    };
    reason.boxed_local()
}

/// Closes the session when the page has closed its connection.
async fn supervise(session: Session) {
    select_biased! {
        () = session.ended().fuse() => {}
        () = session.closed_by_page().boxed_local().fuse() => session.close(),
    }
}

/// Returns the channels that the remote peer opens.
fn channels(unclaimed: Rc<Unclaimed>, session: Session) -> impl futures::Stream<Item = DataChannel> {
    stream::unfold((unclaimed, session), |(unclaimed, session)| async move {
        let channel = unclaimed.next(session.ended(), |unclaimed| unclaimed.take_channel(|_| true)).await?;
        channel.set_receive_limit(DEFAULT_RECEIVE_LIMIT);
        Some((channel, (unclaimed, session)))
    })
}
