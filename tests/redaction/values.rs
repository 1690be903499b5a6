//! Values that are refused, and what arrives from outside.

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

fn refused<T: FromStr<Err = InvalidValue> + Debug>(shown: &mut Shown, what: &str, text: &str) {
    let error = T::from_str(text).expect_err(what);
    shown.error(what, &error);
    shown.debug(what, &error.value());
    shown.error(what, &vipps::Error::from(error));
}

#[test]
pub(crate) fn values_that_are_refused() {
    let mut shown = Shown::start();
    for wrong in [
        format!("{PHONE}x"),
        format!("{PHONE}{PHONE}"),
        format!("0{PHONE}"),
    ] {
        refused::<PhoneNumber>(&mut shown, "phone number", &wrong);
    }
    refused::<AuthToken>(&mut shown, "auth token", &format!(" {AUTH_TOKEN}"));
    refused::<AuthToken>(
        &mut shown,
        "auth token",
        &format!("{AUTH_TOKEN}\n{}", "x".repeat(300)),
    );
    refused::<CustomerToken>(&mut shown, "customer token", &format!("{CUSTOMER_TOKEN} x"));
    refused::<PersonalQr>(&mut shown, "personal code", &format!("{PERSONAL_QR} x"));
    refused::<LandingPage>(
        &mut shown,
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
            shown.error("credentials", &error.unwrap_err());
        }
    }
    let url = "https://shop.example.com/hooks";
    shown.error(
        "a verifier",
        &Verifier::new(url, [format!("{WEBHOOK_SECRET} ")]).unwrap_err(),
    );
    shown.error(
        "a signer",
        &Signer::new(url, format!(" {WEBHOOK_SECRET}")).unwrap_err(),
    );
    shown.end(40);
}

#[test]
pub(crate) fn values_that_are_taken() {
    let mut shown = Shown::start();
    let keys = Credentials::new(
        CLIENT_ID,
        CLIENT_SECRET,
        SUBSCRIPTION_KEY,
        "123456".parse().unwrap(),
    );
    shown.debug("credentials", &keys.unwrap());
    shown.debug("phone number", &PHONE.parse::<PhoneNumber>().unwrap());
    shown.debug("auth token", &AUTH_TOKEN.parse::<AuthToken>().unwrap());
    shown.debug(
        "customer token",
        &CUSTOMER_TOKEN.parse::<CustomerToken>().unwrap(),
    );
    shown.debug("personal code", &PERSONAL_QR.parse::<PersonalQr>().unwrap());
    shown.debug("sensitive", &Sensitive::from(FIRST_NAME));
    let details = json!({"transactionLogHistory": [], "userDetails": person(), "sub": SUB,
        "shippingDetails": {"address": address()}});
    let id = || "order-1".parse().unwrap();
    let details = PaymentDetails::from_json(id(), &details.to_string()).unwrap();
    assert_eq!(details.sub(), Some(SUB));
    shown.debug("details", &details);
    shown.debug("user", &details.user().unwrap());
    shown.debug("shipping", &details.shipping().unwrap());
    let cut = format!(r#"{{"userDetails":{{"email":"{EMAIL}","ssn":"{SSN}" {PHONE}"#);
    shown.error(
        "details",
        &PaymentDetails::from_json(id(), &cut).unwrap_err(),
    );
    let odd = json!({"transactionLogHistory": {"name": FIRST_NAME}, "userDetails": EMAIL});
    shown.result(
        "details",
        &PaymentDetails::from_json(id(), &odd.to_string()),
    );
    shown.end(20);
}

#[test]
pub(crate) fn callbacks() {
    let mut shown = Shown::start();
    let auth = CallbackAuth::new(AUTH_TOKEN.parse().unwrap());
    shown.debug("callback auth", &auth);
    let urls = CallbackUrls::new("https://shop.example.com/vipps".parse().unwrap());
    let id: vipps::OrderId = "order-1".parse().unwrap();
    let update = json!({"orderId": "order-1", "userDetails": person(),
        "shippingDetails": {"address": address(), "shippingCost": 1},
        "errorInfo": {"errorCode": "1", "errorMessage": format!("no user {PHONE} {EMAIL}")}});
    let question = json!({"addressId": 7, "addressType": "H", "addressLine1": STREET,
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
        ("POST", urls.shipping_url(&id), question.to_string()),
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
                    shown.debug("a callback", &callback);
                    if let Callback::Shipping(question) = callback {
                        shown.debug("a reply", &question.reply([]).unwrap());
                    }
                }
                Err(error) => {
                    shown.debug("a refused callback", &error);
                    shown.error("a refused callback", &error);
                }
            }
        }
    }
    for body in [update.to_string(), broken] {
        match PaymentUpdate::from_slice(body.as_bytes()) {
            Ok(update) => shown.debug("an update", &update),
            Err(error) => shown.error("an update", &error),
        }
    }
    let question = ShippingRequest::from_slice(id, question.to_string().as_bytes()).unwrap();
    assert_eq!(question.address.city.as_ref().unwrap().expose(), CITY);
    shown.debug("a question", &question);
    let question = json!({"reference": "order-1", "AddressLine1": STREET, "AddressLine2": STREET_2,
        "City": CITY, "PostCode": POST_CODE, "Country": "NO"});
    for (token, body) in [
        (AUTH_TOKEN, question.to_string()),
        (AUTH_TOKEN, json!({"reference": EMAIL}).to_string()),
        ("marker-auth-token-2", question.to_string()),
    ] {
        let request = Request::post("/").header("authorization", token).body(body);
        match ShippingOptionsRequest::parse(&request.unwrap(), &auth) {
            Ok(question) => {
                assert_eq!(question.address.city.as_ref().unwrap().expose(), CITY);
                shown.debug("a question of Express", &question);
            }
            Err(error) => shown.error("a refused question of Express", &error),
        }
    }
    shown.end(30);
}

#[test]
pub(crate) fn webhooks() {
    let mut shown = Shown::start();
    let url = "https://shop.example.com/hooks";
    let verifier = Verifier::new(url, [WEBHOOK_SECRET]).unwrap();
    let signer = Signer::new(url, WEBHOOK_SECRET).unwrap();
    shown.debug("a verifier", &verifier);
    shown.debug("a signer", &signer);
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
        shown.debug("a verified event", &verified);
        match verified.check_in() {
            Ok(event) => shown.debug("a check-in", &event),
            Err(error) => shown.error("an event", &error),
        }
        let event = verified.event();
        shown.debug("an event", &event);
        match event {
            Event::Payment(event) => {
                assert_eq!(event.sub.as_ref().unwrap().expose(), SUB);
                shown.debug("a payment event", &*event);
            }
            Event::Unknown(event) => shown.debug("an unknown event", &event),
            _ => {}
        }
        let (parts, _) = request.into_parts();
        let forged = Request::from_parts(parts, Bytes::from(PHONE));
        shown.error("a forged event", &verifier.verify(&forged).unwrap_err());
    }
    let store = MemoryEventStore::default();
    shown.debug("a store", &store);
    shown.debug("a receiver", &Receiver::new(verifier).deduplicate(store));
    let failure = EventStoreError::new("no connection");
    shown.debug("a store's failure", &failure);
    shown.error("a store's failure", &failure);
    shown.end(35);
}
