//! Every operation, with success and with failure, against a transport whose responses contain
//! every value that must be redacted.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use vipps::ecom::{AirlineData, Express, ShippingMethod};
use vipps::testing::Recorder;
use vipps::types::PersonalQr;
use vipps::webhooks::EventType;
use vipps::{
    Amount, Credentials, Environment, RetryBudget, RetryPolicy, Transport, TransportFuture, Vipps,
};

use super::*;

/// The response of the transport to every request.
#[derive(Clone, Debug)]
pub(crate) enum FixedResponse {
    Success,
    /// The status and body for every request except those for tokens.
    Response(u16, String),
    /// The status and body for every request, also for those for tokens.
    TokenResponse(u16, String),
}

impl Transport for FixedResponse {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let is_token = request.uri().path().ends_with("/accesstoken/get");
        let token = || {
            let token =
                json!({"token_type": "Bearer", "expires_in": "3600", "access_token": ACCESS_TOKEN});
            (200, token.to_string())
        };
        let (status, body) = match self {
            Self::TokenResponse(status, body) => (*status, body.clone()),
            _ if is_token => token(),
            Self::Success => (
                200,
                success(request.method(), request.uri().path()).to_string(),
            ),
            Self::Response(status, body) => (*status, body.clone()),
        };
        let response = http::Response::builder().status(status).body(body.into());
        Box::pin(async move { Ok(response.expect("a response")) })
    }
}

pub(crate) fn person() -> serde_json::Value {
    json!({
        "firstName": FIRST_NAME, "lastName": LAST_NAME, "email": EMAIL, "mobileNumber": PHONE,
        "userId": USER_ID, "ssn": SSN, "dateOfBirth": BIRTH_DATE, "bankIdVerified": "Y",
    })
}

pub(crate) fn address() -> serde_json::Value {
    json!({
        "addressLine1": STREET, "addressLine2": STREET_2, "city": CITY, "country": "Norway",
        "postCode": POST_CODE, "zipCode": POST_CODE,
    })
}

/// Returns the response of the Userinfo API.
pub(crate) fn profile() -> serde_json::Value {
    json!({
        "sub": SUB, "sid": USER_ID, "nin": SSN, "email": EMAIL, "email_verified": true,
        "name": format!("{FIRST_NAME} {LAST_NAME}"), "given_name": FIRST_NAME,
        "family_name": LAST_NAME, "phone_number": MSISDN, "birthdate": BIRTH_DATE,
        "accounts": [{"account_name": FIRST_NAME, "account_number": SSN, "bank_name": CITY}],
        "address": {"address_type": "home", "formatted": STREET, "region": CITY,
            "postal_code": POST_CODE, "street_address": STREET_2, "country": "NO"},
    })
}

fn landing_page() -> String {
    format!(
        "https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token={LANDING_TOKEN}"
    )
}

/// Returns a response body that every operation accepts.
fn success(method: &http::Method, path: &str) -> serde_json::Value {
    if method == http::Method::GET && path == "/qr/v1/merchant-redirect" {
        return json!([{"id": "billboard-1", "redirectUrl": "https://example.com/"}]);
    }
    if path.starts_with("/qr/v1/merchant-callback") {
        let code = json!({"merchantSerialNumber": "123456", "merchantQrId": "till-1",
            "locationDescription": "Till 1", "qrImageUrl": "https://qr.example/x", "qrContent": "https://qr.vipps.no/x"});
        let is_list = path.ends_with("/merchant-callback");
        return if is_list { json!([code]) } else { code };
    }
    if path.starts_with("/webhooks") {
        let listed = json!({"id": "w-1", "url": "https://example.com/hooks", "events": ["a"]});
        return json!({"webhooks": [listed], "id": "w-2", "secret": WEBHOOK_SECRET});
    }
    if path.starts_with("/vipps-userinfo-api") {
        return profile();
    }
    if path.starts_with("/epayment") {
        return epayment::success(path);
    }
    let status = match path.rsplit('/').next() {
        Some("cancel") => "Cancelled",
        Some("refund") => "Refund",
        _ => "Captured",
    };
    json!({
        "orderId": "order-1",
        "url": if path.starts_with("/qr") { "https://qr.vipps.no/x".to_owned() } else { landing_page() },
        "transactionLogHistory": [
            {"operation": "RESERVE", "operationSuccess": true, "amount": 20000, "timeStamp": "2018-11-14T15:21:22.126Z"}],
        "transactionInfo": {"amount": 20000, "status": status, "transactionId": "1"},
        "transaction": {"amount": 20000, "status": "Refund", "transactionId": "1"},
        "userDetails": person(),
        "shippingDetails": {"address": address(), "shippingCost": 1, "shippingMethod": "x"},
        "sub": SUB,
        "msisdn": MSISDN, "timestamp": 1, "version": "2.0",
        "id": "billboard-1", "redirectUrl": "https://example.com/", "expiresIn": 300,
    })
}

