//! Known responses and callbacks fit the schemas of the types that read them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};
use vipps::simulator::{InMemory, Simulator};
use vipps::types::ImageSize;
use vipps::{Amount, Transport, TransportFuture};

use super::{problems, validator};

fn assert_fits_schema(name: &str, value: &Value) {
    let problems = problems(&validator(name), value);
    assert!(problems.is_empty(), "{name}: {problems:?} in {value:#}");
}

/// Forwards every request and records the successful responses.
#[derive(Clone, Debug)]
struct ResponseLog {
    sim: InMemory,
    responses: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Transport for ResponseLog {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let of = format!("{} {}", request.method(), request.uri().path());
            let response = self.sim.send(request).await?;
            if response.status().is_success()
                && let Ok(body) = serde_json::from_slice(response.body())
            {
                self.responses.lock().unwrap().push((of, body));
            }
            Ok(response)
        })
    }
}

/// Returns the type of the response to a request.
fn becomes(of: &str) -> Option<&'static str> {
    let steps: Vec<&str> = of.split('/').collect();
    Some(match (of.split(' ').next()?, *steps.last()?) {
        (_, "get") => return None, // a token
        ("POST", "payments") => "ecom::InitiatedPayment",
        (_, "details") => "ecom::PaymentDetails",
        (_, "status") => "ecom::PaymentStatus",
        (_, "capture" | "cancel" | "refund") => "ecom::Transaction",
        ("POST", "v1") => "qr::OneTimeQr",
        ("POST", "exchange") => "qr::PersonalQrOwner",
        _ if of.contains("merchant-redirect") => "qr::MerchantRedirectQr",
        _ if of.contains("merchant-callback") => "qr::MerchantCallbackQr",
        _ => panic!("{of}"),
    })
}

#[tokio::test(start_paused = true)]
async fn responses_of_the_simulator_fit_their_schemas() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let log = ResponseLog {
        sim: sim.transport(),
        responses: Arc::default(),
    };
    let builder = sim.client_builder().transport(log.clone());
    let vipps = builder.clock(sim.transport()).build().unwrap();

    for id in ["order-1", "order-2"] {
        let (price, text) = (Amount::nok(10), "Socks".parse().unwrap());
        let started = vipps.ecom().initiate(id.parse().unwrap(), price, text);
        let started = started
            .scope("name address email".parse().unwrap())
            .await
            .unwrap();
        let payment = started.payment(&vipps);
        payment.details().await.unwrap();
        vipps.qr().one_time(&started).await.unwrap();
        vipps.qr().one_time(&started).content().await.unwrap();
        sim.payer().approve(id).unwrap();
        if id == "order-1" {
            payment.capture(Amount::nok(4)).await.unwrap();
            payment.refund(Amount::nok(1)).await.unwrap();
            payment.cancel().release_remaining().await.unwrap();
        } else {
            payment.cancel().await.unwrap();
        }
        #[allow(deprecated, reason = "a response without a type")]
        payment.status().await.unwrap();
        payment.details().await.unwrap();
    }
    let code = vipps.qr().merchant_redirect("poster".parse().unwrap());
    code.create("https://example.com/".parse().unwrap())
        .await
        .unwrap();
    code.get().png(ImageSize::MIN).await.unwrap();
    vipps.qr().merchant_redirects().await.unwrap();
    let till = vipps.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Kasse 1".parse().unwrap()).await.unwrap();
    till.get().await.unwrap();
    vipps.qr().merchant_callbacks().await.unwrap();
    let scanned = sim.payer().personal_qr().parse().unwrap();
    vipps.qr().exchange(scanned).await.unwrap();

    let responses = std::mem::take(&mut *log.responses.lock().unwrap());
    let mut names = std::collections::BTreeSet::new();
    for (of, response) in responses {
        let Some(name) = becomes(&of) else { continue };
        names.insert(name);
        match &response {
            Value::Array(items) => items.iter().for_each(|item| assert_fits_schema(name, item)),
            one => assert_fits_schema(name, one),
        }
    }
    assert_eq!(names.len(), 8, "{names:?}");
}

/// Responses from the documentation and from old issues.
#[test]
fn responses_of_real_servers_fit_their_schemas() {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for (name, text) in [
        ("ecom::InitiatedPayment", crate::support::INITIATED),
        ("ecom::PaymentDetails", crate::support::DETAILS),
        ("ecom::PaymentDetails", crate::support::PARTLY_REFUNDED),
        ("ecom::PaymentStatus", crate::support::STATUS),
        ("ecom::Transaction", crate::support::TRANSACTION),
        ("ecom::Transaction", crate::support::REFUNDED),
    ] {
        assert_fits_schema(name, &parsed(text));
    }
    assert_fits_schema(
        "qr::CheckedInCustomer",
        &json!({"msisdn": "4798765432", "timestamp": 1_718_000_000}),
    );
    assert_fits_schema(
        "webhooks::CheckIn",
        &json!({"customerToken": "wbA8ce+=", "msn": "123456", "merchantQrId": "till-1",
            "initiatedAt": "2024-03-18T09:41:07.512Z", "tomorrow": {}}),
    );
    assert_fits_schema(
        "callback::PaymentUpdate",
        &json!({"merchantSerialNumber": "123456", "orderId": "order-1",
            "transactionInfo": {"amount": 20000, "status": "RESERVE", "timeStamp": "2018-12-12T11:18:38.246Z", "transactionId": "5001420062"},
            "userDetails": {"bankIdVerified": "Y", "dateOfBirth": "12-3-1988", "email": "a@example.com", "firstName": "Ada", "lastName": "L", "mobileNumber": "12345678", "ssn": "12345678901", "userId": "1234567"},
            "shippingDetails": {"address": {"addressLine1": "BOKS 6300, ETTERSTAD", "addressLine2": null, "city": "OSLO", "country": "Norway", "zipCode": "0603"},
                "shippingCost": 109.99, "shippingMethod": "postNord", "shippingMethodId": "id"}}),
    );
    assert_fits_schema(
        "callback::ShippingRequest",
        &json!({"addressId": 3960, "addressLine1": "BOKS 6300", "addressLine2": null, "city": "OSLO",
            "country": "NO", "postCode": "0603", "addressType": "H"}),
    );
}

/// The response to a shipping request, which the crate itself serializes.
#[test]
fn shipping_reply_fits_its_schema() {
    use vipps::callback::ShippingRequest;
    use vipps::ecom::ShippingMethod;

    let request = br#"{"addressId": 3960, "postCode": "0603", "country": "NO"}"#;
    let request = ShippingRequest::from_slice("order-1".parse().unwrap(), request).unwrap();
    let method = ShippingMethod::new("a", "By post", "99.90 NOK".parse().unwrap()).unwrap();
    assert_fits_schema("ecom::ShippingMethod", &json!(method.clone()));
    let response = request.respond([method.priority(1).preselect()]).unwrap();
    assert_fits_schema(
        "callback::ShippingResponse",
        &serde_json::from_str(&response.to_json()).unwrap(),
    );
}
