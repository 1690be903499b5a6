//! `POST /epayment/v1/payments`.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::{KEY_HEADER, NAME, error_codes, metadata, shipping};
use crate::simulator::domain::profile::{DataScope, Profile, ProfileData};
use crate::simulator::domain::qr::number_in_text;
use crate::simulator::domain::time::later;
use crate::simulator::domain::{
    CaptureType, Expiry, Flow, MerchantUrls, NewPayment, PaymentOptions, PaymentSource,
};
use crate::simulator::gateway::images::{self, Format};
use crate::simulator::gateway::{Call, Failure, LANDING_PAGE_PATH, Response, State, errors};
use crate::types::{Amount, Currency};

/// The time that the customer has, unless the payment is a long-living one.
const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// The longest time that the customer has with a long-living payment.
const LONGEST_LIFETIME: Duration = Duration::from_secs(60 * 24 * 3600);
/// The side of a PNG in pixels, if the request names none.
const PNG_SIZE: u64 = 1024;
/// The lengths of a phone number with its country code.
const PHONE_NUMBER: std::ops::RangeInclusive<usize> = 9..=15;

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    if !call.body["cardPassthrough"].is_null()
        || call.text("/paymentMethod/type") == Some("CARD_PASSTHROUGH")
    {
        return Err(errors::unmodelled("the payment method CARD_PASSTHROUGH").into());
    }
    let amount = amount(state, call)?;
    let options = options(state, call, amount)?;
    let reference = call.text("/reference").unwrap_or_default().to_owned();
    let (flow, landing_page) = (options.flow, options.landing_page.clone());
    let description = call.text("/paymentDescription");
    let new = NewPayment {
        api: NAME,
        sales_unit: call.sales_unit.clone(),
        reference: reference.clone(),
        amount,
        description: description.unwrap_or_default().to_owned(),
        capture_type: CaptureType::Reserve,
        idempotency_key: call.request.header(KEY_HEADER).map(str::to_owned),
        options,
    };
    let payment = state.domain.create(new, call.now)?;
    let mut response = json!({"reference": reference});
    match flow {
        Flow::Web | Flow::App => response["redirectUrl"] = landing_page.into(),
        Flow::Push => {}
        Flow::Qr => {
            let content = state.domain.codes.add_payment(payment, &mut state.random);
            response["redirectUrl"] = match qr_format(call) {
                None => content.into(),
                Some(format) => {
                    let ends = state.domain.payment(payment).expires();
                    images::link_until(state, format, &content, ends, call.now).into()
                }
            };
        }
    }
    Ok(Response::json(StatusCode::CREATED, response))
}

/// Returns the format of the QR code's image, or `None` for the text itself.
fn qr_format(call: &Call<'_>) -> Option<Format> {
    match call.text("/qrFormat/format") {
        Some("TEXT/TARGETURL") => None,
        Some("IMAGE/PNG") => {
            let size = call.body["qrFormat"]["size"].as_u64().unwrap_or(PNG_SIZE);
            Some(Format::Png(size.try_into().unwrap_or_default()))
        }
        _ => Some(Format::Svg),
    }
}

/// Returns a refusal with an error code.
pub(super) fn refuse(state: &mut State, code: &str) -> Failure {
    error_codes::problem(code, &mut state.random).into()
}

/// Returns a refusal because of a missing member. `rule` is the end of the sentence that names it.
pub(super) fn missing(state: &mut State, member: &str, rule: &str) -> Failure {
    error_codes::missing(member, rule, &mut state.random).into()
}

/// Returns a refusal that names a field and the rule that it breaks.
pub(super) fn invalid(state: &mut State, field: &str, rule: &str) -> Failure {
    let reason = format!("The field {field} {rule}.");
    error_codes::invalid(&[(field, reason)], &mut state.random).into()
}

/// Reads the amount. Every sales unit takes the currencies of the three markets.
fn amount(state: &mut State, call: &Call<'_>) -> Result<Amount, Failure> {
    let currency = call.text("/amount/currency").unwrap_or_default();
    let (currency, smallest) = match currency {
        "NOK" => (Currency::NOK, 100),
        "DKK" => (Currency::DKK, 1),
        "EUR" => (Currency::EUR, 1),
        _ => return Err(refuse(state, error_codes::OTHER_CURRENCY)),
    };
    let value = call.body["amount"]["value"].as_i64().unwrap_or_default();
    if value < smallest {
        return Err(refuse(state, error_codes::AMOUNT_TOO_SMALL));
    }
    Ok(Amount::minor(value, currency))
}

