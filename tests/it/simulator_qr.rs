//! A QR code of the simulator is valid as long as its payment or merchant code exists.

use std::time::Duration;

use serde_json::{Value, json};
use vipps::simulator::{PayerError, Scanned};

use crate::simulator_shop::{Shop, payment};

const REDIRECTS: &str = "/qr/v1/merchant-redirect";
const POSTER: &str = "/qr/v1/merchant-redirect/poster";
const TILL: &str = "/qr/v1/merchant-callback/till-1";
const ACCEPT_PNG: [(&str, &str); 1] = [("accept", "image/png")];

fn create(shop: &Shop, ttl: Option<u64>) -> String {
    let mut body = json!({"id": "poster", "redirectUrl": "https://example.com/"});
    if let Some(ttl) = ttl {
        body["ttl"] = ttl.into();
    }
    let (status, body) = shop.send("POST", REDIRECTS, &body);
    assert_eq!(status, 200, "{body}");
    body["url"].as_str().unwrap().to_owned()
}

fn image(shop: &Shop, path: &str) -> String {
    let (status, body) = shop.send_with("GET", path, &ACCEPT_PNG, &Value::Null);
    assert_eq!(status, 200, "{body}");
    let url = body.get("url").or(body.get("qrImageUrl"));
    url.and_then(Value::as_str).unwrap().to_owned()
}

#[test]
fn deleted_code_stays_invalid_when_its_id_is_reused() {
    let shop = Shop::new();
    let old = create(&shop, None);
    let picture = image(&shop, POSTER);
    assert_eq!(shop.send("DELETE", POSTER, &Value::Null).0, 200);
    assert_eq!(shop.sim.payer().scan(&old), Err(PayerError::Expired));

    let new = create(&shop, None);
    assert_eq!(shop.sim.payer().scan(&old), Err(PayerError::Expired));
    assert_eq!(shop.sim.payer().scan(&picture), Err(PayerError::Expired));
    assert!(matches!(
        shop.sim.payer().scan(&new),
        Ok(Scanned::Redirect { .. })
    ));
}

#[test]
fn expired_code_stays_invalid_when_its_id_is_reused() {
    let shop = Shop::new();
    let old = create(&shop, Some(300));
    shop.sim.clock().advance(Duration::from_secs(300));
    assert_eq!(shop.sim.payer().scan(&old), Err(PayerError::Expired));
    create(&shop, None);
    assert_eq!(shop.sim.payer().scan(&old), Err(PayerError::Expired));
}

#[test]
fn image_of_a_deleted_redirect_code_is_not_drawn() {
    let shop = Shop::new();
    create(&shop, None);
    let picture = image(&shop, POSTER);
    assert_eq!(shop.open(&picture), 200);
    assert_eq!(shop.send("DELETE", POSTER, &Value::Null).0, 200);
    assert_eq!(shop.open(&picture), 404);
    create(&shop, None);
    assert_eq!(shop.open(&picture), 404);
}

#[test]
fn image_of_a_redirect_code_expires_with_its_ttl() {
    let shop = Shop::new();
    create(&shop, Some(600));
    let picture = image(&shop, POSTER);
    shop.sim.clock().advance(Duration::from_secs(599));
    assert_eq!(shop.open(&picture), 200);
    shop.sim.clock().advance(Duration::from_secs(1));
    assert_eq!(shop.open(&picture), 404);
}

#[test]
fn image_of_a_callback_code_is_drawn_while_the_code_exists() {
    let shop = Shop::new();
    let till = json!({"locationDescription": "Till 1"});
    assert_eq!(shop.send("PUT", TILL, &till).0, 200);
    let picture = image(&shop, TILL);
    assert_eq!(shop.open(&picture), 200);
    assert_eq!(shop.send("DELETE", TILL, &Value::Null).0, 200);
    assert_eq!(shop.open(&picture), 404);
    assert_eq!(shop.sim.payer().scan(&picture), Err(PayerError::Expired));
    // The text of a callback code never changes, so the printed code works when it is made again.
    assert_eq!(shop.send("PUT", TILL, &till).0, 200);
    assert_eq!(shop.open(&picture), 200);
}

#[test]
fn image_of_a_one_time_code_expires_with_the_landing_page() {
    let shop = Shop::new();
    let (_, started) = shop.initiate(&payment("order-1", 1000));
    let body = json!({"url": started["url"]});
    let (_, code) = shop.send_with("POST", "/qr/v1", &ACCEPT_PNG, &body);
    let picture = code["url"].as_str().unwrap();
    shop.sim.clock().advance(Duration::from_secs(299));
    assert_eq!(shop.open(picture), 200);
    shop.sim.clock().advance(Duration::from_secs(1));
    assert_eq!(shop.open(picture), 404);
}

#[tokio::test]
async fn deleted_code_has_no_image() {
    let sim = vipps::simulator::Simulator::start().unwrap();
    let code = sim
        .client()
        .qr()
        .merchant_redirect("poster".parse().unwrap());
    let made = code
        .create("https://example.com/".parse().unwrap())
        .content();
    let text = made.await.unwrap().content().unwrap().as_str().to_owned();
    let id = text.replace(':', "%3A").replace('/', "%2F");
    let drawing = format!("{}/_simulator/codes/{id}/image", sim.base_url());
    assert_eq!(reqwest::get(&drawing).await.unwrap().status(), 200);
    code.delete().await.unwrap();
    assert_eq!(reqwest::get(&drawing).await.unwrap().status(), 404);
}
