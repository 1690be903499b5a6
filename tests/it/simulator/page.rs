//! The files of the page over HTTP, separate from the API. `tests/page` tests it in a
//! browser.

use reqwest::header::HeaderMap;
use vipps::simulator::Simulator;

use super::shop::Shop;

const FILES: [(&str, &str); 5] = [
    ("/", "text/html; charset=utf-8"),
    ("/_simulator/page/style.css", "text/css; charset=utf-8"),
    (
        "/_simulator/page/script.js",
        "text/javascript; charset=utf-8",
    ),
    ("/_simulator/page/icon.svg", "image/svg+xml"),
    ("/favicon.ico", "image/svg+xml"),
];

async fn get(sim: &Simulator, path: &str) -> (u16, HeaderMap, String) {
    let response = reqwest::get(format!("{}{path}", sim.base_url()));
    let response = response.await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.text().await.unwrap())
}

#[tokio::test]
async fn files_of_the_page_load_nothing_from_elsewhere() {
    let sim = Simulator::start().unwrap();
    for (path, media_type) in FILES {
        let (status, headers, text) = get(&sim, path).await;
        assert_eq!(
            (status, &headers["content-type"]),
            (200, &media_type.parse().unwrap())
        );
        let policy = headers["content-security-policy"].to_str().unwrap();
        let rules: Vec<&str> = policy.split("; ").collect();
        for rule in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "form-action 'none'",
        ] {
            assert!(rules.contains(&rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        let external = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!external.contains("http://"), "{path}");
        assert!(!text.contains(sim.keys().client_secret()), "{path}");
    }
}

#[tokio::test]
async fn page_is_outside_the_api() {
    let shop = Shop::open().await;
    let sim = &shop.sim;
    let before = sim.journal().entries().len();
    let everything = sim.faults().any().status(503);
    for (path, _) in FILES {
        assert_eq!(get(sim, path).await.0, 200, "{path}");
    }
    let (status, headers, _) = get(sim, "/_simulator/page/x").await;
    assert_eq!(
        (status, &headers["content-type"]),
        (404, &"application/problem+json".parse().unwrap())
    );
    assert_eq!(everything.hits(), 0);
    assert_eq!(sim.journal().entries().len(), before);
    // A request that is not for the page is for the API.
    let other = shop.http.post(sim.base_url()).send().await.unwrap();
    assert_eq!((other.status().as_u16(), everything.hits()), (503, 1));
}

#[tokio::test]
async fn landing_page_is_the_page_for_a_browser_only() {
    let shop = Shop::open().await;
    let landing_page = shop.initiate("order-1", 20_000).await;
    let before = shop.sim.journal().entries().len();
    let browser = shop.http.get(&landing_page);
    let browser = browser.header("accept", "text/html,*/*;q=0.8").send().await;
    let page = browser.unwrap().text().await.unwrap();
    assert_eq!(page, get(&shop.sim, "/").await.2);
    assert_eq!(shop.sim.journal().entries().len(), before);
    let program = shop.http.get(&landing_page).send().await.unwrap();
    assert_eq!(program.status(), 501);
    assert_eq!(shop.sim.journal().entries().len(), before + 1);
}

#[tokio::test]
async fn page_can_be_left_out() {
    let sim = Simulator::builder().without_page().start().unwrap();
    for (path, _) in FILES {
        assert_eq!(get(&sim, path).await.0, 404, "{path}");
    }
    assert_eq!(get(&sim, "/_simulator/health").await.0, 200);
}