fn options(state: &mut State, call: &Call<'_>, amount: Amount) -> Result<PaymentOptions, Failure> {
    let flow = flow(state, call)?;
    let source = source(state, call, flow, amount)?;
    let return_to = return_url(state, call, flow)?;
    let customer = customer(state, call)?;
    if flow == Flow::Push {
        if customer.is_none() {
            return Err(missing(
                state,
                "customer",
                " with the user flow PUSH_MESSAGE",
            ));
        }
        if !state.settings.may_skip_landing_page {
            let response = error_codes::problem(error_codes::PUSH_NOT_ALLOWED, &mut state.random);
            return Err(response.noted(errors::NO_PUSH_MESSAGES).into());
        }
    }
    let expires = expires(state, call, source)?;
    let metadata = metadata::read(&call.request.body).map_err(|code| refuse(state, code))?;
    let data_scope = data_scope(state, call)?;
    let shipping = shipping::source(state, call, amount)?;
    if shipping.is_some() {
        check_express(state, source, &data_scope)?;
    }
    let id = state.random.uuid();
    let landing_token = state.random.jwt::<64>(&json!({
        "iss": state.settings.base_url,
        "jti": id,
        "iat": call.now.as_second(),
    }));
    let landing_page = if flow == Flow::App {
        format!("vipps://token={landing_token}")
    } else {
        let base_url = &state.settings.base_url;
        format!("{base_url}{LANDING_PAGE_PATH}?token={landing_token}")
    };
    let authorization = call.text("/shipping/dynamicOptions/callbackAuthorizationToken");
    Ok(PaymentOptions {
        flow,
        expiry: Expiry::At(expires),
        merchant: MerchantUrls {
            return_to,
            authorization: authorization.map(str::to_owned),
            ..MerchantUrls::default()
        },
        shipping,
        data_scope,
        source,
        metadata,
        customer,
        landing_page,
        landing_token,
    })
}

fn flow(state: &mut State, call: &Call<'_>) -> Result<Flow, Failure> {
    let flow = match call.text("/userFlow") {
        Some("QR") => Flow::Qr,
        Some("PUSH_MESSAGE") => Flow::Push,
        Some("NATIVE_REDIRECT") => Flow::App,
        _ => Flow::Web,
    };
    if flow != Flow::Qr && !call.body["qrFormat"].is_null() {
        let rule = "must be set with the user flow QR only";
        return Err(invalid(state, "qrFormat", rule));
    }
    Ok(flow)
}

fn source(
    state: &mut State,
    call: &Call<'_>,
    flow: Flow,
    amount: Amount,
) -> Result<PaymentSource, Failure> {
    let is_card = call.text("/paymentMethod/type") == Some("CARD");
    if is_card && flow != Flow::Web {
        let rule = "must be WALLET with this user flow";
        return Err(invalid(state, "paymentMethod.type", rule));
    }
    let blocked = call.body["paymentMethod"]["blockedSources"].as_array();
    let blocks_sources = blocked.is_some_and(|sources| !sources.is_empty());
    // Only Denmark and Finland have sources that can be blocked.
    if blocks_sources && (is_card || amount.currency() == Currency::NOK) {
        return Err(refuse(state, error_codes::CANNOT_BLOCK_SOURCES));
    }
    Ok(if is_card {
        PaymentSource::Card
    } else {
        PaymentSource::Wallet
    })
}

fn return_url(state: &mut State, call: &Call<'_>, flow: Flow) -> Result<String, Failure> {
    let url = call.text("/returnUrl");
    if flow == Flow::Web && url.is_none() {
        return Err(missing(
            state,
            "returnUrl",
            " with the user flow WEB_REDIRECT",
        ));
    }
    for url in [url, call.text("/receiptUrl")].into_iter().flatten() {
        if !is_link(url) {
            return Err(refuse(state, error_codes::INVALID_URL));
        }
    }
    Ok(url.unwrap_or_default().to_owned())
}

/// Returns `true` for `https://` with a host, and for the scheme of an app.
fn is_link(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| match url.scheme() {
        "https" => url.has_host(),
        "http" | "ftp" | "file" | "data" | "javascript" => false,
        _ => text.contains("://"),
    })
}

