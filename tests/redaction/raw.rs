//! The generated types: what `Vipps::call` takes and gives.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vipps::raw::{access_token, ecom, qr};

use super::operations::{address, person};
use super::*;

fn show<T: DeserializeOwned + Debug>(shown: &mut Shown, what: &str, value: Value) {
    let read: T = serde_json::from_value(value).unwrap_or_else(|e| panic!("{what}: {e}"));
    shown.debug(what, &read);
}

macro_rules! show {
    ($shown:ident: $($kind:ty = $value:expr),+ $(,)?) => {
        $(show::<$kind>(&mut $shown, stringify!($kind), $value);)+
    };
}

#[test]
fn generated_types() {
    let mut shown = Shown::start();
    let callback = json!({"orderId": "order-1", "merchantSerialNumber": "123456", "userDetails": person(),
        "shippingDetails": {"address": address(), "shippingCost": 1},
        "transactionInfo": {"amount": 1, "status": "RESERVED", "timeStamp": "x", "transactionId": "1"}});
    show!(shown:
        access_token::types::AuthorizationTokenResponse = json!({"access_token": ACCESS_TOKEN}),
        access_token::types::TokenResponse = json!({"access_token": ACCESS_TOKEN}),
        qr::types::QrExchangeRequest = json!({"qrCode": PERSONAL_QR, "requestedData": ["MSISDN"]}),
        qr::types::QrExchangeResponse = json!({"msisdn": MSISDN}),
        qr::types::CustomerExchangeRequest =
            json!({"customer": {"customerToken": CUSTOMER_TOKEN}, "requestedData": ["MSISDN"]}),
        qr::types::CustomerExchangeResponse = json!({"msisdn": MSISDN}),
        qr::types::OneTimePaymentQrRequest = json!({"url": format!("https://x?token={LANDING_TOKEN}")}),
        ecom::types::PaymentInitiationResponse = json!({"url": format!("https://x?token={LANDING_TOKEN}")}),
        ecom::types::ForceApproveRequest =
            json!({"customerPhoneNumber": PHONE, "token": LANDING_TOKEN}),
        ecom::types::InitiatePaymentCommand = json!({
            "customerInfo": {"mobileNumber": PHONE},
            "merchantInfo": {"authToken": AUTH_TOKEN, "callbackPrefix": "https://x", "fallBack": "https://x",
                "merchantSerialNumber": "123456"},
            "transaction": {"amount": 100, "orderId": "o", "transactionText": "t", "additionalData": {
                "passengerName": PASSENGER, "airlineCode": "074", "airlineDesignatorCode": "KL",
                "agencyInvoiceNumber": "1"}}}),
        ecom::types::TransactionDetails = json!({"orderId": "o", "sub": SUB, "userDetails": person(),
            "shippingDetails": {"address": address()}}),
        ecom::types::Address = address(),
        ecom::types::AddressExpress = address(),
        ecom::types::ShippingCostAndMethod = address(),
        ecom::types::UserDetails = person(),
        ecom::types::ExpressCheckOutPaymentRequest = callback.clone(),
        ecom::types::RegularCheckOutPaymentRequest = callback.clone(),
        ecom::types::TransactionUpdateCallbackOneOf = callback,
    );
    // Builders too, and what they say of a part that is missing.
    let customer =
        ecom::types::CustomerInfo::builder().mobile_number(vipps::types::Sensitive::from(PHONE));
    shown.debug("a raw builder", &customer);
    let merchant =
        ecom::types::MerchantInfo::builder().auth_token(vipps::types::Sensitive::from(AUTH_TOKEN));
    shown.debug("a raw builder", &merchant);
    let missing = ecom::types::MerchantInfo::try_from(merchant).unwrap_err();
    shown.error("a raw builder's error", &missing);
    shown.end(40);
}

/// What is read into a generated type and does not fit.
#[tokio::test(start_paused = true)]
async fn raw_calls() {
    let mut shown = Shown::start();
    let page = format!("https://x?token={LANDING_TOKEN}");
    for body in [
        json!({"orderId": "order-1", "userDetails": person(), "sub": SUB}),
        json!({"orderId": {"name": FIRST_NAME}, "userDetails": PHONE}),
        json!({"orderId": "order-1", "userDetails": {"email": [EMAIL, PHONE]}}),
        json!([FIRST_NAME, PHONE]),
        json!({"orderId": 7, "url": [page]}),
    ] {
        let details = "/ecomm/v2/payments/order-1/details";
        let recorder = vipps::testing::Recorder::new()
            .answer("GET", details, 200, &body.to_string())
            .answer("POST", "/ecomm/v2/payments", 200, &body.to_string());
        let vipps = recorder.client();
        let details = vipps.call(|raw| async move {
            let call = raw
                .ecom()
                .get_payment_details_using_get()
                .order_id("order-1");
            call.send().await
        });
        shown.result("raw details", &details.await);
        let initiate = vipps.call(|raw| async move {
            let call = raw
                .ecom()
                .initiate_payment_v3_using_post()
                .body_map(|body| {
                    let customer = ecom::types::CustomerInfo::builder();
                    body.customer_info(customer.mobile_number(vipps::types::Sensitive::from(PHONE)))
                });
            call.send().await
        });
        shown.result("raw initiate", &initiate.await);
        shown.text("raw shapes", &recorder.to_snapshot());
    }
    shown.end(15);
}
