//! The shape of every request of the QR API beyond the one-time code, minimal and full. A changed
//! snapshot is a changed request.

use std::time::Duration;

use vipps::MerchantSerialNumber;
use vipps::qr::Ttl;
use vipps::qr::{Category, Qr};
use vipps::testing::Recorder;
use vipps::types::ImageSize;

const REDIRECTS: &str = "/qr/v1/merchant-redirect";
const REDIRECT: &str = "/qr/v1/merchant-redirect/billboard_1";
const CALLBACKS: &str = "/qr/v1/merchant-callback";
const CALLBACK: &str = "/qr/v1/merchant-callback/27072f82-c4b6-49cd-9838-10f21d87496e";
const BEACON: &str = "/qr/v1/merchant-callback/mobilepay/123456789012345";

const REDIRECT_QR: &str = r#"{"id":"billboard_1","url":"https://qr.vipps.no/generate/qr.png?x"}"#;
const CALLBACK_QR: &str = r#"{"merchantQrId":"27072f82-c4b6-49cd-9838-10f21d87496e"}"#;
const CUSTOMER: &str = r#"{"msisdn":"4791234567","version":"2.0","timestamp":1718000000}"#;
const CUSTOMER_TOKEN: &str = "wbA8ceVRKkoYiQAVELHeFCC3Sn5dtNCvvEtVPiOT77j6wx7uR965AG6Q+q0ATP4=";
const PERSONAL_QR: &str = "https://qr.vipps.no/p/qwjhewqhueheuqwhuqwhe";

fn recorder() -> (Recorder, Qr) {
    let recorder = Recorder::new()
        .respond("POST", REDIRECTS, 200, REDIRECT_QR)
        .respond("GET", REDIRECTS, 200, "[]")
        .respond("GET", REDIRECT, 200, REDIRECT_QR)
        .respond("PUT", REDIRECT, 200, REDIRECT_QR)
        .respond("DELETE", REDIRECT, 200, "")
        .respond("GET", CALLBACKS, 200, "[]")
        .respond("GET", CALLBACK, 200, CALLBACK_QR)
        .respond("PUT", CALLBACK, 200, "")
        .respond("DELETE", CALLBACK, 200, "")
        .respond("PUT", BEACON, 200, "")
        .respond("POST", "/qr/v1/exchange", 200, CUSTOMER)
        .respond("POST", "/qr/v1/exchange/customer", 200, CUSTOMER);
    let qr = recorder.client().qr();
    (recorder, qr)
}

/// The call options and the request without them, in one snapshot.
macro_rules! shapes {
    ($name:literal, $operation:literal, |$qr:ident| $minimal:expr, $full:expr) => {{
        let (recorder, $qr) = recorder();
        $minimal.await.unwrap();
        $full.merchant_serial_number(partner()).await.unwrap();
        let shape = recorder.shape_of($operation);
        crate::support::assert_nothing_leaks(&shape);
        for personal in [CUSTOMER_TOKEN, PERSONAL_QR] {
            assert!(!shape.contains(personal), "{shape}");
        }
        insta::assert_snapshot!($name, shape);
    }};
}

fn partner() -> MerchantSerialNumber {
    "7654321".parse().unwrap()
}

fn size() -> ImageSize {
    ImageSize::new(640).unwrap()
}

fn url<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
    "https://example.com/myProduct".parse().unwrap()
}

fn redirect(qr: &Qr) -> vipps::qr::MerchantRedirect {
    qr.merchant_redirect("billboard_1".parse().unwrap())
}

fn callback(qr: &Qr) -> vipps::qr::MerchantCallback {
    qr.merchant_callback("27072f82-c4b6-49cd-9838-10f21d87496e".parse().unwrap())
}

fn beacon(qr: &Qr) -> vipps::qr::MobilePayBeacon {
    qr.mobilepay_beacon("123456789012345".parse().unwrap())
}

