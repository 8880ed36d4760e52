//! A running server, and a client that waits with a timeout.

use std::{future::Future, net::SocketAddr, sync::LazyLock, time::Duration};

use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, Join, Joined, LeaveReason, MessageId, PATH, Peer, PeerId, PeerJoined, PeerLeft,
    Ping, Pong, ResumeToken, SUBPROTOCOL, Say, SayFrom, ServerError, ServerMessage, SignalFrom, SignalTo,
};
use browser_rtc_signaling::{Config, Limits, Server};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, handshake::client::Request},
};

/// The timeout, which is long enough for a busy machine, and shorter than three heartbeats.
const LIMIT: Duration = Duration::from_secs(40);

/// Waits for a future, with a timeout.
pub async fn with_timeout<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("timed out")
}

/// A server that shuts down when dropped.
pub struct TestServer {
    pub addr: SocketAddr,
    own: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    #[cfg(feature = "redis")]
    _redis: Option<crate::cluster::Redis>,
}

pub async fn start(config: Config) -> TestServer {
    let config = config.listen(([127, 0, 0, 1], 0));
    // With this variable, the tests of a single server use rooms in Redis.
    #[cfg(feature = "redis")]
    let (config, redis) = match std::env::var_os("SIGNALING_TEST_REDIS") {
        Some(_) if config.redis.is_none() => {
            let redis = crate::cluster::Redis::start().await.unwrap();
            (config.redis(Some(redis.url().into())), Some(redis))
        }
        _ => (config, None),
    };
    let server = Server::bind(config).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let addr = server.local_addr();
    let task = tokio::spawn(server.run(async move {
        let _ = stopped.await;
    }));
    TestServer {
        addr,
        own: Some((stop, task)),
        #[cfg(feature = "redis")]
        _redis: redis,
    }
}

/// Starts a server that keeps seats longer than any test runs.
pub async fn start_with(limits: Limits) -> TestServer {
    start(Config::new().limits(limits).grace(Duration::from_secs(3600))).await
}

/// Starts a server that keeps no seats.
pub async fn start_without_grace(limits: Limits) -> TestServer {
    start(Config::new().limits(limits).grace(Duration::ZERO)).await
}

pub async fn ada_and_bob(server: &TestServer) -> (Client, Client) {
    let mut ada = server.join("r", "Ada").await;
    let bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    (ada, bob)
}

impl TestServer {
    /// Returns a handle to a server in another process.
    pub fn external(addr: SocketAddr) -> Self {
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
        let stream = with_timeout(TcpStream::connect(self.addr)).await.unwrap();
        Client::over(stream, request).await
    }

    /// Connects a client for which the server selects this version.
    pub async fn connect_as(&self, request: Request, version: &str) -> Client {
        let stream = with_timeout(TcpStream::connect(self.addr)).await.unwrap();
        Client::over_as(stream, request, version).await.unwrap()
    }

    /// Connects a client with this address in the header of a trusted proxy.
    pub async fn connect_from(&self, address: &str) -> Client {
        let mut request = self.request();
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        self.try_connect(request).await.unwrap()
    }

