//! Declarations of browser interfaces that web-sys lacks, or declares without `catch` although they can throw.
//!
//! Each file declares one interface. Each type extends its counterpart in web-sys, so that the public API can return
//! web-sys objects.

pub(crate) mod audio_context;
pub(crate) mod blob;
pub(crate) mod brand;
pub(crate) mod capture_controller;
pub(crate) mod certificate;
pub(crate) mod crypto;
pub(crate) mod data_channel;
pub(crate) mod dtmf_sender;
pub(crate) mod file;
pub(crate) mod global;
pub(crate) mod media_devices;
pub(crate) mod media_element;
pub(crate) mod media_recorder;
pub(crate) mod media_stream_track;
pub(crate) mod offscreen_canvas;
pub(crate) mod peer_connection;
pub(crate) mod permissions;
pub(crate) mod promise;
pub(crate) mod rtp_receiver;
pub(crate) mod rtp_sender;
pub(crate) mod rtp_transceiver;
pub(crate) mod stats_report;
pub(crate) mod storage;
