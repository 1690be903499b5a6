//! The generated types: the arguments and results of `Vipps::call`.

use std::fmt::Debug;

use progenitor_client::ClientInfo;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vipps::raw::{access_token, ecom, epayment, qr, userinfo, webhooks};

use super::operations::{address, person};
use super::*;

fn show_json<T: DeserializeOwned + Debug>(search: &mut LeakSearch, label: &str, value: Value) {
    let read: T = serde_json::from_value(value).unwrap_or_else(|e| panic!("{label}: {e}"));
    search.debug(label, &read);
}

macro_rules! show_json {
    ($search:ident: $($kind:ty = $value:expr),+ $(,)?) => {
        $(show_json::<$kind>($search, stringify!($kind), $value);)+
    };
}

#[test]
pub(crate) fn generated_types_show_no_marker() {
    let mut start = LeakSearch::start();
    let search = &mut start;
    let callback = json!({"orderId": "order-1", "merchantSerialNumber": "123456", "userDetails": person(),
        "shippingDetails": {"address": address(), "shippingCost": 1},
        "transactionInfo": {"amount": 1, "status": "RESERVED", "timeStamp": "x", "transactionId": "1"}});
    show_json!(search:
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
    newer_types(search);
    // Values of types that a document leaves open, and path segments.
    let any = vipps::types::AnyJson::from(json!({"a": [person(), PHONE], FIRST_NAME: MSISDN}));
    search.debug("any JSON", &any);
    search.debug("any JSON in a list", &vec![Some(any)]);
    search.debug("a path segment", &vipps::types::PathSegment::from(PHONE));
    // Builders, and their errors about missing members.
    let customer =
        ecom::types::CustomerInfo::builder().mobile_number(vipps::types::Sensitive::from(PHONE));
    search.debug("a raw builder", &customer);
    let merchant =
        ecom::types::MerchantInfo::builder().auth_token(vipps::types::Sensitive::from(AUTH_TOKEN));
    search.debug("a raw builder", &merchant);
    let missing = ecom::types::MerchantInfo::try_from(merchant).unwrap_err();
    search.error("a raw builder's error", &missing);
    start.finish(76);
}

/// The types of the ePayment, Webhooks and Userinfo documents.
fn newer_types(search: &mut LeakSearch) {
    let link = format!("https://x?token={LANDING_TOKEN}");
    let amount = json!({"currency": "NOK", "value": 100});
    let shipping = json!({"address": address(), "shippingCost": 1});
    let mut user = person();
    user["addresses"] = json!([address()]);
    let customer = json!({"phoneNumber": PHONE});
    show_json!(search:
        epayment::types::CreatePaymentRequest = json!({
            "amount": amount.clone(), "reference": "order-0001", "paymentMethod": {"type": "WALLET"},
            "userFlow": "PUSH_MESSAGE", "customer": customer.clone(),
            "industryData": {"airlineData": {"passengerName": PASSENGER, "airlineCode": "328",
                "airlineDesignatorCode": "DY", "agencyInvoiceNumber": "1"}},
            "shipping": {"dynamicOptions":
                {"callbackUrl": "https://x", "callbackAuthorizationToken": AUTH_TOKEN}}}),
        epayment::types::Customer = customer,
        epayment::types::Customer = json!({"personalQr": PERSONAL_QR}),
        epayment::types::Customer = json!({"customerToken": CUSTOMER_TOKEN}),
        epayment::types::PersonalQrCode = json!({"personalQr": PERSONAL_QR}),
        epayment::types::CustomerToken = json!({"customerToken": CUSTOMER_TOKEN}),
        epayment::types::ForceApprove =
            json!({"customer": {"phoneNumber": PHONE}, "token": LANDING_TOKEN}),
        epayment::types::CreatePaymentResponse =
            json!({"reference": "order-0001", "redirectUrl": link.clone()}),
        epayment::types::GetPaymentResponse = json!({"reference": "order-0001", "redirectUrl": link,
            "profile": {"sub": SUB}, "userDetails": user.clone(), "shippingDetails": shipping.clone()}),
        epayment::types::WebhookEvent = json!({"reference": "order-0001", "name": "AUTHORIZED",
            "amount": amount, "sub": SUB, "userDetails": user, "shippingDetails": shipping}),
        epayment::types::DynamicShippingGroupsRequest = json!({"reference": "order-0001",
            "AddressLine1": STREET, "AddressLine2": STREET_2, "City": CITY, "PostCode": POST_CODE}),
        webhooks::types::RegisterResponse = json!({"id": "w-1", "secret": WEBHOOK_SECRET}),
        userinfo::types::Userinfo = json!({"sub": SUB, "sid": USER_ID, "nin": SSN, "email": EMAIL,
            "name": format!("{FIRST_NAME} {LAST_NAME}"), "given_name": FIRST_NAME,
            "family_name": LAST_NAME, "phone_number": PHONE, "birthdate": BIRTH_DATE,
            "accounts": [{"account_name": FIRST_NAME, "account_number": SSN, "bank_name": CITY}],
            "address": {"formatted": STREET, "region": CITY, "postal_code": POST_CODE,
                "street_address": STREET}}),
        userinfo::types::UserinfoError = json!({"extraInfo": {"a": {"b": EMAIL}}}),
    );
}

/// Responses that do not match the generated type.
#[tokio::test(start_paused = true)]
pub(crate) async fn raw_calls_show_no_marker() {
    let mut search = LeakSearch::start();
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
            .respond("GET", details, 200, &body.to_string())
            .respond("POST", "/ecomm/v2/payments", 200, &body.to_string());
        let vipps = recorder.client();
        let details = vipps.call(|raw| async move {
            let call = raw
                .ecom()
                .get_payment_details_using_get()
                .order_id("order-1");
            call.send().await
        });
        search.result("raw details", &details.await);
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
        search.result("raw initiate", &initiate.await);
        search.text("raw shapes", &recorder.to_snapshot());
        let clients = &mut search;
        let nothing = vipps.call(async |raw| {
            clients.debug("raw clients", &raw);
            clients.debug("raw eCom client", raw.ecom());
            clients.debug("raw context", raw.ecom().inner());
            let error = progenitor_client::Error::<()>::Custom(String::new());
            Err::<progenitor_client::ResponseValue<()>, _>(error)
        });
        nothing.await.unwrap_err();
    }
    search.finish(15);
}

