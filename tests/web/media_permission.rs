//! States of permissions, and their changes.

use browser_rtc::{
    ErrorKind,
    media::{self, Constraints, Permission, PermissionState},
};
use futures::StreamExt;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    iframe::Iframe,
    js::{self, Override},
    media::capture,
    watched,
};

const ALL: [(Permission, &str); 5] = [
    (Permission::Camera, "{ name: 'camera' }"),
    (Permission::CameraPanTiltZoom, "{ name: 'camera', panTiltZoom: true }"),
    (Permission::Microphone, "{ name: 'microphone' }"),
    (Permission::DisplayCapture, "{ name: 'display-capture' }"),
    (Permission::SpeakerSelection, "{ name: 'speaker-selection' }"),
];

async fn state(permission: Permission) -> Result<PermissionState, ErrorKind> {
    let status = media::permission(permission).within("the permission").await;
    status.map(|status| status.state()).map_err(|error| error.kind().clone())
}

#[wasm_bindgen_test]
async fn f02_permission_states_match_browser() {
    watched(async {
        let _allowed = capture(&Constraints::new().audio(true).video(true)).await;
        let unknown: &[Permission] = match js::is_firefox() {
            true => &[Permission::DisplayCapture, Permission::SpeakerSelection],
            false => &[Permission::SpeakerSelection],
        };
        for (permission, descriptor) in ALL {
            if unknown.contains(&permission) {
                assert_eq!(state(permission).await, Err(ErrorKind::NotSupported));
                continue;
            }
            let query = js::eval(&format!("navigator.permissions.query({descriptor})"));
            let status = js::settled(query, "permissions.query").await;
            assert_eq!(state(permission).await, Ok(PermissionState::from(&*js::string(&status, "state"))));
        }
        // Firefox prompts each time by default.
        let expected = if js::is_firefox() { PermissionState::Prompt } else { PermissionState::Granted };
        assert_eq!(state(Permission::Camera).await, Ok(expected));
        assert_eq!(state(Permission::CameraPanTiltZoom).await, Ok(PermissionState::Prompt));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_permission_forbidden_by_policy_is_denied() {
    watched(async {
        if !js::is_firefox() {
            // In Chromium, a query in a frame sometimes never settles, even in plain JavaScript.
            return;
        }
        let _frame = Iframe::restricted().await;
        assert_eq!(state(Permission::Camera).await, Ok(PermissionState::Denied));
        assert_eq!(state(Permission::Microphone).await, Ok(PermissionState::Denied));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_permission_changes_are_reported() {
    watched(async {
        let status = js::eval("Object.assign(new EventTarget(), { state: 'prompt' })");
        let permissions = js::run("status", &[&status], "return { query: () => Promise.resolve(status) }");
        let _mock = Override::new(&js::eval("navigator"), "permissions", &permissions);
        let camera = media::permission(Permission::Camera).within("the permission").await.unwrap();
        assert!(js::same(camera.as_raw(), &status));
        let mut changes = camera.changes();
        for state in [PermissionState::Prompt, PermissionState::Granted, PermissionState::Denied] {
            js::run("status, state", &[&status, &state.as_str().into()], "status.state = state");
            js::dispatch(&status, "change", &JsValue::NULL);
            assert_eq!(changes.next().within("a permission change").await, Some(state));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_permission_without_api_is_not_supported() {
    watched(async {
        let _mock = Override::new(&js::eval("navigator"), "permissions", &JsValue::UNDEFINED);
        for (permission, _) in ALL {
            let error = media::permission(permission).within("the permission").await.unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("permissions.query", &ErrorKind::NotSupported));
        }
    })
    .await;
}
