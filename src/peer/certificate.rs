//! The certificates of connections.

use std::{fmt, time::Duration};

use browser_rtc_proto::{dictionary, spec_enum};
use js_sys::{Object, Uint8Array};
use serde::Serialize;
use wasm_bindgen::JsCast;

use crate::{
    dictionary::{self, js_members},
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{self, global},
};

spec_enum! {
    /// A curve of the Web Cryptography API.
    /// [Specification](https://www.w3.org/TR/WebCryptoAPI/#dfn-NamedCurve)
    NamedCurve {
        /// NIST P-256, which every browser supports.
        P256 = "P-256",
        /// NIST P-384, which Firefox supports.
        P384 = "P-384",
        /// NIST P-521, which Firefox supports.
        P521 = "P-521",
    }
}

/// The key of a [`Certificate`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// ECDSA. Its keys are short and are generated quickly.
    Ecdsa(NamedCurve),
    /// RSA, PKCS #1 1.5 with SHA-256, for peers that support nothing else. Long keys take seconds to generate.
    Rsa {
        /// The length of the key in bits, 1024 to 8192. A secure key has 2048 bits or more.
        modulus_length: u32,
    },
}

/// ECDSA on P-256, the default of browsers.
impl Default for KeyAlgorithm {
    fn default() -> Self {
        Self::Ecdsa(NamedCurve::P256)
    }
}

impl KeyAlgorithm {
    fn to_js(&self) -> Object {
        let object = Object::new();
        match self {
            Self::Ecdsa(curve) => {
                global::set(&object, "name", &"ECDSA".into());
                global::set(&object, "namedCurve", &curve.as_str().into());
            }
            Self::Rsa { modulus_length } => {
                global::set(&object, "name", &"RSASSA-PKCS1-v1_5".into());
                global::set(&object, "hash", &"SHA-256".into());
                global::set(&object, "modulusLength", &(*modulus_length).into());
                global::set(&object, "publicExponent", &Uint8Array::from([1, 0, 1].as_slice()));
            }
        }
        object
    }
}

/// A key with its self-signed certificate, by which a connection identifies itself to the remote peer. The key never
/// leaves the browser. [Specification](https://www.w3.org/TR/webrtc/#rtccertificate-interface)
///
/// A remote peer can recognize a page by a certificate that the page stores and reuses.
///
/// ```no_run
/// # use browser_rtc::{peer::{Certificate, Configuration, KeyAlgorithm, PeerConnection}, Result};
/// # use std::time::Duration;
/// # async fn example() -> Result<()> {
/// let certificate = Certificate::generate(&KeyAlgorithm::default(), Some(Duration::from_secs(3600))).await?;
/// let fingerprints = certificate.fingerprints()?; // as in the description
/// let pc = PeerConnection::new(&Configuration::new().certificate(certificate))?;
/// # let _ = (fingerprints, pc); Ok(()) }
/// ```
#[doc(alias = "RTCCertificate")]
#[derive(Clone)]
pub struct Certificate(sys::certificate::Certificate);

/// A fingerprint of a certificate, as in a description's `a=fingerprint`.
/// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtlsfingerprint)
#[doc(alias = "RTCDtlsFingerprint")]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Fingerprint {
    /// The hash algorithm, such as `sha-256`.
    #[doc(alias = "RTCDtlsFingerprint.algorithm")]
    pub algorithm: String,
    /// The hash: bytes in hexadecimal, with colons between them.
    #[doc(alias = "RTCDtlsFingerprint.value")]
    pub value: String,
}

dictionary! {
    Fingerprint = Self { algorithm: String::new(), value: String::new() },
    required ["algorithm", "value"],
    algorithm / "algorithm",
    value / "value",
}

js_members!(Fingerprint:);

impl Certificate {
    /// Generates a key and its certificate. The certificate is valid for `valid_for`, at most one year; by default,
    /// browsers use 30 days.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-generatecertificate)
    ///
    /// # Errors
    /// `NotSupported` for an algorithm that the browser does not support, such as any curve but P-256 in Chromium, and
    /// if the browser has no WebRTC.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCPeerConnection.generateCertificate")]
    #[doc(alias = "RTCCertificateExpiration.expires")]
    pub async fn generate(algorithm: &KeyAlgorithm, valid_for: Option<Duration>) -> Result<Self> {
        const OPERATION: &str = "generateCertificate";
        super::supported(OPERATION)?;
        let object = algorithm.to_js();
        if let Some(time) = valid_for {
            // Firefox rejects more than a year, which the specification shortens.
            let time = time.min(Duration::from_secs(365 * 24 * 3600));
            global::set(&object, "expires", &(time.as_secs_f64() * 1_000.0).floor().into());
        }
        let generated = settled_for_good(OPERATION, sys::certificate::generate_certificate(&object)).await?;
        Ok(Self(generated.unchecked_into()))
    }

    /// Returns a handle of the browser's own object.
    #[must_use]
    pub fn from_raw(raw: web_sys::RtcCertificate) -> Self {
        Self(raw.unchecked_into())
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcCertificate {
        &self.0
    }

    /// Returns the time of expiry, in milliseconds since 1970 (UTC). After that, no connection can be created with the
    /// certificate.
    #[doc(alias = "RTCCertificate.expires")]
    #[must_use]
    pub fn expires(&self) -> f64 {
        self.0.expires_at()
    }

    /// Returns the fingerprints, as in a description: usually one, of SHA-256.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtccertificate-getfingerprints)
    ///
    /// # Errors
    /// `NotSupported` if the browser does not report fingerprints.
    #[doc(alias = "RTCCertificate.getFingerprints")]
    pub fn fingerprints(&self) -> Result<Vec<Fingerprint>> {
        const OPERATION: &str = "getFingerprints";
        let advice =
            "this browser does not report fingerprints: read them from the a=fingerprint lines of the description";
        let fingerprints = global::call(&self.0, OPERATION)
            .ok_or_else(|| Error::new(OPERATION, ErrorKind::NotSupported, advice))?
            .during(OPERATION)?;
        Ok(dictionary::list_from_js(&fingerprints))
    }
}

/// Compares the fingerprints, because Chromium creates a new object each time that the certificates of a connection are
/// read.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
            || matches!((self.fingerprints(), other.fingerprints()), (Ok(left), Ok(right)) if left == right)
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("expires", &self.expires()).finish_non_exhaustive()
    }
}
