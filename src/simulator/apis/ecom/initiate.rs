//! `POST /ecomm/v2/payments`.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::error_codes::{self, Code};
use super::{NAME, shipping};
use crate::simulator::domain::profile::{DataScope, Profile, ProfileData};
use crate::simulator::domain::shipping::ShippingSource;
use crate::simulator::domain::{
    Expiry, Flow, MerchantUrls, NewPayment, PaymentOptions, PaymentSource,
};
use crate::simulator::gateway::{
    Call, Failure, LANDING_PAGE_PATH, Response, State, errors, is_public_https,
};
use crate::types::{Amount, Currency};

/// The largest amount, in øre. The eCom API uses 32-bit integers.
const LARGEST_AMOUNT: i64 = 2_147_483_647;
/// The time to open a landing page, and after that the time to approve in the app.
const EXPIRY: Expiry = Expiry::Steps {
    open: Duration::from_secs(300),
    approve: Duration::from_secs(300),
};

pub(super) fn initiate(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let amount = amount(state, call)?;
    let options = options(state, call)?;
    let order_id = text(call, "/transaction/orderId");
    let response = json!({"orderId": order_id, "url": options.landing_page});
    let capture_type = state.settings.sales_units.get(&call.sales_unit);
    let new = NewPayment {
        api: NAME,
        sales_unit: call.sales_unit.clone(),
        reference: order_id,
        amount,
        description: text(call, "/transaction/transactionText"),
        capture_type: capture_type.copied().unwrap_or_default(),
        idempotency_key: None,
        options,
    };
    state.domain.create(new, call.now)?;
    Ok(Response::json(StatusCode::OK, response))
}

fn text(call: &Call<'_>, pointer: &str) -> String {
    call.text(pointer).unwrap_or_default().to_owned()
}

fn flag(call: &Call<'_>, pointer: &str) -> bool {
    call.body.pointer(pointer).and_then(Value::as_bool) == Some(true)
}

fn refuse(state: &mut State, code: Code) -> Failure {
    code.response(&mut state.random).into()
}

fn missing(state: &mut State, field: &str) -> Failure {
    let reason = format!("The field {field} is required.");
    invalid(state, field, &reason)
}

fn invalid(state: &mut State, field: &str, reason: &str) -> Failure {
    error_codes::invalid_request(field, reason, &mut state.random).into()
}

fn amount(state: &mut State, call: &Call<'_>) -> Result<Amount, Failure> {
    let ore = call.body.pointer("/transaction/amount");
    let ore = ore.and_then(Value::as_i64);
    if let Some(ore) = ore.filter(|ore| *ore <= LARGEST_AMOUNT) {
        return Ok(Amount::minor(ore, Currency::NOK));
    }
    let field = "transaction.amount";
    let reason = format!("The field {field} must be at most {LARGEST_AMOUNT}.");
    Err(invalid(state, field, &reason))
}

fn options(state: &mut State, call: &Call<'_>) -> Result<PaymentOptions, Failure> {
    let is_app = flag(call, "/merchantInfo/isApp");
    check_urls(state, call, is_app)?;
    let customer = customer(state, call)?;
    let skips_landing_page = flag(call, "/transaction/skipLandingPage");
    if skips_landing_page {
        if !state.settings.may_skip_landing_page {
            let response = error_codes::LANDING_PAGE_REQUIRED.response(&mut state.random);
            return Err(response.noted(errors::NO_PUSH_MESSAGES).into());
        }
        if customer.is_none() {
            return Err(missing(state, "customerInfo.mobileNumber"));
        }
    }
    let shipping = express(state, call)?;
    let data_scope = data_scope(state, call, shipping.is_some())?;
    let id = state.random.uuid();
    let landing_token = state.random.jwt::<64>(&json!({
        "iss": state.settings.base_url,
        "jti": id,
        "iat": call.now.as_second(),
    }));
    let landing_page = if is_app {
        format!("vippsMT://?token={landing_token}")
    } else {
        let base_url = &state.settings.base_url;
        format!("{base_url}{LANDING_PAGE_PATH}?v=2&token={landing_token}")
    };
    let consents = call.text("/merchantInfo/consentRemovalPrefix");
    Ok(PaymentOptions {
        flow: match (skips_landing_page, is_app) {
            (true, _) => Flow::Push,
            (false, true) => Flow::App,
            (false, false) => Flow::Web,
        },
        expiry: EXPIRY,
        merchant: MerchantUrls {
            updates: Some(text(call, "/merchantInfo/callbackPrefix")),
            // Only express payments have a consent that can be withdrawn.
            consents: consents.filter(|_| shipping.is_some()).map(str::to_owned),
            return_to: text(call, "/merchantInfo/fallBack"),
            authorization: call.text("/merchantInfo/authToken").map(str::to_owned),
        },
        shipping,
        data_scope,
        source: PaymentSource::Wallet,
        metadata: Vec::new(),
        customer,
        landing_page,
        landing_token,
    })
}

