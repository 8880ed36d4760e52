//! A running server, and a client that waits for nothing without a limit.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use browser_rtc_signaling::server::{Config, Limits, Server};
use browser_rtc_signaling::{ClientMessage, Data, ErrorCode, Join, PATH, PeerId, Ping, SUBPROTOCOL, Say, SignalTo};
use browser_rtc_signaling::{
    Joined, LeaveReason, MessageId, Peer, PeerJoined, PeerLeft, Pong, ResumeToken, SayFrom, ServerError, ServerMessage,
    SignalFrom,
};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Long for a busy machine, and shorter than the three heartbeats after which a server finds by itself who is gone.
const LIMIT: Duration = Duration::from_secs(40);

/// Waits, but not for ever.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("took too long")
}

/// A server that shuts down when dropped.
pub struct Running {
    pub addr: SocketAddr,
    own: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    #[cfg(feature = "redis")]
    _redis: Option<crate::cluster::Redis>,
}

pub async fn start(config: Config) -> Running {
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..config };
    // All tests of one server are tests of one that shares its rooms, with this set.
    #[cfg(feature = "redis")]
    let (config, redis) = match std::env::var_os("SIGNALING_TEST_REDIS") {
        Some(_) if config.redis.is_none() => {
            let redis = crate::cluster::Redis::start().await.unwrap();
            (Config { redis: Some(redis.url().into()), ..config }, Some(redis))
        }
        _ => (config, None),
    };
    let server = Server::bind(config).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let addr = server.local_addr();
    let task = tokio::spawn(server.run(async move {
        let _ = stopped.await;
    }));
    Running {
        addr,
        own: Some((stop, task)),
        #[cfg(feature = "redis")]
        _redis: redis,
    }
}

/// Seats are kept longer than any test runs.
pub async fn start_with(limits: Limits) -> Running {
    start(Config { limits, grace: Duration::from_secs(3600), ..Config::default() }).await
}

/// A server that keeps no seats.
pub async fn start_without_grace(limits: Limits) -> Running {
    start(Config { limits, grace: Duration::ZERO, ..Config::default() }).await
}

pub async fn ada_and_bob(server: &Running) -> (Client, Client) {
    let mut ada = server.join("r", "Ada").await;
    let bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    (ada, bob)
}

impl Running {
    /// One that is a program of its own.
    pub fn elsewhere(addr: SocketAddr) -> Self {
        Self {
            addr,
            own: None,
            #[cfg(feature = "redis")]
            _redis: None,
        }
    }

    pub fn request(&self) -> Request {
        let url = format!("ws://{}{PATH}", self.addr);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
        request
    }

    pub async fn connect(&self) -> Client {
        self.try_connect(self.request()).await.unwrap()
    }

    pub async fn try_connect(&self, request: Request) -> Result<Client, tungstenite::Error> {
        let stream = soon(TcpStream::connect(self.addr)).await.unwrap();
        Client::over(stream, request).await
    }

    /// A client that is answered in this version.
    pub async fn connect_as(&self, request: Request, version: &str) -> Client {
        let stream = soon(TcpStream::connect(self.addr)).await.unwrap();
        Client::over_as(stream, request, version).await.unwrap()
    }

    /// A client that comes from this address, as the trusted proxy says that this machine is.
    pub async fn connect_from(&self, address: &str) -> Client {
        let mut request = self.request();
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        self.try_connect(request).await.unwrap()
    }

