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
        /// Bytes of payload received, without headers, padding and ICE checks.
        #[doc(alias = "RTCTransportStats.bytesReceived")]
        bytes_received: u64 = "bytesReceived",
        /// The ICE role of the local peer.
        #[doc(alias = "RTCTransportStats.iceRole")]
        ice_role: IceRole = "iceRole",
        /// The local user name fragment in ICE checks.
        #[doc(alias = "RTCTransportStats.iceLocalUsernameFragment")]
        ice_local_username_fragment: String = "iceLocalUsernameFragment",
        /// The state of DTLS.
        #[doc(alias = "RTCTransportStats.dtlsState")]
        dtls_state: DtlsTransportState = "dtlsState",
        /// The state of ICE.
        #[doc(alias = "RTCTransportStats.iceState")]
        ice_state: IceTransportState = "iceState",
        /// The selected candidate pair.
        #[doc(alias = "RTCTransportStats.selectedCandidatePairId")]
        selected_candidate_pair_id: StatsId<CandidatePair> = "selectedCandidatePairId",
        /// The local certificate.
        #[doc(alias = "RTCTransportStats.localCertificateId")]
        local_certificate_id: StatsId<Certificate> = "localCertificateId",
        /// The remote certificate.
        #[doc(alias = "RTCTransportStats.remoteCertificateId")]
        remote_certificate_id: StatsId<Certificate> = "remoteCertificateId",
        /// The version of DTLS, in four hexadecimal digits: `FEFD` is 1.2.
        #[doc(alias = "RTCTransportStats.tlsVersion")]
        tls_version: String = "tlsVersion",
        /// The cipher of DTLS, by its IANA name.
        #[doc(alias = "RTCTransportStats.dtlsCipher")]
        dtls_cipher: String = "dtlsCipher",
        /// The role of the local peer in the DTLS handshake.
        #[doc(alias = "RTCTransportStats.dtlsRole")]
        dtls_role: DtlsRole = "dtlsRole",
        /// The cipher of media, by its IANA name.
        #[doc(alias = "RTCTransportStats.srtpCipher")]
        srtp_cipher: String = "srtpCipher",
        /// The number of changes of the selected candidate pair.
        #[doc(alias = "RTCTransportStats.selectedCandidatePairChanges")]
        selected_candidate_pair_changes: u32 = "selectedCandidatePairChanges",
        /// Congestion control feedback messages sent.
        #[doc(alias = "RTCTransportStats.ccfbMessagesSent")]
        ccfb_messages_sent: u32 = "ccfbMessagesSent",
        /// Congestion control feedback messages received.
        #[doc(alias = "RTCTransportStats.ccfbMessagesReceived")]
        ccfb_messages_received: u32 = "ccfbMessagesReceived",
    }
}

dictionary! {
    /// A certificate of the local or the remote peer. Firefox does not report it.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#certificatestats-dict*)
    #[doc(alias = "RTCCertificateStats")]
    Certificate = "certificate" {
        /// The fingerprint, as in the session description.
        #[doc(alias = "RTCCertificateStats.fingerprint")]
        fingerprint: String = "fingerprint",
        /// The hash algorithm of the fingerprint, such as `sha-256`.
        #[doc(alias = "RTCCertificateStats.fingerprintAlgorithm")]
        fingerprint_algorithm: String = "fingerprintAlgorithm",
        /// The certificate itself, as DER in base64.
        #[doc(alias = "RTCCertificateStats.base64Certificate")]
        base64_certificate: String = "base64Certificate",
        /// The next certificate in the chain.
        #[doc(alias = "RTCCertificateStats.issuerCertificateId")]
        issuer_certificate_id: StatsId<Certificate> = "issuerCertificateId",
    }
}
