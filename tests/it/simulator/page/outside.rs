//! Text from outside is shown as text, and secrets are not shown.

use reqwest::Method;
use scraper::Html;
use serde_json::json;

use super::{Page, Shop, css};

const EVIL: &str = r#""'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;"#;

#[tokio::test]
async fn texts_from_requests_are_escaped() {
    let shop = Shop::open().await;
    let sim = &shop.sim;
    let calm = Page::of(sim).await;
    let scripts = calm.all("script").len();
    let images = calm.all("img").len();

    let body = json!({
        "customerInfo": {},
        "merchantInfo": {
            "merchantSerialNumber": "123456",
            "callbackPrefix": "https://example.com/callbacks",
            "fallBack": "https://example.com/result",
        },
        "transaction": {"orderId": "order-1", "amount": 20_000, "transactionText": EVIL},
    });
    let made = shop.request(Method::POST, "/ecomm/v2/payments");
    let made = made.header("user-agent", EVIL).json(&body).send().await;
    assert_eq!(made.unwrap().status(), 200);
    let place = shop.request(Method::PUT, "/qr/v1/merchant-callback/till-1");
    // A location has at most 36 characters.
    let location = &EVIL[..36];
    let place = place.json(&json!({"locationDescription": location}));
    assert_eq!(place.send().await.unwrap().status(), 200);
    sim.faults()
        .on(EVIL)
        .order(EVIL)
        .status_with_body(500, EVIL);
    let strike = sim
        .faults()
        .any()
        .times(1)
        .status_with_body(500, json!({"x": EVIL}).to_string());
    let odd = format!("/nowhere?q={EVIL}");
    shop.request(Method::GET, &odd).send().await.unwrap();
    assert_eq!(strike.hits(), 1);
    sim.webhook("https://example.com/hook?<script>", "secret")
        .unwrap();

    let page = Page::of(sim).await;
    let page = page.press(sim, "#callback-123456-till-1 button").await;
    assert_eq!(page.one("#phone .what"), location);
    let page = page.press(sim, "article button[value=scan]").await;
    let typed = [("what", EVIL)];
    assert_eq!(page.one("#phone .what"), EVIL);
    assert_eq!(page.one("article .what"), EVIL);
    let page = page.press(sim, "#phone button[value=close]").await;
    let page = page.press_with(sim, "#phone .any button", &typed).await;

    assert_eq!(page.all("script").len(), scripts);
    // The two codes are what is new.
    assert_eq!(page.all("article img, .printed img").len(), 1);
    assert_eq!(page.all("img").len(), images + 1);
    assert_eq!(page.all("[onerror]").len(), 0);
    let journal = page.one("#journal");
    for shown in [
        format!("user-agent {EVIL}"),
        "\\\"'><script>alert(1)</script>".into(),
    ] {
        assert!(
            journal.contains(&shown.replace("user-agent ", "")),
            "{journal}"
        );
    }
    assert!(page.one("#faults").contains(EVIL));
}

/// Everything that a browser would fetch is here.
#[tokio::test]
async fn page_loads_no_external_resource() {
    let shop = Shop::open().await;
    let landing_page = shop.initiate("order-1", 20_000).await;
    shop.qr(&landing_page, "text/targetUrl").await;
    let page = Page::of(&shop.sim).await;
    for attribute in ["src", "href", "action", "srcset", "data", "poster"] {
        for element in page.all(&format!("[{attribute}]")) {
            let target = element.attr(attribute).unwrap();
            let own = target.starts_with("/_simulator/page/") || target.starts_with('#');
            assert!(own, "{}", element.html());
        }
    }
    let style = page.all("style")[0].inner_html();
    assert!(!style.contains("url(") && !style.contains("@import"));
    assert_eq!(
        page.all("[style], [onclick], [onload], iframe, object, embed")
            .len(),
        0
    );
}

#[tokio::test]
async fn secrets_and_personal_data_are_hidden() {
    const CANARY: &str = "canary-4711";
    let shop = Shop::open().await;
    let body = json!({
        "customerInfo": {"mobileNumber": "91234567"},
        "merchantInfo": {
            "merchantSerialNumber": "123456",
            "callbackPrefix": "https://example.com/callbacks",
            "fallBack": "https://example.com/result",
            "authToken": CANARY,
        },
        "transaction": {"orderId": "order-1", "amount": 20_000, "transactionText": "Socks",
                        "scope": "name address email phoneNumber"},
    });
    let made = shop.request(Method::POST, "/ecomm/v2/payments").json(&body);
    let made: serde_json::Value = made.send().await.unwrap().json().await.unwrap();
    let landing_page = made["url"].as_str().unwrap();
    shop.qr(landing_page, "image/png").await;
    shop.sim.payer().approve("order-1").unwrap();
    let details = shop.details("order-1").await.to_string();
    assert!(details.contains("Lovelace"), "{details}");

    let page = Page::of(&shop.sim).await;
    let landing_token = landing_page.split_once("token=").unwrap().1;
    let whole = page.0.html();
    for secret in [
        CANARY,
        "91234567",
        "Lovelace",
        "user@example.com",
        "Dronning",
        &shop.token,
        landing_token,
    ] {
        assert!(!whole.contains(secret), "{secret} is shown");
    }
    // The keys are where they are offered, and nowhere else.
    let keys = shop.sim.keys();
    for key in [
        keys.client_id(),
        keys.client_secret(),
        keys.subscription_key(),
    ] {
        let mut rest = Html::parse_document(&whole);
        let offered = rest.select(&css("#keys")).next().unwrap().id();
        rest.tree.get_mut(offered).unwrap().detach();
        assert!(page.one("#keys").contains(key));
        assert!(!rest.html().contains(key));
    }
    // Values that are not secret are shown.
    let journal = page.one("#journal");
    for shown in [
        "[redacted]",
        "order-1",
        "callbackPrefix",
        "Bearer [redacted]",
    ] {
        assert!(journal.contains(shown), "{shown}");
    }
}
