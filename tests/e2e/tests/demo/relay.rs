//! The lab of relays with a real TURN server, whose address `cargo xtask test e2e` sets.

use std::collections::BTreeMap;

use browser_rtc_e2e::{Browser, Page, play};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a TURN server, which `cargo xtask test e2e` starts"]
async fn f16_relay_lab_uses_server_in_chrome() {
    relay_lab_uses_server("relay in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a TURN server, which `cargo xtask test e2e` starts"]
async fn f16_relay_lab_uses_server_in_firefox() {
    relay_lab_uses_server("relay in firefox", Browser::Firefox).await;
}

async fn relay_lab_uses_server(scene: &str, browser: Browser) {
    let server = std::env::var("TURN").expect("TURN is the address of a server with the user `ada`");
    play(scene, async |stage| {
        let page = stage.open_blank(browser, "Labs").await;
        page.go_to(&format!("{}/labs/#relay", stage.url())).await;
        page.until_script("return document.body.dataset.view ?? ''", "the lab is open", |view: &String| view == "lab")
            .await;
        page.fill("[name=url]", &format!("turn:{server}?transport=udp")).await;

        page.fill("[name=credential]", "wrong").await;
        page.click("#run").await;
        until(&page, "the password is refused", |results| {
            results.get("Error 1").is_some_and(|error| error.starts_with("401"))
        })
        .await;
        page.click("#run").await;

        page.fill("[name=credential]", "secret").await;
        page.click("#run").await;
        let results = until(&page, "a path is found", |results| results.contains_key("Path")).await;
        assert_eq!(results["Path"], "from relay to relay");
        assert!(results["Candidate 1"].starts_with("relay, udp "), "{results:?}");
    })
    .await;
}

async fn until(
    page: &Page,
    what: &str,
    condition: impl Fn(&BTreeMap<String, String>) -> bool,
) -> BTreeMap<String, String> {
    let results = "return Object.fromEntries([...document.querySelectorAll('#results dd')]
        .map((value) => [value.dataset.result, value.textContent]))";
    page.until_script(results, what, condition).await
}
