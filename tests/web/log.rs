//! Log records, with the feature `log`.

use std::{cell::RefCell, fmt::Write};

use browser_rtc::room::Join;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    room::{MAX_FRAME_BYTES, establish_call, with_configured_rooms},
    session::{exchange_messages, sessions},
    watched,
};

struct Recorder;

thread_local! {
    static RECORDS: RefCell<String> = RefCell::default();
}

impl log::Log for Recorder {
    fn enabled(&self, _metadata: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        RECORDS.with_borrow_mut(|records| {
            writeln!(records, "{} {}: {}", record.level(), record.target(), record.args()).unwrap();
        });
    }

    fn flush(&self) {}
}

/// Records everything at the level `trace` while the test runs.
async fn recorded(test: impl Future<Output = ()>) -> String {
    // Other tests of this module may have set the logger.
    let _ = log::set_logger(&Recorder);
    RECORDS.take();
    log::set_max_level(log::LevelFilter::Trace);
    test.await;
    log::set_max_level(log::LevelFilter::Off);
    RECORDS.take()
}

fn assert_private(records: &str) {
    for content in ["a=fingerprint", "candidate:", "ice-ufrag", "Ada", "secret"] {
        assert!(!records.contains(content), "{content} in {records}");
    }
}

#[wasm_bindgen_test]
async fn session_log_omits_descriptions() {
    watched(async {
        let records = recorded(async {
            let (a, b) = sessions();
            exchange_messages(&a, &b).await;
            a.close();
            drop(b);
        })
        .await;
        for expected in [
            "DEBUG browser_rtc::session::driver: starts SetLocalDescription",
            "DEBUG browser_rtc::session::driver: received Description",
            "INFO browser_rtc::session::driver: connection is connected",
            "DEBUG browser_rtc::channel::life: data channel ",
        ] {
            assert!(records.contains(expected), "no {expected} in {records}");
        }
        assert_private(&records);
    })
    .await;
}

#[wasm_bindgen_test]
async fn room_log_omits_names() {
    watched(async {
        let records = recorded(with_configured_rooms(
            |_id| Join::new("secret", "Ada"),
            MAX_FRAME_BYTES,
            |near, far| async move {
                let (call, other) = establish_call(&near, &far).await;
                call.hang_up();
                other.ended().within("the end of the call").await;
            },
        ))
        .await;
        for expected in [
            "INFO browser_rtc::room::connector: joined as ",
            "INFO browser_rtc::room::events: event Incoming",
            "INFO browser_rtc::room::shared_call: call has ended: ",
            "TRACE browser_rtc::room::driver: sends Signal",
        ] {
            assert!(records.contains(expected), "no {expected} in {records}");
        }
        assert_private(&records);
    })
    .await;
}