/// Returns failures whose bodies contain the person's data and the keys.
pub(crate) fn failures() -> Vec<FixedResponse> {
    let message_with_personal_data = format!(
        "User +47 {PHONE} ({EMAIL}) has no Bearer {ACCESS_TOKEN}, nor {LANDING_TOKEN}; number {MSISDN}"
    );
    let ecom = json!([{"errorGroup": "Payment", "errorCode": "81", "errorMessage": message_with_personal_data, "contextId": "c-1"}]);
    let problem = json!({"title": message_with_personal_data, "detail": message_with_personal_data, "instance": "i",
        "invalidParams": [{"name": "msisdn", "reason": message_with_personal_data}]});
    // The body is cut inside the personal data, so decoding fails there.
    let cut = success(&http::Method::POST, "/x").to_string();
    let cut = &cut[..cut.find(SUB).expect("a sub") - 10];
    let unexpected_types = json!({"url": null, "msisdn": [FIRST_NAME], "userDetails": [PHONE],
        "transactionLogHistory": format!("{FIRST_NAME} {PHONE}")});
    [
        (400, ecom.to_string()),
        (400, problem.to_string()),
        (
            401,
            json!({"statusCode": 401, "message": message_with_personal_data}).to_string(),
        ),
        (404, format!("<html><title>{message_with_personal_data}</title></html>")),
        (
            409,
            json!({"id": "billboard-1", "extra": message_with_personal_data}).to_string(),
        ),
        (429, message_with_personal_data.clone()),
        (500, message_with_personal_data.clone()),
        (
            503,
            json!({"responseInfo": {"responseCode": 503, "responseMessage": message_with_personal_data}}).to_string(),
        ),
        (200, cut.to_owned()),
        (200, unexpected_types.to_string()),
        (200, format!("\"{PHONE} {EMAIL}\"")),
    ]
    .into_iter()
    .map(|(status, body)| FixedResponse::Response(status, body))
    .chain([
        FixedResponse::TokenResponse(
            400,
            json!({"error": "invalid_client", "error_codes": [7],
            "error_description": format!("AADSTS: {ACCESS_TOKEN} Bearer {ACCESS_TOKEN}")})
            .to_string(),
        ),
        FixedResponse::TokenResponse(200, json!({"access_token": [ACCESS_TOKEN]}).to_string()),
        FixedResponse::TokenResponse(
            200,
            json!({"access_token": format!("{ACCESS_TOKEN}\n"), "expires_in": ACCESS_TOKEN})
                .to_string(),
        ),
    ])
    .collect()
}

/// Returns a recorder in front of a transport that responds with success to every request.
pub(crate) fn success_recorder() -> Recorder {
    Recorder::in_front_of(FixedResponse::Success)
}

pub(crate) fn client_of(recorder: &Recorder) -> Vipps {
    let builder = client_builder(recorder);
    LeakSearch::start().debug("the builder", &builder);
    builder.build().unwrap()
}

pub(crate) fn client_builder(recorder: &Recorder) -> vipps::VippsBuilder {
    let keys = Credentials::new(
        CLIENT_ID,
        CLIENT_SECRET,
        SUBSCRIPTION_KEY,
        "123456".parse().unwrap(),
    );
    let wait = Duration::from_millis(1);
    let policy = RetryPolicy::default()
        .backoff(wait, wait)
        .throttled_backoff(wait, wait);
    Vipps::builder(keys.unwrap())
        .environment(Environment::Test)
        .transport(recorder.clone())
        .retry(policy)
        .retry_budget(RetryBudget::unlimited())
}

