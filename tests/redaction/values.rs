//! Values that are refused, and the bodies of callbacks and webhooks.

use std::str::FromStr;

use bytes::Bytes;
use http::Request;
use serde_json::json;
use vipps::callback::{
    Callback, CallbackAuth, CallbackUrls, PaymentUpdate, ShippingOptionsRequest, ShippingRequest,
};
use vipps::ecom::AuthToken;
use vipps::ecom::PaymentDetails;
use vipps::types::{CustomerToken, LandingPage, PersonalQr, PhoneNumber, Sensitive};
use vipps::webhooks::{Event, EventStoreError, MemoryEventStore, Receiver, Signer, Verifier};
use vipps::{Credentials, InvalidValue};

use super::operations::{address, person};
use super::*;

fn refused<T: FromStr<Err = InvalidValue> + Debug>(
    search: &mut LeakSearch,
    label: &str,
    text: &str,
) {
    let error = T::from_str(text).expect_err(label);
    search.error(label, &error);
    search.debug(label, &error.value());
    search.error(label, &vipps::Error::from(error));
}

#[test]
pub(crate) fn refused_values_show_no_marker() {
    let mut search = LeakSearch::start();
    for wrong in [
        format!("{PHONE}x"),
        format!("{PHONE}{PHONE}"),
        format!("0{PHONE}"),
    ] {
        refused::<PhoneNumber>(&mut search, "phone number", &wrong);
    }
    refused::<AuthToken>(&mut search, "auth token", &format!(" {AUTH_TOKEN}"));
    refused::<AuthToken>(
        &mut search,
        "auth token",
        &format!("{AUTH_TOKEN}\n{}", "x".repeat(300)),
    );
    refused::<CustomerToken>(
        &mut search,
        "customer token",
        &format!("{CUSTOMER_TOKEN} x"),
    );
    refused::<PersonalQr>(&mut search, "personal code", &format!("{PERSONAL_QR} x"));
    refused::<LandingPage>(
        &mut search,
        "landing page",
        &format!("no url?token={LANDING_TOKEN}"),
    );
    let number = || "123456".parse().unwrap();
    for bad in ["a\nb", "", "\u{e6}"] {
        let key = |key: &str| {
            if bad.is_empty() {
                String::new()
            } else {
                format!("{key}{bad}")
            }
        };
        for error in [
            Credentials::new(key(CLIENT_ID), CLIENT_SECRET, SUBSCRIPTION_KEY, number()),
            Credentials::new(CLIENT_ID, key(CLIENT_SECRET), SUBSCRIPTION_KEY, number()),
            Credentials::new(CLIENT_ID, CLIENT_SECRET, key(SUBSCRIPTION_KEY), number()),
        ] {
            search.error("credentials", &error.unwrap_err());
        }
    }
    let url = "https://shop.example.com/hooks";
    search.error(
        "a verifier",
        &Verifier::new(url, [format!("{WEBHOOK_SECRET} ")]).unwrap_err(),
    );
    search.error(
        "a signer",
        &Signer::new(url, format!(" {WEBHOOK_SECRET}")).unwrap_err(),
    );
    search.finish(40);
}

