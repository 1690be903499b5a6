//! The shape of every request of the Webhooks and Userinfo APIs, minimal and full. A changed
//! snapshot is a changed request.

use vipps::testing::Recorder;
use vipps::types::HttpsUrl;
use vipps::webhooks::EventType;
use vipps::{MerchantSerialNumber, Vipps};

const WEBHOOKS: &str = "/webhooks/v1/webhooks";
const ID: &str = "5a2c3a5e-7f1c-4a0e-9d52-0d9a5e1f3b77";
const SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";
const SUB: &str = "c06c4afe-d9e1-4c5d-939a-177d752a0944";

fn recorder() -> (Recorder, Vipps) {
    let registered = format!(r#"{{"id":"{ID}","secret":"{SECRET}"}}"#);
    let recorder = Recorder::new()
        .respond("POST", WEBHOOKS, 201, &registered)
        .respond("GET", WEBHOOKS, 200, r#"{"webhooks":[]}"#)
        .respond("DELETE", &format!("{WEBHOOKS}/{ID}"), 204, "")
        .respond(
            "GET",
            &format!("/vipps-userinfo-api/userinfo/{SUB}"),
            200,
            "{}",
        );
    let vipps = recorder.client();
    (recorder, vipps)
}

/// The requests of the listed calls, in one snapshot.
macro_rules! shapes {
    ($name:literal, $operation:literal, |$vipps:ident| $($call:expr),+) => {{
        let (recorder, $vipps) = recorder();
        $($call.await.unwrap();)+
        let shape = recorder.shape_of($operation);
        crate::support::assert_nothing_leaks(&shape);
        for hidden in [SECRET, SUB] {
            assert!(!shape.contains(hidden), "{shape}");
        }
        insta::assert_snapshot!($name, shape);
    }};
}

fn unit() -> MerchantSerialNumber {
    "7654321".parse().unwrap()
}

fn url(text: &str) -> HttpsUrl {
    text.parse().unwrap()
}

#[tokio::test]
async fn webhook_register() {
    shapes!(
        "webhook_register",
        "register_webhook",
        |vipps| vipps.webhooks().register(
            url("https://shop.example.com/hooks/vipps"),
            [EventType::UserCheckedIn]
        ),
        vipps
            .webhooks()
            .register(
                url("https://shop.example.com:8080/hooks?unit=1"),
                [
                    "epayments.payment.terminated.v1",
                    "tomorrow.v2",
                    "EPAYMENTS.payment.aborted.v1",
                    "tomorrow.v2"
                ]
            )
            .merchant_serial_number(unit()),
        vipps
            .webhooks()
            .register(
                url("https://shop.example.com/hooks/vipps"),
                [EventType::PaymentCreated]
            )
            .merchant_serial_number(unit())
            .all_sales_units()
    );
}

#[tokio::test]
async fn webhook_list() {
    shapes!(
        "webhook_list",
        "list_webhooks",
        |vipps| vipps.webhooks().list(),
        vipps.webhooks().list().merchant_serial_number(unit()),
        vipps.webhooks().list().all_sales_units()
    );
}

#[tokio::test]
async fn webhook_delete() {
    shapes!(
        "webhook_delete",
        "delete_webhook",
        |vipps| vipps.webhooks().delete(ID),
        vipps.webhooks().delete(ID).merchant_serial_number(unit()),
        vipps.webhooks().delete(ID).all_sales_units()
    );
}

/// `ensure` passes its options on to each of its requests.
#[tokio::test]
async fn webhook_ensure() {
    let listed = format!(
        r#"{{"webhooks":[{{"id":"{ID}","url":"https://shop.example.com/hooks","events":["a"]}}]}}"#
    );
    let ensure = async |recorder: &Recorder, is_partner: bool| {
        let ensure = recorder.client().webhooks().ensure(
            url("https://shop.example.com/hooks"),
            [EventType::UserCheckedIn],
            None,
        );
        let ensure = ensure.delete_first().merchant_serial_number(unit());
        let ensure = if is_partner {
            ensure.all_sales_units()
        } else {
            ensure
        };
        ensure.await.unwrap()
    };
    for is_partner in [false, true] {
        let recorder = Recorder::new()
            .respond("GET", WEBHOOKS, 200, &listed)
            .respond("DELETE", &format!("{WEBHOOKS}/{ID}"), 204, "")
            .respond(
                "POST",
                WEBHOOKS,
                201,
                &format!(r#"{{"id":"{ID}","secret":"{SECRET}"}}"#),
            );
        assert!(ensure(&recorder, is_partner).await.is_new());
        let requests = recorder.requests();
        let requests: Vec<_> = requests
            .iter()
            .filter(|request| request.as_str().contains(WEBHOOKS))
            .collect();
        assert_eq!(requests.len(), 3);
        for request in requests {
            let shape = request.as_str();
            let units = shape.matches("merchant-serial-number: ").count();
            assert_eq!(units, usize::from(!is_partner), "{shape}");
            assert_eq!(shape.contains("7654321"), !is_partner, "{shape}");
        }
    }
}

#[tokio::test]
async fn userinfo() {
    shapes!(
        "userinfo",
        "get_userinfo",
        |vipps| vipps.userinfo(SUB),
        vipps.userinfo(SUB).merchant_serial_number(unit())
    );
}
