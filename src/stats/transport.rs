//! Transports and their certificates.

use super::{CandidatePair, DtlsRole, StatsId, decode::dictionary};
use browser_rtc_proto::sdp::{DtlsTransportState, IceRole, IceTransportState};

dictionary! {
    /// A transport of media and data. Older versions of Firefox do not report it.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#transportstats-dict*)
    #[doc(alias = "RTCTransportStats")]
    Transport = "transport" {
        /// Packets sent.
        #[doc(alias = "RTCTransportStats.packetsSent")]
        packets_sent: u64 = "packetsSent",
        /// Packets received.
        #[doc(alias = "RTCTransportStats.packetsReceived")]
        packets_received: u64 = "packetsReceived",
        /// Bytes of payload sent, without headers, padding and ICE checks.
        #[doc(alias = "RTCTransportStats.bytesSent")]
        bytes_sent: u64 = "bytesSent",
        /// Bytes of payload received, likewise.
        #[doc(alias = "RTCTransportStats.bytesReceived")]
        bytes_received: u64 = "bytesReceived",
        /// The ICE role of the local peer.
        #[doc(alias = "RTCTransportStats.iceRole")]
        ice_role: IceRole = "iceRole",
        /// Our user name in ICE checks.
        #[doc(alias = "RTCTransportStats.iceLocalUsernameFragment")]
        ice_local_username_fragment: String = "iceLocalUsernameFragment",
        /// The encryption.
        #[doc(alias = "RTCTransportStats.dtlsState")]
        dtls_state: DtlsTransportState = "dtlsState",
        /// The search for a way to the peer.
        #[doc(alias = "RTCTransportStats.iceState")]
        ice_state: IceTransportState = "iceState",
        /// The way to the peer that is in use.
        #[doc(alias = "RTCTransportStats.selectedCandidatePairId")]
        selected_candidate_pair_id: StatsId<CandidatePair> = "selectedCandidatePairId",
        /// Our certificate.
        #[doc(alias = "RTCTransportStats.localCertificateId")]
        local_certificate_id: StatsId<Certificate> = "localCertificateId",
        /// The peer's certificate.
        #[doc(alias = "RTCTransportStats.remoteCertificateId")]
        remote_certificate_id: StatsId<Certificate> = "remoteCertificateId",
        /// The version of DTLS, in four hexadecimal digits: `FEFD` is 1.2.
        #[doc(alias = "RTCTransportStats.tlsVersion")]
        tls_version: String = "tlsVersion",
        /// The cipher of DTLS, by its IANA name.
        #[doc(alias = "RTCTransportStats.dtlsCipher")]
        dtls_cipher: String = "dtlsCipher",
        /// The role of the local peer in the handshake.
        #[doc(alias = "RTCTransportStats.dtlsRole")]
        dtls_role: DtlsRole = "dtlsRole",
        /// The cipher of media, by its IANA name.
        #[doc(alias = "RTCTransportStats.srtpCipher")]
        srtp_cipher: String = "srtpCipher",
        /// How often another way came into use.
        #[doc(alias = "RTCTransportStats.selectedCandidatePairChanges")]
        selected_candidate_pair_changes: u32 = "selectedCandidatePairChanges",
        /// Messages of congestion control feedback sent.
        #[doc(alias = "RTCTransportStats.ccfbMessagesSent")]
        ccfb_messages_sent: u32 = "ccfbMessagesSent",
        /// Messages of congestion control feedback received.
        #[doc(alias = "RTCTransportStats.ccfbMessagesReceived")]
        ccfb_messages_received: u32 = "ccfbMessagesReceived",
    }
}

dictionary! {
    /// A certificate, ours or the peer's. Firefox does not tell of it.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#certificatestats-dict*)
    #[doc(alias = "RTCCertificateStats")]
    Certificate = "certificate" {
        /// Its fingerprint, as in the session description.
        #[doc(alias = "RTCCertificateStats.fingerprint")]
        fingerprint: String = "fingerprint",
        /// How the fingerprint is made, such as `sha-256`.
        #[doc(alias = "RTCCertificateStats.fingerprintAlgorithm")]
        fingerprint_algorithm: String = "fingerprintAlgorithm",
        /// The certificate itself, as DER in base64.
        #[doc(alias = "RTCCertificateStats.base64Certificate")]
        base64_certificate: String = "base64Certificate",
        /// The next one in its chain.
        #[doc(alias = "RTCCertificateStats.issuerCertificateId")]
        issuer_certificate_id: StatsId<Certificate> = "issuerCertificateId",
    }
}
