//! The QR codes that the simulator draws, read by a decoder that shares no code with it.

use reqwest::Method;
use serde_json::json;
use vipps::qr::QrContent;
use vipps::simulator::Scanned;

use super::shop::Shop;

#[tokio::test]
async fn payment_code_encodes_its_text_at_each_size() {
    let shop = Shop::open().await;
    let landing_page = shop.initiate("order-1", 20_000).await;
    for size in ["100", "237", "800", "2000"] {
        let response: serde_json::Value = shop
            .request(Method::POST, "/qr/v1")
            .header("accept", "image/png")
            .header("size", size)
            .json(&json!({"url": landing_page}))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let link = response["url"].as_str().unwrap();
        let picture = shop.http.get(link).send().await.unwrap();
        let text = crate::scan::png(&picture.bytes().await.unwrap());
        assert!(text.starts_with("https://qr.vipps.no/"), "{text}");
        shop.sim.payer().scan(&text).unwrap();
    }
}

#[tokio::test]
async fn sticker_encodes_its_text() {
    let shop = Shop::open().await;
    shop.request(Method::PUT, "/qr/v1/merchant-callback/till-1")
        .json(&json!({"locationDescription": "Kasse 1"}))
        .send()
        .await
        .unwrap();
    let code: serde_json::Value = shop
        .request(
            Method::GET,
            "/qr/v1/merchant-callback/till-1?QrImageFormat=PNG&QrImageSize=300",
        )
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let link = code["qrImageUrl"].as_str().unwrap();
    let picture = shop.http.get(link).send().await.unwrap();
    assert_eq!(
        crate::scan::png(&picture.bytes().await.unwrap()),
        code["qrContent"]
    );
}

/// A code has the same content in every form: PNG, SVG, terminal text, and in the control API.
#[tokio::test]
async fn code_encodes_one_text_in_each_format() {
    let shop = Shop::open().await;
    let landing_page = shop.initiate("order-1", 20_000).await;
    let text = shop.qr(&landing_page, "text/targetUrl").await;
    let get = async |link: &str| shop.http.get(link).send().await.unwrap();

    let content = QrContent::from(text.as_str());
    assert_eq!(
        crate::scan::terminal(&content.render_terminal().unwrap()),
        text
    );
    assert_eq!(crate::scan::svg(&content.render_svg(300).unwrap()), text);
    let id = text.replace(':', "%3A").replace('/', "%2F");
    let page = format!("{}/_simulator/codes/{id}/image", shop.sim.base_url());
    assert_eq!(
        crate::scan::svg(&get(&page).await.text().await.unwrap()),
        text
    );

    // Every link is a code of its own, and all of them lead to the order.
    let png = shop.qr(&landing_page, "image/png").await;
    let svg = shop.qr(&landing_page, "image/svg+xml").await;
    for text in [
        crate::scan::png(&get(&png).await.bytes().await.unwrap()),
        crate::scan::svg(&get(&svg).await.text().await.unwrap()),
        text,
    ] {
        let order_id = "order-1".to_owned();
        let scanned = shop.sim.payer().scan(&text);
        assert_eq!(scanned, Ok(Scanned::Payment { order_id }), "{text}");
    }
}