#[allow(deprecated, reason = "every operation")]
async fn every_operation(vipps: &Vipps, search: &mut LeakSearch) -> u32 {
    let mut failures = 0;
    let id = || "order-1".parse::<vipps::OrderId>().unwrap();
    let initiate = || {
        vipps
            .ecom()
            .initiate(id(), Amount::nok(200), "Socks".parse().unwrap())
            .phone_number(PHONE.parse().unwrap())
            .auth_token(AUTH_TOKEN.parse().unwrap())
            .callback_prefix("https://example.com/vipps".parse().unwrap())
    };
    let shipping = || ShippingMethod::new("post", "By post", vipps::Amount::nok(0)).unwrap();
    let ticket = || AirlineData {
        passenger_name: PASSENGER.into(),
        airline_code: "074".into(),
        airline_designator_code: "KL".into(),
        agency_invoice_number: "082404".into(),
        ticket_number: None,
    };
    let express = || Express::with_static_shipping([shipping().preselect()]);
    let page: vipps::types::LandingPage = landing_page().parse().unwrap();
    let payment = vipps.ecom().payment(id());
    search.debug("the landing page", &page);
    run!(search, failures:
        initiate().scope("name email".parse().unwrap()),
        initiate().airline_data(ticket()),
        initiate().express(express(), "https://example.com/vipps".parse().unwrap()),
        payment.details(),
        payment.status(),
        payment.capture_remaining(),
        payment.refund(Amount::nok(200)),
        payment.cancel(),
        payment.wait().deadline(Duration::from_secs(3)),
        payment.force_approve().phone_number(PHONE.parse().unwrap()).landing_page(&page),
        vipps.qr().one_time(&page),
        vipps.qr().one_time(&page).content(),
        vipps.pay_by_qr(id(), Amount::nok(1), "Socks".parse().unwrap()),
        vipps.qr().exchange(PersonalQr::parse(PERSONAL_QR).unwrap()),
        vipps.qr().exchange_customer(CUSTOMER_TOKEN.parse().unwrap()),
        vipps.qr().merchant_redirects(),
        vipps.qr().merchant_callbacks(),
    );
    if let Err(error) = payment.capture_remaining().await {
        let reconcile = vipps.ecom().reconcile(&error);
        search.debug("a limit", &error.rate_limit());
        search.debug("a reconciliation", &reconcile);
        search.debug("what it found", &reconcile.await);
    }
    let redirect = vipps.qr().merchant_redirect("billboard-1".parse().unwrap());
    let url = || {
        "https://example.com/"
            .parse::<vipps::qr::RedirectUrl>()
            .unwrap()
    };
    let callback = vipps.qr().merchant_callback("till-1".parse().unwrap());
    run!(search, failures:
        redirect.create(url()),
        redirect.create_or_update(url()),
        redirect.get(),
        redirect.update(url()),
        redirect.delete(),
        callback.put("Till 1".parse().unwrap()),
        callback.get(),
        callback.delete(),
    );
    let hooks = vipps.webhooks();
    let hook = || "https://example.com/hooks".parse().unwrap();
    let stored = || vipps::webhooks::Registration::new("w-1", WEBHOOK_SECRET).unwrap();
    run!(search, failures:
        hooks.register(hook(), [EventType::UserCheckedIn]),
        hooks.list(),
        hooks.delete("w-1"),
        hooks.ensure(hook(), ["a"], [stored()]),
        hooks.ensure(hook(), ["b"], [stored()]).delete_first(),
        vipps.userinfo(SUB),
    );
    search.debug("the client", vipps);
    search.debug("the metrics", &vipps.metrics());
    failures
}

#[tokio::test(start_paused = true)]
pub(crate) async fn successful_operations_show_no_marker() {
    let mut search = LeakSearch::start();
    let recorder = success_recorder();
    let vipps = client_of(&recorder);
    assert_eq!(every_operation(&vipps, &mut search).await, 0);
    // The responses do contain personal data, so the search is meaningful.
    let details = vipps
        .ecom()
        .payment("order-1".parse().unwrap())
        .details()
        .await
        .unwrap();
    assert_eq!(details.user().unwrap().ssn.as_ref().unwrap().expose(), SSN);
    let profile = vipps.userinfo(SUB).await.unwrap();
    assert_eq!(profile.nin.as_ref().unwrap().expose(), SSN);
    search.text("the shapes", &recorder.to_snapshot());
    search.debug("the shapes", &recorder.requests());
    search.debug("the recorder", &recorder);
    assert!(recorder.requests().len() > 25);
    search.finish(200);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn failed_operations_show_no_marker() {
    let mut search = LeakSearch::start();
    for transport in failures() {
        let recorder = Recorder::in_front_of(transport);
        every_operation(&client_of(&recorder), &mut search).await;
        search.text("the shapes", &recorder.to_snapshot());
    }
    search.finish(2_000);
}
