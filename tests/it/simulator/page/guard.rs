//! Access control of the page.

use reqwest::{Client, Method, StatusCode};
use vipps::simulator::Simulator;

use super::Shop;

/// Every button's address.
const BUTTONS: [(&str, &str); 3] = [
    ("phone", "do=approve&msn=123456&order=order-1"),
    ("clock", "by=86400"),
    ("faults", "do=on&switch=unavailable"),
];

async fn press(sim: &Simulator, button: (&str, &str), headers: &[(&str, &str)]) -> StatusCode {
    let url = format!("{}/_simulator/page/{}", sim.base_url(), button.0);
    let mut request = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(button.1.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn form_of_another_site_is_refused() {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let shop = Shop::with(sim).await;
    shop.initiate("order-1", 20_000).await;
    let own = shop.sim.base_url().to_owned();
    let began = shop.sim.clock().now();
    for button in BUTTONS {
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("origin", &own)],
            &[("origin", "https://example.com")],
            &[("origin", "null")],
            &[("host", "example.com")],
            &[("host", "example.com"), ("origin", "http://example.com")],
        ] {
            let status = press(&shop.sim, button, headers).await;
            assert_eq!(status, 403, "{button:?} {headers:?}");
        }
    }
    assert_eq!(shop.last("order-1").await, "INITIATE");
    assert_eq!(shop.sim.clock().now(), began);

    for button in BUTTONS {
        let headers = [("sec-fetch-site", "same-origin"), ("origin", &*own)];
        assert_eq!(press(&shop.sim, button, &headers).await, 303, "{button:?}");
    }
    assert!(shop.sim.clock().now() > began);
    assert!(shop.sim.account("order-1").unwrap().reserved() > 0);
    let answer = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(answer.status(), 503);
}

/// The `Host` header must be an address or `localhost`. Otherwise a site whose name resolves to
/// this address (DNS rebinding) could read the page.
#[tokio::test]
async fn the_page_opens_by_address_only() {
    let sim = Simulator::start().unwrap();
    for (host, status) in [
        ("example.com", 403),
        ("127.0.0.1.example.com", 403),
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
    ] {
        for path in ["/", "/_simulator/page/live"] {
            let request = Client::new().get(format!("{}{path}", sim.base_url()));
            let answer = request.header("host", host).send().await.unwrap();
            assert_eq!(answer.status(), status, "{host}{path}");
            let text = answer.text().await.unwrap();
            let shown = text.contains(sim.keys().client_secret());
            assert_eq!(shown, status == 200, "{host}{path}");
        }
    }
}

#[tokio::test]
async fn unknown_form_values_are_refused() {
    let sim = Simulator::start().unwrap();
    for (button, status) in [
        (("phone", ""), 400),
        (("phone", "do=steal"), 400),
        (("clock", "by=61"), 400),
        (("clock", "by=-60"), 400),
        (("clock", "by=\u{fffd}%ff"), 400),
        (("faults", "do=on&switch=everything"), 400),
        (("faults", "do=off&rule=x"), 400),
        (("nothing", ""), 404),
    ] {
        assert_eq!(press(&sim, button, &[]).await, status, "{button:?}");
    }
    let url = format!("{}/_simulator/page/clock", sim.base_url());
    let answer = Client::new().request(Method::DELETE, url).send().await;
    assert_eq!(answer.unwrap().status(), 405);
}

#[tokio::test]
async fn responses_forbid_framing_and_sharing() {
    let shop = Shop::open().await;
    let landing_page = shop.initiate("order-1", 20_000).await;
    let code = shop.qr(&landing_page, "text/targetUrl").await;
    let picture = format!(
        "/_simulator/page/code{}.svg",
        code.strip_prefix("https://qr.vipps.no").unwrap()
    );
    for path in ["/", "/_simulator/page/live", "/_simulator/page/x", &picture] {
        let answer = reqwest::get(format!("{}{path}", shop.sim.base_url()));
        let answer = answer.await.unwrap();
        let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        let rules: Vec<&str> = policy.split("; ").collect();
        assert!(rules.contains(&"default-src 'none'"), "{policy}");
        assert!(rules.contains(&"frame-ancestors 'none'"), "{policy}");
        assert!(rules.contains(&"form-action 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(header("referrer-policy"), "same-origin");
        let kept = path == picture;
        assert_eq!(header("cache-control") != "no-store", kept, "{path}");
    }
}
