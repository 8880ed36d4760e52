//! Peer identity: identity providers and assertions, which only Firefox supports.

use browser_rtc::{ErrorKind, peer::IdentityProvider};
use futures::FutureExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, pair::connection, watched};

#[wasm_bindgen_test]
async fn f28_identity_is_requested_in_firefox_only() {
    watched(async {
        let pc = connection();
        let provider = IdentityProvider::new("idp.invalid");
        assert_eq!(pc.idp_login_url(), None);
        if !js::is_firefox() {
            let unsupported = |kind: &ErrorKind| assert_eq!(kind, &ErrorKind::NotSupported);
            unsupported(pc.set_identity_provider(&provider).unwrap_err().kind());
            unsupported(pc.identity_assertion().within("the result").await.unwrap_err().kind());
            unsupported(pc.peer_identity().within("the result").await.unwrap_err().kind());
            return;
        }
        let without_provider = pc.identity_assertion().within("the result").await;
        assert_eq!(without_provider.unwrap_err().kind(), &ErrorKind::InvalidState);
        pc.set_identity_provider(&provider).unwrap();
        // The provider does not exist, so that the request of Firefox fails.
        let unreachable = pc.identity_assertion().within("the result").await;
        assert_eq!(unreachable.unwrap_err().kind(), &ErrorKind::Operation);

        let mut never_asserted = Box::pin(pc.peer_identity());
        assert!((&mut never_asserted).now_or_never().is_none());
        pc.close();
        assert_eq!(never_asserted.within("the end").await.unwrap_err().kind(), &ErrorKind::Closed);
        assert_eq!(pc.set_identity_provider(&provider).unwrap_err().kind(), &ErrorKind::Closed);
        assert_eq!(pc.identity_assertion().within("the end").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}
