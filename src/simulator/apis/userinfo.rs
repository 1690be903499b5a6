//! The Userinfo API: `GET /vipps-userinfo-api/userinfo/{sub}`.

mod spec_overrides;

use std::sync::LazyLock;

use http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::domain::Refusal;
use crate::simulator::domain::profile::{self, ADDRESS, DataScope, Profile, ProfileData};
use crate::simulator::gateway::{
    self, Api, Call, Document, Failure, GatewayError, Operation, Response, State,
};
use crate::simulator::random::Random;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/userinfo.source.json"));
    Document::new(text, &[], spec_overrides::OVERRIDES)
});

pub(crate) static API: Api = Api {
    name: "userinfo",
    document: &DOCUMENT,
    operations: &[
        Operation::new("get_userinfo", get).with_personal_path(),
        Operation::new("userinfo_authorization_code", login),
    ],
    needs_token: true,
    sales_unit_in_body: None,
    reference: None,
    refuse,
    notify: |_, _| Vec::new(),
    messages: &[],
};

fn get(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let subject = call.param("sub");
    let shared = state
        .domain
        .shared_profile(&call.sales_unit, subject, call.now);
    let (customer, scope) = shared.ok_or(Refusal::NothingShared)?;
    Ok(Response::json(
        StatusCode::OK,
        userinfo(subject, customer, &scope),
    ))
}

/// An empty `sub` leads to this operation. It needs a token that only the Login API issues.
fn login(_: &mut State, _: &Call<'_>) -> Result<Response, Failure> {
    let feature =
        "the userinfo operation of the Login API, which a request with an empty `sub` reaches";
    Err(gateway::errors::unmodelled(feature).into())
}

/// Returns the members of the scope. No sales unit has the permission for `nin`, and `accounts` is
/// no longer shared.
fn userinfo(subject: &str, customer: &Profile, scope: &DataScope) -> Value {
    let mut shown = json!({"sub": subject});
    if scope.has(ProfileData::Name) {
        let (given, family) = (profile::FIRST_NAME, profile::LAST_NAME);
        shown["name"] = format!("{given} {family}").into();
        shown["given_name"] = given.into();
        shown["family_name"] = family.into();
    }
    if scope.has(ProfileData::Email) {
        shown["email"] = profile::EMAIL.into();
        shown["email_verified"] = true.into();
    }
    if scope.has(ProfileData::PhoneNumber) {
        shown["phone_number"] = customer.msisdn.as_str().into();
        shown["phone_number_verified"] = true.into();
    }
    if scope.has(ProfileData::BirthDate) {
        shown["birthdate"] = profile::BIRTH_DATE.into();
    }
    if scope.has(ProfileData::Address) {
        shown["address"] = address();
        shown["other_addresses"] = json!([]);
    }
    shown
}

fn address() -> Value {
    let street = format!("{}\n{}", ADDRESS.line_1, ADDRESS.line_2);
    json!({
        "address_type": "home",
        "country": "NO",
        "default": true,
        "formatted": format!("{street}\n{} {}", ADDRESS.post_code, ADDRESS.city),
        "postal_code": ADDRESS.post_code,
        "region": ADDRESS.city,
        "street_address": street,
    })
}

/// Returns the response to a request that is refused. Errors of the gateway have its own format.
fn refuse(error: &GatewayError<'_>, random: &mut Random) -> Response {
    use gateway::errors::{self as plain, gateway};
    match error {
        GatewayError::Unauthorized => gateway(StatusCode::UNAUTHORIZED, plain::UNAUTHORIZED),
        GatewayError::ForeignSalesUnit(sales_unit) => {
            gateway(StatusCode::FORBIDDEN, &plain::foreign(sales_unit))
        }
        GatewayError::Refused(Refusal::NothingShared) => {
            let detail =
                "No data of this user is shared, or it was shared more than 168 hours ago.";
            problem(StatusCode::NOT_FOUND, "Not Found", detail, random)
        }
        GatewayError::Violations([violation, ..]) => {
            let detail = &violation.reason;
            problem(StatusCode::BAD_REQUEST, "Bad Request", detail, random)
        }
        // The operations have no body, and nothing else can be refused.
        _ => problem(StatusCode::BAD_REQUEST, "Bad Request", "", random),
    }
}

/// The document declares `status` as text.
fn problem(status: StatusCode, title: &str, detail: &str, random: &mut Random) -> Response {
    Response::json(
        status,
        json!({
            "title": title,
            "status": status.as_str(),
            "detail": detail,
            "instance": random.trace_id(),
        }),
    )
}