fn customer(state: &mut State, call: &Call<'_>) -> Result<Option<Profile>, Failure> {
    let Some(number) = call.text("/customerInfo/mobileNumber") else {
        return Ok(None);
    };
    let customer = Profile::of_number(number);
    match customer.filter(|customer| customer.norwegian_number().is_some()) {
        Some(customer) => Ok(Some(customer)),
        None => Err(refuse(state, error_codes::NOT_A_USER)),
    }
}

fn check_urls(state: &mut State, call: &Call<'_>, is_app: bool) -> Result<(), Failure> {
    for name in [
        "callbackPrefix",
        "fallBack",
        "consentRemovalPrefix",
        "shippingDetailsPrefix",
    ] {
        let Some(url) = call.text(&format!("/merchantInfo/{name}")) else {
            continue;
        };
        let leads_to_an_app = name == "fallBack" && (is_app || is_app_scheme(url));
        if !leads_to_an_app && !is_public_https(url) {
            let field = if name == "callbackPrefix" {
                "callbackUrl"
            } else {
                name
            };
            let reason = format!("{field} is invalid");
            return Err(invalid(state, &format!("merchantInfo.{name}"), &reason));
        }
    }
    Ok(())
}

/// Returns the source of the shipping methods of an express payment, or `None` for another payment.
fn express(state: &mut State, call: &Call<'_>) -> Result<Option<ShippingSource>, Failure> {
    if call.text("/merchantInfo/paymentType") != Some("eComm Express Payment") {
        return Ok(None);
    }
    if call.text("/merchantInfo/consentRemovalPrefix").is_none() {
        return Err(missing(state, "merchantInfo.consentRemovalPrefix"));
    }
    let given = call.body.pointer("/merchantInfo/staticShippingDetails");
    let methods = match given.map(shipping::methods) {
        None => Vec::new(),
        Some(Ok(methods)) => methods,
        Some(Err(error)) => {
            let field = format!("merchantInfo.staticShippingDetails.{}", error.place);
            let reason = format!("The field {field} {}.", error.rule);
            return Err(invalid(state, &field, &reason));
        }
    };
    match call.text("/merchantInfo/shippingDetailsPrefix") {
        _ if !methods.is_empty() => Ok(Some(ShippingSource::Fixed(methods))),
        Some(url) => Ok(Some(ShippingSource::Merchant {
            url: url.to_owned(),
        })),
        None => Err(missing(state, "merchantInfo.shippingDetailsPrefix")),
    }
}

/// Reads the scope. `nin` requires a separate permission. The payment's details never contain the
/// address: a merchant reads it from the Userinfo API, by the `sub` in the details.
fn data_scope(state: &mut State, call: &Call<'_>, is_express: bool) -> Result<DataScope, Failure> {
    let field = "transaction.scope";
    let Some(scope) = call.text("/transaction/scope") else {
        return Ok(if is_express {
            DataScope::express()
        } else {
            DataScope::default()
        });
    };
    if is_express {
        return Err(invalid(state, field, "An express payment has no scope"));
    }
    let mut data = Vec::new();
    for name in scope.split_whitespace() {
        data.push(match name {
            "name" => ProfileData::Name,
            "address" => ProfileData::Address,
            "email" => ProfileData::Email,
            "phoneNumber" => ProfileData::PhoneNumber,
            "birthDate" => ProfileData::BirthDate,
            "nin" => return Err(refuse(state, error_codes::NIN_NOT_ALLOWED)),
            unknown => {
                let reason = format!("{unknown} is no scope");
                return Err(invalid(state, field, &reason));
            }
        });
    }
    Ok(DataScope::new(data))
}

/// Returns whether a URL has an app's own scheme, such as `myapp://`, or is the word `INTENT`,
/// which closes the app.
fn is_app_scheme(url: &str) -> bool {
    url == "INTENT"
        || url.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.is_empty()
                && !matches!(
                    scheme.to_ascii_lowercase().as_str(),
                    "http" | "https" | "ftp"
                )
                && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fallback_can_be_an_app() {
        for valid in ["myapp://done", "com.example.shop://x", "INTENT"] {
            assert!(is_app_scheme(valid), "{valid}");
        }
        for invalid in [
            "http://example.com",
            "https://localhost",
            "://x",
            "1app://x",
            "intent",
        ] {
            assert!(!is_app_scheme(invalid), "{invalid}");
        }
    }
}
