//! The library in a real browser. The number in a test's name is that of the flow it stands for.
#![cfg(target_arch = "wasm32")]

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

mod web {
    mod byte_stream;
    mod byte_stream_ends;
    mod byte_stream_multiplexed;
    mod candidates;
    mod channel_flow;
    mod channel_large;
    mod channel_life;
    mod channel_limits;
    mod channel_messages;
    mod channel_options;
    #[cfg(feature = "streams")]
    mod channel_streams;
    mod dtmf;
    mod error;
    mod event;
    mod files;
    mod files_life;
    mod files_resume;
    mod handles;
    mod media_capture;
    mod media_constraints;
    mod media_devices;
    mod media_display;
    mod media_element;
    mod media_levels;
    mod media_output;
    mod media_permission;
    mod media_recorder;
    mod media_recordings;
    mod media_settings;
    mod media_snapshots;
    mod media_streams;
    mod media_tracks;
    mod packed;
    mod peer_calls;
    mod peer_configuration;
    mod peer_descriptions;
    mod peer_errors;
    mod peer_identity;
    mod peer_life;
    mod peer_many;
    mod peer_states;
    mod peer_tracks;
    mod peer_transports;
    mod promise;
    mod relay;
    mod room_calls;
    mod room_recovery;
    mod rtp_errors;
    mod rtp_flows;
    mod rtp_parameter_errors;
    mod rtp_parameters;
    mod rtp_receivers;
    mod rtp_transceivers;
    mod serde_types;
    mod session;
    mod session_flows;
    mod session_links;
    mod session_many;
    mod session_recovery;
    mod session_storm;
    mod simulcast;
    mod stats;
    mod support;
    mod typed;
}