    /// A line of `/metrics`; 0 where there is none yet.
    pub async fn metric(&self, name: &str) -> u64 {
        let (head, body) = self.get("/metrics").await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let value = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().unwrap())
    }

    /// Waits until a metric has come to this.
    pub async fn until_metric(&self, name: &str, value: u64) {
        soon(async { while self.metric(name).await != value {} }).await;
    }

    pub async fn connect_when_there_is_place(&self) -> Client {
        soon(async {
            loop {
                if let Ok(client) = self.try_connect(self.request()).await {
                    break client;
                }
            }
        })
        .await
    }

    /// A client that the system buffers little for.
    pub async fn connect_narrow(&self) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(8 * 1024).unwrap();
        let stream = soon(socket.connect(self.addr)).await.unwrap();
        Client::over(stream, self.request()).await.unwrap()
    }

    /// The status and the text of the answer that a refused connection got.
    pub async fn refusal(&self, request: Request) -> (u16, String) {
        match self.try_connect(request).await {
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                (response.status().as_u16(), String::from_utf8(body).unwrap())
            }
            Err(other) => panic!("no HTTP answer: {other}"),
            Ok(_) => panic!("let in"),
        }
    }

    pub async fn join(&self, room: &str, name: &str) -> Client {
        let mut client = self.connect().await;
        client.join(room, name).await;
        client
    }

    /// One HTTP exchange, with the path exactly as given. Head and body of the answer.
    pub async fn get(&self, path: &str) -> (String, String) {
        self.try_get(path).await.expect("an answer")
    }

    /// The same; none where the server does not even listen to it.
    pub async fn try_get(&self, path: &str) -> Option<(String, String)> {
        soon(async {
            let mut stream = TcpStream::connect(self.addr).await.ok()?;
            let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            let (head, body) = answer.split_once("\r\n\r\n")?;
            Some((head.to_lowercase(), body.to_owned()))
        })
        .await
    }

    /// Asks for the shutdown and waits until the server has ended.
    pub async fn stop(self) {
        let (stop, task) = self.own.unwrap();
        let _ = stop.send(());
        soon(task).await.unwrap();
    }
}

type Socket = WebSocketStream<TcpStream>;

pub struct Client {
    pub sink: SplitSink<Socket, Message>,
    pub stream: SplitStream<Socket>,
    pub id: PeerId,
    /// What takes the seat back.
    pub token: Option<ResumeToken>,
}

/// What a client knows of the seat that it had in the room `r`.
#[derive(Clone)]
pub struct Keepsake {
    pub token: Option<ResumeToken>,
    pub received: u32,
}

/// How a client came back.
#[derive(Debug)]
pub struct Back {
    pub name: String,
    pub resumed: bool,
    /// How many frames of the client the server has had.
    pub received: u32,
}

impl Client {
    async fn over(stream: TcpStream, request: Request) -> Result<Self, tungstenite::Error> {
        Self::over_as(stream, request, SUBPROTOCOL).await
    }

    async fn over_as(stream: TcpStream, request: Request, version: &str) -> Result<Self, tungstenite::Error> {
        let (socket, response) = soon(client_async(request, stream)).await?;
        assert_eq!(response.headers()["sec-websocket-protocol"], version);
        let (sink, stream) = socket.split();
        Ok(Self { sink, stream, id: PeerId::from(""), token: None })
    }

