//! Selection of audio outputs.

use browser_rtc::{
    ErrorKind,
    media::{self, AudioOutputOptions, DeviceKind},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    iframe::Iframe,
    js::{self, Override},
    media::{Element, microphone, mock},
    watched,
};

async fn select(options: &AudioOutputOptions) -> browser_rtc::Result<media::DeviceInfo> {
    media::select_audio_output(options).within("selectAudioOutput").await
}

#[wasm_bindgen_test]
async fn f05_element_plays_on_selected_output() {
    watched(async {
        let (audio, microphone) = (Element::new("audio"), microphone().await);
        let _attachment = media::show(&audio, &microphone).unwrap();
        assert_eq!(media::sink_id(&audio).unwrap(), "");
        let outputs = media::devices().within("enumerateDevices").await.unwrap();
        let outputs: Vec<_> = outputs.into_iter().filter(|device| device.kind == DeviceKind::AudioOutput).collect();
        // The numbers of the browsers' fake outputs.
        assert_eq!(outputs.len(), if js::is_firefox() { 2 } else { 3 });
        for id in outputs.iter().map(|output| output.device_id.as_str()).chain([""]) {
            media::set_sink_id(&audio, id).within("setSinkId").await.unwrap();
            assert_eq!(media::sink_id(&audio).unwrap(), id);
            assert_eq!(js::string(&audio, "sinkId"), id);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_each_sink_failure_has_distinct_kind() {
    watched(async {
        let audio = Element::new("audio");
        let error = media::set_sink_id(&audio, "unknown").within("setSinkId").await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), ("setSinkId", &ErrorKind::NotFound));

        let frame = Iframe::restricted().await;
        let outcome = media::set_sink_id(&frame.element("audio"), "").within("setSinkId").await;
        // Chromium ignores the permissions policy.
        let expected = js::is_firefox().then_some(ErrorKind::NotAllowed);
        assert_eq!(outcome.err().map(|error| error.kind().clone()), expected);
        drop(frame);

        for (name, kind) in [("NotAllowedError", ErrorKind::NotAllowed), ("AbortError", ErrorKind::Abort)] {
            let reject = format!("() => Promise.reject(new DOMException('rejected by the mock', '{name}'))");
            let _mock = Override::new(&audio, "setSinkId", &js::eval(&reject));
            let error = media::set_sink_id(&audio, "").within("setSinkId").await.unwrap_err();
            assert_eq!(error.kind(), &kind);
        }
        let _no_members = ["setSinkId", "sinkId"].map(|member| Override::new(&audio, member, &JsValue::UNDEFINED));
        for error in
            [media::set_sink_id(&audio, "").within("setSinkId").await.unwrap_err(), media::sink_id(&audio).unwrap_err()]
        {
            assert_eq!(error.kind(), &ErrorKind::NotSupported);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_audio_output_is_selected_by_user() {
    watched(async {
        let any = AudioOutputOptions::new();
        // Firefox requires a user gesture, which a test cannot make. Chromium does not have this method.
        let expected = if js::is_firefox() { ErrorKind::InvalidState } else { ErrorKind::NotSupported };
        for options in [any.clone(), AudioOutputOptions::new().device_id("earlier choice")] {
            let error = select(&options).await.unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("selectAudioOutput", &expected));
        }

        let select_headset = "return Promise.resolve({ kind: 'audiooutput', label: 'Headset', groupId: 'b',
            deviceId: options.deviceId ?? 'a' })";
        for (options, id) in [(any.clone(), "a"), (AudioOutputOptions::new().device_id("c"), "c")] {
            let _mock = mock("selectAudioOutput", select_headset);
            let headset = select(&options).await.unwrap();
            assert_eq!((headset.kind, &*headset.device_id, &*headset.label), (DeviceKind::AudioOutput, id, "Headset"));
        }
        for (name, kind) in [("NotAllowedError", ErrorKind::NotAllowed), ("NotFoundError", ErrorKind::NotFound)] {
            let body = format!("return Promise.reject(new DOMException('rejected by the mock', '{name}'))");
            let _mock = mock("selectAudioOutput", &body);
            assert_eq!(select(&any).await.unwrap_err().kind(), &kind);
        }
        let _mock = Override::new(&js::eval("navigator"), "mediaDevices", &JsValue::UNDEFINED);
        assert_eq!(select(&any).await.unwrap_err().kind(), &ErrorKind::NotSupported);
    })
    .await;
}
