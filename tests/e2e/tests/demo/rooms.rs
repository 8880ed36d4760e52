//! Coming and going.

use browser_rtc_e2e::{Browser, play};

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_refused() {
    play("name taken", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let other = stage.open(Browser::Chrome, "Ada", "/").await;
        other.ask_to_join("lobby").await;
        let sentence = other.until_failure("Signaling").await;
        assert!(sentence.contains("Ada") || sentence.contains("name"), "{sentence:?}");
        assert_eq!(other.seen().await.view, "join");
        assert!(ada.seen().await.people.is_empty());

        // In another room the name is free.
        other.join("kitchen").await;
        assert!(ada.seen().await.people.is_empty(), "another room is another list");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_gone_from_the_list() {
    play("leaving", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.until_here(&bob).await;
        bob.leave().await;
        ada.until_gone(&bob).await;

        // The name is free again, and the page is as new.
        bob.join("lobby").await;
        ada.until_here(&bob).await;
        bob.until_here(&ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_fills_in_the_form_and_joins_nothing() {
    play("prefilled", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.open(Browser::Chrome, "Bob", "/?room=lobby&name=Bob").await;
        assert_eq!(bob.seen().await.view, "join");
        assert!(ada.seen().await.people.is_empty());
        bob.click("#join").await;
        bob.until_here(&ada).await;
        assert_eq!(bob.seen().await.you, "Bob");
    })
    .await;
}