#[test]
pub(crate) fn accepted_values_show_no_marker() {
    let mut search = LeakSearch::start();
    let keys = Credentials::new(
        CLIENT_ID,
        CLIENT_SECRET,
        SUBSCRIPTION_KEY,
        "123456".parse().unwrap(),
    );
    search.debug("credentials", &keys.unwrap());
    search.debug("phone number", &PHONE.parse::<PhoneNumber>().unwrap());
    search.debug("auth token", &AUTH_TOKEN.parse::<AuthToken>().unwrap());
    search.debug(
        "customer token",
        &CUSTOMER_TOKEN.parse::<CustomerToken>().unwrap(),
    );
    search.debug("personal code", &PERSONAL_QR.parse::<PersonalQr>().unwrap());
    search.debug("sensitive", &Sensitive::from(FIRST_NAME));
    let details = json!({"transactionLogHistory": [], "userDetails": person(), "sub": SUB,
        "shippingDetails": {"address": address()}});
    let id = || "order-1".parse().unwrap();
    let details = PaymentDetails::from_json(id(), &details.to_string()).unwrap();
    assert_eq!(details.sub(), Some(SUB));
    search.debug("details", &details);
    search.debug("user", &details.user().unwrap());
    search.debug("shipping", &details.shipping().unwrap());
    let cut = format!(r#"{{"userDetails":{{"email":"{EMAIL}","ssn":"{SSN}" {PHONE}"#);
    search.error(
        "details",
        &PaymentDetails::from_json(id(), &cut).unwrap_err(),
    );
    let unexpected_types =
        json!({"transactionLogHistory": {"name": FIRST_NAME}, "userDetails": EMAIL});
    search.result(
        "details",
        &PaymentDetails::from_json(id(), &unexpected_types.to_string()),
    );
    search.finish(20);
}

#[test]
pub(crate) fn callbacks_show_no_marker() {
    let mut search = LeakSearch::start();
    let auth = CallbackAuth::new(AUTH_TOKEN.parse().unwrap());
    search.debug("callback auth", &auth);
    let urls = CallbackUrls::new("https://shop.example.com/vipps".parse().unwrap());
    let id: vipps::OrderId = "order-1".parse().unwrap();
    let update = json!({"orderId": "order-1", "userDetails": person(),
        "shippingDetails": {"address": address(), "shippingCost": 1},
        "errorInfo": {"errorCode": "1", "errorMessage": format!("no user {PHONE} {EMAIL}")}});
    let request = json!({"addressId": 7, "addressType": "H", "addressLine1": STREET,
        "addressLine2": STREET_2, "city": CITY, "postCode": POST_CODE, "country": "NO"});
    let broken =
        format!(r#"{{"orderId":"order-1","name":"{FIRST_NAME}","phone":{PHONE} "{EMAIL}""#);
    for (method, url, body) in [
        ("POST", urls.payment_url(&id), update.to_string()),
        ("POST", urls.payment_url(&id), broken.clone()),
        (
            "POST",
            urls.payment_url(&id),
            json!({"orderId": EMAIL}).to_string(),
        ),
        ("POST", urls.shipping_url(&id), request.to_string()),
        (
            "POST",
            urls.shipping_url(&id),
            json!({"addressId": STREET}).to_string(),
        ),
        ("DELETE", urls.consent_url(USER_ID), String::new()),
    ] {
        for token in [AUTH_TOKEN, "marker-auth-token-2"] {
            let request = Request::builder()
                .method(method)
                .uri(&url)
                .header("authorization", token);
            match vipps::callback::parse(&request.body(body.clone()).unwrap(), &auth) {
                Ok(callback) => {
                    search.debug("a callback", &callback);
                    if let Callback::Shipping(request) = callback {
                        search.debug("a response", &request.respond([]).unwrap());
                    }
                }
                Err(error) => {
                    search.debug("a refused callback", &error);
                    search.error("a refused callback", &error);
                }
            }
        }
    }
    for body in [update.to_string(), broken] {
        match PaymentUpdate::from_slice(body.as_bytes()) {
            Ok(update) => search.debug("an update", &update),
            Err(error) => search.error("an update", &error),
        }
    }
    let request = ShippingRequest::from_slice(id, request.to_string().as_bytes()).unwrap();
    assert_eq!(request.address.city.as_ref().unwrap().expose(), CITY);
    search.debug("a question", &request);
    let request = json!({"reference": "order-1", "AddressLine1": STREET, "AddressLine2": STREET_2,
        "City": CITY, "PostCode": POST_CODE, "Country": "NO"});
    for (token, body) in [
        (AUTH_TOKEN, request.to_string()),
        (AUTH_TOKEN, json!({"reference": EMAIL}).to_string()),
        ("marker-auth-token-2", request.to_string()),
    ] {
        let request = Request::post("/").header("authorization", token).body(body);
        match ShippingOptionsRequest::parse(&request.unwrap(), &auth) {
            Ok(request) => {
                assert_eq!(request.address.city.as_ref().unwrap().expose(), CITY);
                search.debug("a question of Express", &request);
            }
            Err(error) => search.error("a refused question of Express", &error),
        }
    }
    search.finish(30);
}

#[test]
pub(crate) fn webhooks_show_no_marker() {
    let mut search = LeakSearch::start();
    let url = "https://shop.example.com/hooks";
    let verifier = Verifier::new(url, [WEBHOOK_SECRET]).unwrap();
    let signer = Signer::new(url, WEBHOOK_SECRET).unwrap();
    search.debug("a verifier", &verifier);
    search.debug("a signer", &signer);
    for event in [
        json!({"customerToken": CUSTOMER_TOKEN, "merchantQrId": "till-1", "msn": "123456"}),
        json!({"customerToken": format!("{CUSTOMER_TOKEN} x"), "merchantQrId": "till-1"}),
        json!({"customerToken": CUSTOMER_TOKEN}),
        json!([CUSTOMER_TOKEN]),
        json!({"reference": "order-1", "name": "AUTHORIZED", "pspReference": "1", "sub": SUB,
            "userDetails": person(), "shippingDetails": {"address": address(), "shippingCost": 1}}),
        json!({"agreementId": "agr-1", "phone": PHONE, "name": FIRST_NAME}),
    ] {
        let now = jiff::Timestamp::from_second(1_700_000_000).unwrap();
        let request = signer.sign(now, event.to_string()).unwrap();
        let verified = verifier.verify(&request).unwrap();
        search.debug("a verified event", &verified);
        match verified.check_in() {
            Ok(event) => search.debug("a check-in", &event),
            Err(error) => search.error("an event", &error),
        }
        let event = verified.event();
        search.debug("an event", &event);
        match event {
            Event::Payment(event) => {
                assert_eq!(event.sub.as_ref().unwrap().expose(), SUB);
                search.debug("a payment event", &*event);
            }
            Event::Unknown(event) => search.debug("an unknown event", &event),
            _ => {}
        }
        let (parts, _) = request.into_parts();
        let forged = Request::from_parts(parts, Bytes::from(PHONE));
        search.error("a forged event", &verifier.verify(&forged).unwrap_err());
    }
    let store = MemoryEventStore::default();
    search.debug("a store", &store);
    search.debug("a receiver", &Receiver::new(verifier).deduplicate(store));
    let failure = EventStoreError::new("no connection");
    search.debug("a store's failure", &failure);
    search.error("a store's failure", &failure);
    search.finish(35);
}
