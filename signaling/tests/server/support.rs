//! A running server, and a client that waits for nothing without a limit.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use browser_rtc_signaling::server::{Config, Limits, Server};
use browser_rtc_signaling::{ClientMessage, Data, ErrorCode, PATH, PeerId, SUBPROTOCOL};
use browser_rtc_signaling::{LeaveReason, Peer, ServerMessage};
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

/// Waits, but not for ever.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("took too long")
}

/// A server that shuts down when dropped.
pub struct Running {
    pub addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub async fn start(config: Config) -> Running {
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..config };
    let server = Server::bind(config).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    Running {
        addr: server.local_addr(),
        stop,
        task: tokio::spawn(server.run(async move {
            let _ = stopped.await;
        })),
    }
}

pub async fn start_with(limits: Limits) -> Running {
    start(Config { limits, ..Config::default() }).await
}

impl Running {
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
        soon(async {
            let mut stream = TcpStream::connect(self.addr).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            (head.to_lowercase(), body.to_owned())
        })
        .await
    }

    /// Asks for the shutdown and waits until the server has ended.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        soon(self.task).await.unwrap();
    }
}

type Socket = WebSocketStream<TcpStream>;

pub struct Client {
    pub sink: SplitSink<Socket, Message>,
    pub stream: SplitStream<Socket>,
    pub id: PeerId,
}

impl Client {
    async fn over(stream: TcpStream, request: Request) -> Result<Self, tungstenite::Error> {
        let (socket, response) = soon(client_async(request, stream)).await?;
        assert_eq!(response.headers()["sec-websocket-protocol"], SUBPROTOCOL);
        let (sink, stream) = socket.split();
        Ok(Self { sink, stream, id: PeerId::from("") })
    }

    pub async fn send(&mut self, message: ClientMessage) {
        self.send_text(&message.to_json().unwrap()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        soon(self.sink.send(Message::text(text))).await.unwrap();
    }

    pub async fn recv(&mut self) -> ServerMessage {
        loop {
            match soon(self.stream.next()).await {
                Some(Ok(Message::Text(text))) => break ServerMessage::from_json(&text).unwrap(),
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// The code that the server closes with. Messages before it are skipped.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match soon(self.stream.next()).await {
                Some(Ok(Message::Text(_) | Message::Ping(_))) => {}
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                other => panic!("no close frame but {other:?}"),
            }
        }
    }

    pub async fn ask_to_join(&mut self, room: &str, name: &str) -> ServerMessage {
        self.send(ClientMessage::Join { room: room.to_owned(), name: name.to_owned(), resume: None, token: None })
            .await;
        self.recv().await
    }

    /// Joins, and tells who was there.
    pub async fn join(&mut self, room: &str, name: &str) -> Vec<Peer> {
        match self.ask_to_join(room, name).await {
            ServerMessage::Joined { you, peers, .. } => {
                self.id = you.id;
                peers
            }
            other => panic!("not joined but {other:?}"),
        }
    }

    pub async fn say(&mut self, data: &str) {
        let data = Data::from_json(data).unwrap();
        self.send(ClientMessage::Say { data }).await;
    }

    pub async fn signal(&mut self, to: &PeerId, data: &str) {
        let (to, data) = (to.clone(), Data::from_json(data).unwrap());
        self.send(ClientMessage::Signal { to, data }).await;
    }

    /// There and back: whatever the server had queued before has been received, which is nothing.
    pub async fn expect_silence(&mut self) {
        self.send(ClientMessage::Ping { id: 4711 }).await;
        assert_eq!(self.recv().await, ServerMessage::Pong { id: 4711 });
    }

    pub async fn expect_error(&mut self, expected: ErrorCode) {
        match self.recv().await {
            ServerMessage::Error { code, message } => {
                assert_eq!(code, expected);
                assert!(!message.is_empty());
            }
            other => panic!("no error but {other:?}"),
        }
    }

    pub async fn expect_joined(&mut self, other: &Client, name: &str) {
        let peer = Peer { id: other.id.clone(), name: name.to_owned() };
        assert_eq!(self.recv().await, ServerMessage::PeerJoined { peer });
    }

    pub async fn expect_left(&mut self, id: &PeerId, reason: LeaveReason) {
        let id = id.clone();
        assert_eq!(self.recv().await, ServerMessage::PeerLeft { id, reason });
    }

    pub async fn expect_say(&mut self, from: &PeerId, data: &str) {
        let (from, data) = (from.clone(), Data::from_json(data).unwrap());
        assert_eq!(self.recv().await, ServerMessage::Say { from, data });
    }
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