/// Text members of generated types that may be printed. A new member of a document must be reviewed
/// here, or marked in an overlay in `openapi/`.
const PRINTED: [&str; 69] = [
    // Names that the merchant chooses.
    "agencyInvoiceNumber",
    "airlineCode",
    "airlineDesignatorCode",
    "callbackPrefix",
    "callbackUrl",
    "cardCallbackUrl",
    "category",
    "consentRemovalPrefix",
    "data",
    "estimatedDelivery",
    "events",
    "expiresAt",
    "fallBack",
    "id",
    "locationDescription",
    "merchantQrId",
    "merchantSerialNumber",
    "meta",
    "orderId",
    "paymentDescription",
    "posId",
    "productUrl",
    "publicEncryptionKeyId",
    "quantity",
    "receiptNumber",
    "receiptUrl",
    "redirectUrl",
    "requestId",
    "returnUrl",
    "scope",
    "shippingDetailsPrefix",
    "shippingMethod",
    "shippingMethodId",
    "terminalId",
    "ticketNumber",
    "transactionText",
    // Members of a payment, a code or a token.
    "address_type",
    "addressType",
    "country",
    "Country",
    "expires_in",
    "expires_on",
    "ext_expires_in",
    "idempotencyKey",
    "not_before",
    "operation",
    "paymentInstrument",
    "pspReference",
    "qrContent",
    "qrImageUrl",
    "resource",
    "shippingOptionId",
    "shippingOptionName",
    "status",
    "timeStamp",
    "timestamp",
    "token_type",
    "transactionId",
    "type",
    "url",
    "version",
    // Members of an error. The wrapper's own errors are searched for personal data.
    "contextId",
    "detail",
    "errorCode",
    "errorGroup",
    "errorMessage",
    // The values of this member are redacted.
    "extraInfo",
    "instance",
    "traceId",
];
const PRINTED_OF_ERRORS: [&str; 5] = ["message", "name", "reason", "responseMessage", "title"];

#[test]
fn every_text_of_the_generated_types_is_reviewed() {
    let mut reviewed = std::collections::BTreeSet::new();
    for surface in [
        include_str!("../spec/snapshots/spec__bindings__surface_access_token.snap"),
        include_str!("../spec/snapshots/spec__bindings__surface_ecom.snap"),
        include_str!("../spec/snapshots/spec__bindings__surface_epayment.snap"),
        include_str!("../spec/snapshots/spec__bindings__surface_qr.snap"),
        include_str!("../spec/snapshots/spec__bindings__surface_userinfo.snap"),
        include_str!("../spec/snapshots/spec__bindings__surface_webhooks.snap"),
    ] {
        let members = surface.lines().filter_map(|line| line.strip_prefix("    "));
        for (name, kind) in members.filter_map(|member| member.split_once(": ")) {
            // A list, a map or a choice of texts is a text too.
            if !kind.contains("String") && !kind.contains("Value") {
                continue;
            }
            assert!(
                PRINTED.contains(&name) || PRINTED_OF_ERRORS.contains(&name),
                "{name}: {kind} is not reviewed: list it in PRINTED, or mark it in an overlay"
            );
            reviewed.insert(name);
        }
    }
    for name in PRINTED.iter().chain(&PRINTED_OF_ERRORS) {
        assert!(
            reviewed.contains(name),
            "{name}: no generated type has this member; remove it from the list"
        );
    }
}
