//! TLS with certificates that the tests generate.

use std::{fs, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use browser_rtc_proto::signaling::{ClientMessage, Join, ServerMessage};
use browser_rtc_signaling::{Config, Reloader, Server, Tls};
use futures_util::{SinkExt, StreamExt};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::ring::default_provider,
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
use tokio_tungstenite::{client_async, tungstenite::Message};

use crate::support::{TestServer, with_timeout};

/// A certificate for this machine and its key, both in PEM.
pub struct TestCertificate {
    pub certificate: CertificateDer<'static>,
    pub pem: String,
    pub key: String,
}

pub fn generate() -> TestCertificate {
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    TestCertificate { certificate: made.der().clone(), pem: made.pem(), key: key.serialize_pem() }
}

pub fn write(dir: &Path, made: &TestCertificate) -> Tls {
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    fs::write(&certificate, &made.pem).unwrap();
    fs::write(&key, &made.key).unwrap();
    Tls::Files { certificate, key }
}

/// Connects, and fails unless the server presents this certificate.
pub async fn connect(addr: SocketAddr, shown: &CertificateDer<'static>) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(shown.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(addr).await?;
    with_timeout(TlsConnector::from(Arc::new(config)).connect(addr.ip().into(), stream)).await
}

pub async fn get(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    with_timeout(stream.write_all(request.as_bytes())).await.unwrap();
    let mut answer = Vec::new();
    // The server may close without `close_notify`.
    let _ = with_timeout(stream.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

async fn start(tls: Tls) -> (SocketAddr, Reloader) {
    let config = Config::new().listen(([127, 0, 0, 1], 0)).tls(Some(tls));
    let server = Server::bind(config).await.unwrap();
    let (addr, reloader) = (server.local_addr(), server.reloader());
    assert_eq!(server.urls(), [format!("https://{addr}")]);
    tokio::spawn(server.run(std::future::pending()));
    (addr, reloader)
}

#[tokio::test]
async fn client_joins_over_tls() {
    let (dir, made) = (TempDir::new().unwrap(), generate());
    let (addr, _) = start(write(dir.path(), &made)).await;
    let stream = connect(addr, &made.certificate).await.unwrap();
    let request = TestServer::external(addr).request();
    let (mut socket, _) = with_timeout(client_async(request, stream)).await.unwrap();
    let (room, name) = ("r".to_owned(), "Ada".to_owned());
    let join = ClientMessage::Join(Join::new(room, name));
    socket.send(Message::text(join.to_json())).await.unwrap();
    let answer = with_timeout(socket.next()).await.unwrap().unwrap();
    let answer = ServerMessage::from_json(answer.to_text().unwrap()).unwrap();
    assert!(matches!(answer, ServerMessage::Joined(_)), "{answer:?}");

    // A client without TLS gets no answer, and does not affect other clients.
    let mut plain = TcpStream::connect(addr).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = with_timeout(plain.read_to_end(&mut answer)).await;
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP"));
    let mut stream = connect(addr, &made.certificate).await.unwrap();
    assert!(get(&mut stream, "/healthz").await.ends_with("ok"));
}

#[tokio::test]
async fn reloaded_certificate_applies_to_new_connections() {
    let (dir, old, new) = (TempDir::new().unwrap(), generate(), generate());
    let (addr, reloader) = start(write(dir.path(), &old)).await;
    let mut before = connect(addr, &old.certificate).await.unwrap();

    // During a change, certificate and key do not match.
    fs::write(dir.path().join("cert.pem"), &new.pem).unwrap();
    reloader.reload();
    connect(addr, &old.certificate).await.unwrap();
    fs::write(dir.path().join("cert.pem"), "nonsense").unwrap();
    reloader.reload();
    fs::remove_file(dir.path().join("key.pem")).unwrap();
    reloader.reload();
    let mut still = connect(addr, &old.certificate).await.unwrap();
    let metrics = get(&mut still, "/metrics").await;
    assert!(metrics.contains("signaling_certificates_total{result=\"failed\"} 3"), "{metrics}");

    write(dir.path(), &new);
    reloader.reload();
    reloader.reload();
    assert!(connect(addr, &old.certificate).await.is_err());
    let mut after = connect(addr, &new.certificate).await.unwrap();
    let metrics = get(&mut after, "/metrics").await;
    assert!(metrics.contains("signaling_certificates_total{result=\"ok\"} 1"), "{metrics}");
    assert!(get(&mut before, "/healthz").await.ends_with("ok"));
}

#[tokio::test]
async fn certificate_files_are_checked_regularly() {
    let (dir, old, new) = (TempDir::new().unwrap(), generate(), generate());
    let (addr, _) = start(write(dir.path(), &old)).await;
    connect(addr, &old.certificate).await.unwrap();
    write(dir.path(), &new);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    with_timeout(async { while connect(addr, &new.certificate).await.is_err() {} }).await;
}

#[tokio::test]
async fn invalid_certificate_files_are_refused() {
    let (dir, made) = (TempDir::new().unwrap(), generate());
    let tls = write(dir.path(), &made);
    let bind = async || Server::bind(Config::new().tls(Some(tls.clone()))).await.map(|_| ());
    for (file, content) in [("key.pem", &generate().key), ("key.pem", &String::new()), ("cert.pem", &made.key)] {
        write(dir.path(), &made);
        fs::write(dir.path().join(file), content).unwrap();
        assert_eq!(bind().await.unwrap_err().kind(), io::ErrorKind::InvalidInput, "{file}");
    }
    fs::remove_file(dir.path().join("key.pem")).unwrap();
    let error = bind().await.unwrap_err();
    assert!(error.to_string().contains("key.pem"), "{error}");
}

/// Returns the certificate that the server presents, from any issuer.
pub async fn presented(addr: SocketAddr) -> CertificateDer<'static> {
    let seen = Arc::new(AcceptAny);
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(seen)
        .with_no_client_auth();
    let stream = TcpStream::connect(addr).await.unwrap();
    let stream = with_timeout(TlsConnector::from(Arc::new(config)).connect(addr.ip().into(), stream)).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

#[derive(Debug)]
struct AcceptAny;

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