    /// Returns the value of a line in `/metrics`, or 0 if there is none.
    pub async fn metric(&self, name: &str) -> u64 {
        let (head, body) = self.get("/metrics").await;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let value = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().unwrap())
    }

    /// Waits until a metric has this value.
    pub async fn wait_for_metric(&self, name: &str, value: u64) {
        with_timeout(async { while self.metric(name).await != value {} }).await;
    }

    pub async fn connect_when_admitted(&self) -> Client {
        with_timeout(async {
            loop {
                if let Ok(client) = self.try_connect(self.request()).await {
                    break client;
                }
            }
        })
        .await
    }

    /// Connects a client with a small receive buffer.
    pub async fn connect_with_small_buffer(&self) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(8 * 1024).unwrap();
        let stream = with_timeout(socket.connect(self.addr)).await.unwrap();
        Client::over(stream, self.request()).await.unwrap()
    }

    /// Returns the status and the body of the response to a refused connection.
    pub async fn refusal(&self, request: Request) -> (u16, String) {
        match self.try_connect(request).await {
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                (response.status().as_u16(), String::from_utf8(body).unwrap())
            }
            Err(other) => panic!("expected an HTTP response, received {other}"),
            Ok(_) => panic!("expected a refusal, but the WebSocket was opened"),
        }
    }

    pub async fn join(&self, room: &str, name: &str) -> Client {
        let mut client = self.connect().await;
        client.join(room, name).await;
        client
    }

    /// Sends a GET request with the exact path, and returns the head and the body of the response.
    pub async fn get(&self, path: &str) -> (String, String) {
        self.try_get(path).await.expect("an answer")
    }

    /// Returns the head and the body of the response, or `None` if the server does not answer.
    pub async fn try_get(&self, path: &str) -> Option<(String, String)> {
        let (head, body) = self.try_send("GET", path, "").await?;
        Some((head, String::from_utf8(body).ok()?))
    }

    /// Sends a request with these lines of headers, and returns the head and the body of the response.
    pub async fn send(&self, method: &str, path: &str, headers: &str) -> (String, Vec<u8>) {
        self.try_send(method, path, headers).await.expect("an answer")
    }

    async fn try_send(&self, method: &str, path: &str, headers: &str) -> Option<(String, Vec<u8>)> {
        const END: &[u8] = b"\r\n\r\n";
        with_timeout(async {
            let mut stream = TcpStream::connect(self.addr).await.ok()?;
            let host = if headers.starts_with("host: ") { "" } else { "host: test\r\n" };
            let request = format!("{method} {path} HTTP/1.1\r\n{host}{headers}connection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.ok()?;
            let end = answer.windows(END.len()).position(|bytes| bytes == END)?;
            let head = String::from_utf8_lossy(answer.get(..end)?).to_lowercase();
            Some((head, answer.get(end + END.len()..)?.to_owned()))
        })
        .await
    }

    /// Shuts down the server, and waits until it has ended.
    pub async fn stop(self) {
        let (stop, task) = self.own.unwrap();
        let _ = stop.send(());
        with_timeout(task).await.unwrap();
    }
}

