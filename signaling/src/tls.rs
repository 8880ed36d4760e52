//! TLS, with certificates that can be replaced while the server runs.

use std::{
    fs, io,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use rcgen::{CertificateParams, DnType, KeyPair};
use ring::digest::{SHA256, digest};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::{error::invalid_input, interfaces::local_addresses, lock::lock};

/// The source of a server's certificate.
#[derive(Clone, Debug)]
pub enum Tls {
    /// Files with a certificate chain and a private key, both in PEM. The files may change while the server runs: they
    /// are checked regularly, and by [`Reloader::reload`](super::Reloader::reload).
    Files {
        /// The certificate and the intermediate certificates.
        certificate: PathBuf,
        /// The private key of the certificate.
        key: PathBuf,
    },
    /// A self-signed certificate for all addresses of this machine, generated at each start. A browser shows a warning,
    /// and allows the page to use the camera after that.
    SelfSigned,
}

/// The interval at which the files are checked.
pub const CHECK_INTERVAL: Duration = Duration::from_secs(30);

/// The certificate in use.
pub struct Certificate {
    source: Tls,
    current: RwLock<TlsAcceptor>,
    /// The files that were last loaded, successfully or not, so that they are reloaded only after a change.
    last_read: Mutex<Pem>,
    fingerprint: Option<String>,
}

/// A certificate chain and a private key, in PEM.
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
        Ok(Self { source, current, last_read: Mutex::new(pem), fingerprint })
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the fingerprint of a self-signed certificate, by which users can identify it.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// Reloads the files, for new connections. Returns false if they have not changed.
    ///
    /// # Errors
    /// Returns an error if the files are invalid, for example during a change. The certificate in use is
    /// kept.
    pub fn reload(&self) -> io::Result<bool> {
        if !matches!(self.source, Tls::Files { .. }) {
            return Ok(false);
        }
        let pem = read(&self.source)?;
        let mut last_read = lock(&self.last_read);
        if *last_read == pem {
            return Ok(false);
        }
        last_read.clone_from(&pem);
        let new = acceptor(&pem)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(true)
    }
}

fn read(source: &Tls) -> io::Result<Pem> {
    let Tls::Files { certificate, key } = source else {
        return Err(invalid_input("the certificate is not read from files"));
    };
    let read = |path: &PathBuf| {
        fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    };
    Ok(Pem { chain: read(certificate)?, key: read(key)? })
}

fn acceptor(pem: &Pem) -> io::Result<TlsAcceptor> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem.chain)
        .collect::<Result<_, _>>()
        .map_err(|error| invalid_input(format!("invalid certificate: {error}")))?;
    let key = PrivateKeyDer::from_pem_slice(&pem.key)
        .map_err(|error| invalid_input(format!("invalid private key: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid_input(format!("invalid TLS configuration: {error}")))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| invalid_input(format!("invalid TLS configuration: {error}")))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}

fn self_signed() -> io::Result<Pem> {
    let mut names = vec!["localhost".to_owned()];
    names.extend(local_addresses().iter().map(IpAddr::to_string));
    let generate = || -> Result<Pem, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, "signaling-server");
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok(Pem { chain: certificate.pem().into_bytes(), key: key.serialize_pem().into_bytes() })
    };
    generate().map_err(|error| io::Error::other(format!("cannot generate a certificate: {error}")))
}

fn fingerprint(pem: &Pem) -> io::Result<String> {
    let certificate = CertificateDer::from_pem_slice(&pem.chain).map_err(|error| invalid_input(error.to_string()))?;
    let bytes: Vec<_> = digest(&SHA256, &certificate).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(bytes.join(":"))
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("source", &self.source).finish_non_exhaustive()
    }
}