#[tokio::test]
async fn redirect_create() {
    shapes!(
        "redirect_create",
        "create_merchant_redirect_qr",
        |qr| redirect(&qr).create(url()),
        redirect(&qr)
            .create(url())
            .ttl(Ttl::new(Duration::from_secs(600)).unwrap())
            .png(size())
    );
}

#[tokio::test]
async fn redirect_create_or_update() {
    shapes!(
        "redirect_create_or_update",
        "create_merchant_redirect_qr",
        |qr| redirect(&qr).create_or_update(url()),
        redirect(&qr)
            .create_or_update(url())
            .ttl(Ttl::MAX)
            .content()
    );
}

#[tokio::test]
async fn redirect_update_after_a_conflict_keeps_every_option() {
    let recorder = Recorder::new()
        .respond("POST", REDIRECTS, 409, r#"{"id":"billboard_1"}"#)
        .respond("PUT", REDIRECT, 200, REDIRECT_QR);
    redirect(&recorder.client().qr())
        .create_or_update(url())
        .png(size())
        .merchant_serial_number(partner())
        .await
        .unwrap();
    let shape = recorder.shape_of("update_merchant_redirect_url");
    insta::assert_snapshot!("redirect_update_after_a_conflict", shape);
}

#[tokio::test]
async fn redirect_get() {
    shapes!(
        "redirect_get",
        "get_merchant_redirect_qr_by_id",
        |qr| redirect(&qr).get(),
        redirect(&qr).get().content()
    );
}

#[tokio::test]
async fn redirect_list() {
    shapes!(
        "redirect_list",
        "get_all_merchant_redirect_qrs",
        |qr| qr.merchant_redirects(),
        qr.merchant_redirects().png(size())
    );
}

#[tokio::test]
async fn redirect_update() {
    shapes!(
        "redirect_update",
        "update_merchant_redirect_url",
        |qr| redirect(&qr).update(url()),
        redirect(&qr).update(url()).png(size())
    );
}

#[tokio::test]
async fn redirect_delete() {
    shapes!(
        "redirect_delete",
        "delete_merchant_redirect_qr",
        |qr| redirect(&qr).delete(),
        redirect(&qr).delete()
    );
}

#[tokio::test]
async fn callback_put() {
    shapes!(
        "callback_put",
        "put_merchant_callback_qr",
        |qr| callback(&qr).put("Kasse 1".parse().unwrap()),
        callback(&qr)
            .put("Automat på spor 3".parse().unwrap())
            .category(Category::Vending)
    );
}

#[tokio::test]
async fn callback_get() {
    shapes!(
        "callback_get",
        "get_merchant_callback_by_id",
        |qr| callback(&qr).get(),
        callback(&qr).get().png(size())
    );
}

#[tokio::test]
async fn callback_list() {
    shapes!(
        "callback_list",
        "get_merchant_callback_qrs",
        |qr| qr.merchant_callbacks(),
        qr.merchant_callbacks().png(size())
    );
}

#[tokio::test]
async fn callback_delete() {
    shapes!(
        "callback_delete",
        "delete_merchant_callback_qr",
        |qr| callback(&qr).delete(),
        callback(&qr).delete()
    );
}

#[tokio::test]
async fn beacon_put() {
    shapes!(
        "beacon_put",
        "put_merchant_callback_mobile_pay_qr",
        |qr| beacon(&qr).put("Kasse 1".parse().unwrap()),
        beacon(&qr).put("Kasse 2".parse().unwrap())
    );
}

#[tokio::test]
async fn exchange() {
    shapes!(
        "exchange",
        "exchange_qr",
        |qr| qr.exchange(PERSONAL_QR.parse().unwrap()),
        qr.exchange(
            "https://qr.vipps.no/28/2/01/031/4791234567?v=1"
                .parse()
                .unwrap()
        )
    );
}

#[tokio::test]
async fn exchange_customer() {
    shapes!(
        "exchange_customer",
        "exchange_customer",
        |qr| qr.exchange_customer(CUSTOMER_TOKEN.parse().unwrap()),
        qr.exchange_customer(CUSTOMER_TOKEN.parse().unwrap())
    );
}