/// Asserts that PROTOCOL.md shows an error with this message, except for codes with many messages.
fn assert_documented(error: &ServerError) {
    static DOCUMENTED: LazyLock<Vec<(ErrorCode, String)>> = LazyLock::new(|| {
        let lines = include_str!("../../PROTOCOL.md").lines().filter(|line| line.starts_with(r#"{"type":"error""#));
        let errors = lines.map(|line| match ServerMessage::from_json(line).unwrap() {
            ServerMessage::Error(ServerError { code, message, .. }) => (code, without_numbers(&message)),
            other => panic!("expected an error, received {other:?}"),
        });
        errors.collect()
    });
    let is_documented = DOCUMENTED.contains(&(error.code.clone(), without_numbers(&error.message)));
    let has_many_messages = matches!(error.code, ErrorCode::BadMessage | ErrorCode::Unauthorized);
    assert!(is_documented || has_many_messages, "PROTOCOL.md does not show {error:?}");
}

/// Removes the numbers from a message, because limits differ between servers.
fn without_numbers(message: &str) -> String {
    message.replace(|character: char| character.is_ascii_digit(), "")
}

type Socket = WebSocketStream<TcpStream>;

pub struct Client {
    pub sink: SplitSink<Socket, Message>,
    pub stream: SplitStream<Socket>,
    pub id: PeerId,
    /// The token that resumes the seat.
    pub token: Option<ResumeToken>,
}

/// The data that a client needs to resume its seat in the room `r`.
#[derive(Clone)]
pub struct SavedSeat {
    pub token: Option<ResumeToken>,
    pub received: u32,
}

/// The result of resuming a seat.
#[derive(Debug)]
pub struct ResumeResult {
    pub name: String,
    pub resumed: bool,
    /// The number of frames that the server has received from the client.
    pub received: u32,
}

impl Client {
    async fn over(stream: TcpStream, request: Request) -> Result<Self, tungstenite::Error> {
        Self::over_as(stream, request, SUBPROTOCOL).await
    }

    async fn over_as(stream: TcpStream, request: Request, version: &str) -> Result<Self, tungstenite::Error> {
        let (socket, response) = with_timeout(client_async(request, stream)).await?;
        assert_eq!(response.headers()["sec-websocket-protocol"], version);
        let (sink, stream) = socket.split();
        Ok(Self { sink, stream, id: PeerId::from(""), token: None })
    }

    pub async fn send(&mut self, message: ClientMessage) {
        self.send_text(&message.to_json()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        with_timeout(self.sink.send(Message::text(text))).await.unwrap();
    }

    /// Returns an error if the server has closed the socket.
    pub async fn try_send_text(&mut self, text: &str) -> Result<(), tungstenite::Error> {
        with_timeout(self.sink.send(Message::text(text))).await
    }

    /// Returns the next message. A new resume token is stored, and its message is skipped.
    pub async fn recv(&mut self) -> ServerMessage {
        loop {
            match self.next_message().await {
                Some(Message::Text(text)) => match ServerMessage::from_json(&text).unwrap() {
                    ServerMessage::Pong(Pong { id: 0, resume: Some(token), .. }) => self.token = Some(token),
                    message => {
                        if let ServerMessage::Error(error) = &message {
                            assert_documented(error);
                        }
                        return message;
                    }
                },
                other => panic!("expected a message, received {other:?}"),
            }
        }
    }

    /// Returns the code of the server's close frame. Messages before it are skipped.
    pub async fn close_code(&mut self) -> u16 {
        with_timeout(async {
            loop {
                match self.next_message().await {
                    Some(Message::Text(_)) => {}
                    Some(Message::Close(Some(frame))) => return frame.code.into(),
                    other => panic!("expected a close frame, received {other:?}"),
                }
            }
        })
        .await
    }

    pub async fn try_join(&mut self, room: &str, name: &str) -> ServerMessage {
        self.send(ClientMessage::Join(Join::new(room.to_owned(), name.to_owned()))).await;
        self.recv().await
    }

    /// Joins, and returns the peers in the room.
    pub async fn join(&mut self, room: &str, name: &str) -> Vec<Peer> {
        match self.try_join(room, name).await {
            ServerMessage::Joined(Joined { you, peers, resume, .. }) => {
                self.id = you.id;
                self.token = resume;
                peers
            }
            other => panic!("expected joined, received {other:?}"),
        }
    }

    /// Returns the data to resume the seat, given the number of received numbered frames.
    pub fn save_seat(&self, received: u32) -> SavedSeat {
        SavedSeat { token: self.token.clone(), received }
    }

    /// Breaks the connection without a close frame. Unread data is lost.
    pub async fn reset(self) {
        let socket = self.sink.reunite(self.stream).unwrap();
        // A zero linger time resets the connection.
        socket.get_ref().set_zero_linger().unwrap();
        drop(socket);
    }

    /// Returns a join that resumes a seat in the room `r`, with another name for the case that the seat is lost.
    pub fn join_to_resume(&self, saved: &SavedSeat) -> ClientMessage {
        ClientMessage::Join(Join::new("r", "Fresh").resume(saved.token.clone()).received(saved.received))
    }

    pub async fn resume(&mut self, saved: &SavedSeat) -> ResumeResult {
        self.send(self.join_to_resume(saved)).await;
        match self.recv().await {
            ServerMessage::Joined(Joined { you, resume, resumed, received, .. }) => {
                self.id = you.id;
                self.token = resume;
                ResumeResult { name: you.name, resumed, received }
            }
            other => panic!("expected joined, received {other:?}"),
        }
    }

    pub async fn send_leave(&mut self) {
        self.send(ClientMessage::Leave).await;
    }

    /// Returns the next message other than a ping, or `None` at the end.
    pub async fn next_message(&mut self) -> Option<Message> {
        with_timeout(async {
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

    /// Expects that no frame is pending: the answer to a ping is the next message.
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
            other => panic!("expected an error, received {other:?}"),
        }
    }

    /// Expects an error with this frame number, or without one.
    pub async fn expect_refusal(&mut self, expected: ErrorCode, number: Option<u32>) {
        match self.recv().await {
            ServerMessage::Error(ServerError { code, message, frame, .. }) => {
                assert_eq!((code, frame), (expected, number), "{message}");
                assert!(!message.is_empty());
            }
            other => panic!("expected an error, received {other:?}"),
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

/// An extension to read frames from the stream half of a client.
pub trait NextFrame {
    async fn next_frame(&mut self) -> Message;
}

impl NextFrame for SplitStream<Socket> {
    async fn next_frame(&mut self) -> Message {
        with_timeout(self.next()).await.expect("the stream ended").unwrap()
    }
}