    pub async fn send(&mut self, message: ClientMessage) {
        self.send_text(&message.to_json().unwrap()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        soon(self.sink.send(Message::text(text))).await.unwrap();
    }

    /// Fails where the server has closed.
    pub async fn try_send_text(&mut self, text: &str) -> Result<(), tungstenite::Error> {
        soon(self.sink.send(Message::text(text))).await
    }

    /// The next message. A new token is taken, and passed over.
    pub async fn recv(&mut self) -> ServerMessage {
        loop {
            match self.next_message().await {
                Some(Message::Text(text)) => match ServerMessage::from_json(&text).unwrap() {
                    ServerMessage::Pong(Pong { id: 0, resume: Some(token), .. }) => self.token = Some(token),
                    message => return message,
                },
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// The code that the server closes with. Messages before it are skipped.
    pub async fn close_code(&mut self) -> u16 {
        soon(async {
            loop {
                match self.next_message().await {
                    Some(Message::Text(_)) => {}
                    Some(Message::Close(Some(frame))) => return frame.code.into(),
                    other => panic!("no close frame but {other:?}"),
                }
            }
        })
        .await
    }

    pub async fn ask_to_join(&mut self, room: &str, name: &str) -> ServerMessage {
        self.send(ClientMessage::Join(Join::new(room.to_owned(), name.to_owned()))).await;
        self.recv().await
    }

    /// Joins, and tells who was there.
    pub async fn join(&mut self, room: &str, name: &str) -> Vec<Peer> {
        match self.ask_to_join(room, name).await {
            ServerMessage::Joined(Joined { you, peers, resume, .. }) => {
                self.id = you.id;
                self.token = resume;
                peers
            }
            other => panic!("not joined but {other:?}"),
        }
    }

    /// What the client takes along from here, having received so many numbered frames.
    pub fn keepsake(&self, received: u32) -> Keepsake {
        Keepsake { token: self.token.clone(), received }
    }

    /// The network goes: no close frame, and what the client has not read is lost.
    pub async fn break_off(self) {
        let socket = self.sink.reunite(self.stream).unwrap();
        // Resets the connection.
        socket.get_ref().set_zero_linger().unwrap();
        drop(socket);
    }

    /// Asks for a seat in the room `r` back, with a name of its own in case that there is none.
    pub fn join_to_resume(&self, keepsake: &Keepsake) -> ClientMessage {
        ClientMessage::Join(Join::new("r", "Anew").resume(keepsake.token.clone()).received(keepsake.received))
    }

    pub async fn resume(&mut self, keepsake: &Keepsake) -> Back {
        self.send(self.join_to_resume(keepsake)).await;
        match self.recv().await {
            ServerMessage::Joined(Joined { you, resume, resumed, received, .. }) => {
                self.id = you.id;
                self.token = resume;
                Back { name: you.name, resumed, received }
            }
            other => panic!("not joined but {other:?}"),
        }
    }

    pub async fn send_leave(&mut self) {
        self.send(ClientMessage::Leave).await;
    }

    /// Whatever comes next, other than a ping; none at the end.
    pub async fn next_message(&mut self) -> Option<Message> {
        soon(async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Ping(_))) => {}
                    Some(Ok(message)) => return Some(message),
                    Some(Err(_)) | None => return None,
                }
            }
        })
        .await
    }

    pub async fn say(&mut self, data: &str) {
        let (id, data) = (message_id(data), Data::from_json(data).unwrap());
        self.send(ClientMessage::Say(Say::new(id, data))).await;
    }

    pub async fn signal(&mut self, to: &PeerId, data: &str) {
        let (to, data) = (to.clone(), Data::from_json(data).unwrap());
        self.send(ClientMessage::Signal(SignalTo::new(to, data))).await;
    }

    /// There and back: whatever the server had queued before has been received, which is nothing.
    pub async fn expect_silence(&mut self) {
        self.send(ClientMessage::Ping(Ping::new(4711))).await;
        let answer = self.recv().await;
        assert!(matches!(answer, ServerMessage::Pong(Pong { id: 4711, .. })), "{answer:?}");
    }

    pub async fn expect_error(&mut self, expected: ErrorCode) {
        match self.recv().await {
            ServerMessage::Error(ServerError { code, message, .. }) => {
                assert_eq!(code, expected);
                assert!(!message.is_empty());
            }
            other => panic!("no error but {other:?}"),
        }
    }

    /// An error for this frame of the client, or for one that is not numbered.
    pub async fn expect_refusal(&mut self, expected: ErrorCode, number: Option<u32>) {
        match self.recv().await {
            ServerMessage::Error(ServerError { code, message, frame, .. }) => {
                assert_eq!((code, frame), (expected, number), "{message}");
                assert!(!message.is_empty());
            }
            other => panic!("no error but {other:?}"),
        }
    }

    pub async fn expect_joined(&mut self, other: &Client, name: &str) {
        let peer = Peer::new(other.id.clone(), name.to_owned());
        assert_eq!(self.recv().await, ServerMessage::PeerJoined(PeerJoined::new(peer)));
    }

    pub async fn expect_left(&mut self, id: &PeerId, reason: LeaveReason) {
        let id = id.clone();
        assert_eq!(self.recv().await, ServerMessage::PeerLeft(PeerLeft::new(id, reason)));
    }

    pub async fn expect_signal(&mut self, from: &PeerId, data: &str) {
        let (from, data) = (from.clone(), Data::from_json(data).unwrap());
        assert_eq!(self.recv().await, ServerMessage::Signal(SignalFrom::new(from, data)));
    }

    pub async fn expect_say(&mut self, from: &PeerId, data: &str) {
        let (from, id, data) = (from.clone(), message_id(data), Data::from_json(data).unwrap());
        assert_eq!(self.recv().await, ServerMessage::Say(SayFrom::new(from, id, data)));
    }
}

/// Returns the id that a test client gives to a message with this data.
pub fn message_id(data: &str) -> MessageId {
    let letters = data.chars().filter(char::is_ascii_alphanumeric).take(32);
    format!("m-{}", letters.collect::<String>()).parse().unwrap()
}

/// Reading, where the client has been taken apart.
pub trait Frames {
    async fn next_frame(&mut self) -> Message;
}

impl Frames for SplitStream<Socket> {
    async fn next_frame(&mut self) -> Message {
        soon(self.next()).await.expect("the stream ended").unwrap()
    }
}