/// Returns the customer that the merchant names, by phone number, personal code or check-in.
pub(super) fn customer(state: &mut State, call: &Call<'_>) -> Result<Option<Profile>, Failure> {
    if let Some(number) = call.text("/customer/phoneNumber") {
        let is_number =
            PHONE_NUMBER.contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        if !is_number {
            return Err(refuse(state, error_codes::INVALID_PHONE_NUMBER));
        }
        let msisdn = number.to_owned();
        return Ok(Some(Profile { msisdn }));
    }
    if let Some(text) = call.text("/customer/personalQr") {
        let code = state.domain.codes.personal(text);
        let shown = code.map(|code| code.customer.msisdn.clone());
        let number = shown.or_else(|| number_in_text(text).map(str::to_owned));
        let msisdn = number.ok_or_else(|| refuse(state, error_codes::INVALID_PERSONAL_QR))?;
        return Ok(Some(Profile { msisdn }));
    }
    let Some(token) = call.text("/customer/customerToken") else {
        return Ok(None);
    };
    let check_in = state.domain.codes.check_in(token, call.now)?;
    Ok(Some(check_in.customer.clone()))
}

/// Returns the time at which the payment expires.
fn expires(
    state: &mut State,
    call: &Call<'_>,
    source: PaymentSource,
) -> Result<Timestamp, Failure> {
    let usual = later(call.now, LIFETIME);
    let Some(text) = call.text("/expiresAt") else {
        return Ok(usual);
    };
    let Ok(expires) = text.parse::<Timestamp>() else {
        return Err(invalid(state, "expiresAt", "must be a time as in RFC 3339"));
    };
    if expires <= usual {
        return Err(refuse(state, error_codes::EXPIRY_TOO_SOON));
    }
    if expires >= later(call.now, LONGEST_LIFETIME) {
        return Err(refuse(state, error_codes::EXPIRY_TOO_LATE));
    }
    let has = |member: &str| !call.body[member].is_null();
    match (has("receipt"), has("receiptUrl")) {
        (false, false) => return Err(refuse(state, error_codes::RECEIPT_MISSING)),
        (true, true) => {
            let rule = "must not be set together with receipt";
            return Err(invalid(state, "receiptUrl", rule));
        }
        _ => {}
    }
    if source == PaymentSource::Card {
        let rule = "must be WALLET for a long-living payment";
        return Err(invalid(state, "paymentMethod.type", rule));
    }
    Ok(expires)
}

/// Reads the scope. `nin` requires a permission that no simulated sales unit has.
fn data_scope(state: &mut State, call: &Call<'_>) -> Result<DataScope, Failure> {
    let mut data = Vec::new();
    let scope = call.text("/profile/scope").unwrap_or_default();
    for name in scope.split_whitespace() {
        data.push(match name {
            "name" => ProfileData::Name,
            "address" => ProfileData::Address,
            "email" => ProfileData::Email,
            "phoneNumber" => ProfileData::PhoneNumber,
            "birthDate" => ProfileData::BirthDate,
            "nin" => return Err(refuse(state, error_codes::ILLEGAL_SCOPE)),
            _ => return Err(refuse(state, error_codes::INVALID_SCOPE)),
        });
    }
    Ok(DataScope::new(data))
}

/// Checks that an Express payment is paid in the app and shares exactly the four kinds of data that
/// shipping needs.
fn check_express(
    state: &mut State,
    source: PaymentSource,
    scope: &DataScope,
) -> Result<(), Failure> {
    if source == PaymentSource::Card {
        let rule = "must be WALLET for an Express payment";
        return Err(invalid(state, "paymentMethod.type", rule));
    }
    if !scope.is_express() {
        let rule = "must be \"name address email phoneNumber\" for an Express payment";
        return Err(invalid(state, "profile.scope", rule));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_https_or_to_an_app() {
        for valid in [
            "https://example.com/x?y=1",
            "myapp://done",
            "https://localhost:8080/",
        ] {
            assert!(is_link(valid), "{valid}");
        }
        for invalid in [
            "http://example.com/",
            "example.com",
            "javascript:alert(1)",
            "mailto:a@b.no",
            "",
        ] {
            assert!(!is_link(invalid), "{invalid}");
        }
    }
}
