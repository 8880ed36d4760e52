//! TLS, with certificates that change while the server runs.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rcgen::{CertificateParams, DnType, KeyPair};
use ring::digest::{SHA256, digest};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::config::invalid;
use super::{addresses, lock};

/// How a server proves who it is.
#[derive(Clone, Debug)]
pub enum Tls {
    /// By a certificate with its chain and a private key, both in PEM. The files may change while the server runs: they
    /// are looked at again from time to time, and when [`Reloader::reload`](super::Reloader::reload) says so.
    Files {
        /// The certificate, and those between it and the root.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// By a certificate that nobody has signed, made anew at each start for every address of this machine. A browser
    /// warns of it, and then lets the page use the camera.
    SelfSigned,
}

/// How often the files are looked at.
pub const LOOK: Duration = Duration::from_secs(30);

/// The certificate in use.
pub struct Certificate {
    source: Tls,
    current: RwLock<TlsAcceptor>,
    /// What was tried last, so that a file is not tried again before it changes.
    tried: Mutex<Pem>,
    fingerprint: Option<String>,
}

/// A chain and a key, as they are written down.
#[derive(Clone, PartialEq, Eq)]
struct Pem {
    chain: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    pub fn load(source: Tls) -> io::Result<Self> {
        let pem = match &source {
            Tls::Files { .. } => read(&source)?,
            Tls::SelfSigned => self_signed()?,
        };
        let fingerprint = matches!(source, Tls::SelfSigned).then(|| fingerprint(&pem)).transpose()?;
        let current = RwLock::new(acceptor(&pem)?);
        Ok(Self { source, current, tried: Mutex::new(pem), fingerprint })
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// By which a person knows a certificate that nobody has signed.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// Takes what the files hold now, for the connections to come. False when they are as they were.
    ///
    /// # Errors
    /// When they make no sense, as they may in the middle of a change. What was in use before, stays.
    pub fn reload(&self) -> io::Result<bool> {
        if !matches!(self.source, Tls::Files { .. }) {
            return Ok(false);
        }
        let pem = read(&self.source)?;
        let mut tried = lock(&self.tried);
        if *tried == pem {
            return Ok(false);
        }
        tried.clone_from(&pem);
        let new = acceptor(&pem)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(true)
    }
}

fn read(source: &Tls) -> io::Result<Pem> {
    let Tls::Files { certificate, key } = source else { return Err(invalid("no files")) };
    let read = |path: &PathBuf| {
        fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    };
    Ok(Pem { chain: read(certificate)?, key: read(key)? })
}

fn acceptor(pem: &Pem) -> io::Result<TlsAcceptor> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem.chain)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(format!("the certificate: {error}")))?;
    let key = PrivateKeyDer::from_pem_slice(&pem.key).map_err(|error| invalid(format!("the key: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(format!("TLS: {error}")))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| invalid(format!("TLS: {error}")))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}

fn self_signed() -> io::Result<Pem> {
    let mut names = vec!["localhost".to_owned()];
    names.extend(addresses::of_this_machine().iter().map(IpAddr::to_string));
    let made = || -> Result<Pem, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, "signaling-server");
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Pem { chain: certificate.pem().into_bytes(), key: key.serialize_pem().into_bytes() })
    };
    made().map_err(|error| io::Error::other(format!("no certificate could be made: {error}")))
}

fn fingerprint(pem: &Pem) -> io::Result<String> {
    let certificate = CertificateDer::from_pem_slice(&pem.chain).map_err(|error| invalid(error.to_string()))?;
    let bytes: Vec<_> = digest(&SHA256, &certificate).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(bytes.join(":"))
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("source", &self.source).finish_non_exhaustive()
    }
}
