//! `POST /ecomm/v2/payments`.

use http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::core::Call;
use crate::simulator::errors::{self, Code};
use crate::simulator::order::{CaptureType, Order, Shares, Terms};
use crate::simulator::person::Person;
use crate::simulator::routes::LANDING_PAGE_PATH;
use crate::simulator::state::State;
use crate::simulator::wire::Response;

use super::express::{self, Express, Shipping};

/// The largest amount, in øre. The eCom API uses 32-bit integers.
const LARGEST_AMOUNT: i64 = 2_147_483_647;
/// Test amounts, in øre, whose effect on the payment is not documented in detail.
const UNMODELLED_AMOUNTS: [(i64, &str); 2] = [
    (201, "the result is unknown for an hour"),
    (202, "strong customer authentication is required"),
];
/// The scopes that a payment can request. `nin` requires a separate permission. The payment's
/// details never contain the address: a merchant reads it from the Userinfo API, by the `sub` in
/// the details.
const SCOPES: [&str; 5] = ["name", "address", "email", "phoneNumber", "birthDate"];

pub(crate) fn initiate(state: &mut State, call: &Call<'_>) -> Response {
    match check(state, call) {
        Ok(payment) => open(state, call, payment),
        Err(refusal) => *refusal,
    }
}

struct Payment {
    amount: i64,
    order_id: String,
    text: String,
    is_app: bool,
    terms: Terms,
}

fn check(state: &mut State, call: &Call<'_>) -> Result<Payment, Box<Response>> {
    let amount = call
        .body
        .pointer("/transaction/amount")
        .and_then(Value::as_i64);
    let Some(amount) = amount.filter(|amount| *amount <= LARGEST_AMOUNT) else {
        let reason = format!("The field transaction.amount must be at most {LARGEST_AMOUNT}.");
        return invalid(state, "transaction.amount", &reason);
    };
    if let Some((_, meaning)) = UNMODELLED_AMOUNTS.iter().find(|(test, _)| *test == amount) {
        let feature = format!("the test amount {amount} ({meaning})");
        return Err(Box::new(errors::unmodelled(&feature)));
    }
    let is_app = flag(call, "/merchantInfo/isApp");
    urls(state, call, is_app)?;
    let customer = match call.text("/customerInfo/mobileNumber") {
        Some(number) => match Person::of_norwegian_number(number) {
            Some(customer) => Some(customer),
            None => return refuse(state, errors::NOT_A_USER),
        },
        None => None,
    };
    let skips_landing_page = flag(call, "/transaction/skipLandingPage");
    if skips_landing_page {
        if !state.settings.may_skip_landing_page {
            return refuse(state, errors::LANDING_PAGE_REQUIRED);
        }
        if customer.is_none() {
            return missing(state, "customerInfo.mobileNumber");
        }
    }
    let order_id = call.text("/transaction/orderId").unwrap_or_default();
    let express = express(state, call)?;
    let shares = shares(state, call, express.is_some())?;
    if state.find(&call.msn, order_id).is_some() {
        return refuse(state, errors::ORDER_ID_USED);
    }
    let text = |pointer| call.text(pointer).unwrap_or_default().to_owned();
    Ok(Payment {
        amount,
        order_id: order_id.to_owned(),
        text: text("/transaction/transactionText"),
        is_app,
        terms: Terms {
            callback_prefix: text("/merchantInfo/callbackPrefix"),
            auth_token: call.text("/merchantInfo/authToken").map(str::to_owned),
            express,
            shares,
            skips_landing_page,
            customer,
            landing_page: String::new(),
            fallback: text("/merchantInfo/fallBack"),
        },
    })
}

fn flag(call: &Call<'_>, pointer: &str) -> bool {
    call.body.pointer(pointer).and_then(Value::as_bool) == Some(true)
}

fn refuse<T>(state: &mut State, code: Code) -> Result<T, Box<Response>> {
    Err(Box::new(code.response(&mut state.random)))
}

fn missing<T>(state: &mut State, field: &str) -> Result<T, Box<Response>> {
    let reason = format!("The field {field} is required.");
    invalid(state, field, &reason)
}

fn invalid<T>(state: &mut State, field: &str, reason: &str) -> Result<T, Box<Response>> {
    let response = errors::invalid_request(field, reason, &mut state.random);
    Err(Box::new(response))
}

fn urls(state: &mut State, call: &Call<'_>, is_app: bool) -> Result<(), Box<Response>> {
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
            let what = if name == "callbackPrefix" {
                "callbackUrl"
            } else {
                name
            };
            let reason = format!("{what} is invalid");
            return invalid(state, &format!("merchantInfo.{name}"), &reason);
        }
    }
    Ok(())
}

fn express(state: &mut State, call: &Call<'_>) -> Result<Option<Express>, Box<Response>> {
    if call.text("/merchantInfo/paymentType") != Some("eComm Express Payment") {
        return Ok(None);
    }
    let Some(consents) = call.text("/merchantInfo/consentRemovalPrefix") else {
        return missing(state, "merchantInfo.consentRemovalPrefix");
    };
    let given = call.body.pointer("/merchantInfo/staticShippingDetails");
    let methods = match given.map(express::methods) {
        None => Vec::new(),
        Some(Ok(methods)) => methods,
        Some(Err(error)) => {
            let field = format!("merchantInfo.staticShippingDetails.{}", error.place);
            let reason = format!("The field {field} {}.", error.rule);
            return invalid(state, &field, &reason);
        }
    };
    let shipping = match call.text("/merchantInfo/shippingDetailsPrefix") {
        _ if !methods.is_empty() => Shipping::Static(methods),
        Some(prefix) => Shipping::Dynamic(prefix.to_owned()),
        None => return missing(state, "merchantInfo.shippingDetailsPrefix"),
    };
    Ok(Some(Express {
        shipping,
        consent_removal_prefix: consents.to_owned(),
    }))
}

fn shares(state: &mut State, call: &Call<'_>, is_express: bool) -> Result<Shares, Box<Response>> {
    let Some(scope) = call.text("/transaction/scope") else {
        return Ok(if is_express {
            Shares::Everything
        } else {
            Shares::Nothing
        });
    };
    if is_express {
        let reason = "An express payment has no scope";
        return invalid(state, "transaction.scope", reason);
    }
    let scope: Vec<String> = scope.split_whitespace().map(str::to_owned).collect();
    if scope.iter().any(|name| name == "nin") {
        return refuse(state, errors::NIN_NOT_ALLOWED);
    }
    if let Some(unknown) = scope.iter().find(|name| !SCOPES.contains(&name.as_str())) {
        let reason = format!("{unknown} is no scope");
        return invalid(state, "transaction.scope", &reason);
    }
    Ok(Shares::Scope(scope))
}

fn open(state: &mut State, call: &Call<'_>, payment: Payment) -> Response {
    let capture_type = state
        .settings
        .sales_units
        .get(&call.msn)
        .copied()
        .unwrap_or(CaptureType::Reserve);
    let id = state.random.uuid();
    let token = state.random.jwt::<64>(&json!({
        "iss": state.settings.base_url,
        "jti": id,
        "iat": call.now.as_second(),
    }));
    let url = if payment.is_app {
        format!("vippsMT://?token={token}")
    } else {
        format!(
            "{}{LANDING_PAGE_PATH}?v=2&token={token}",
            state.settings.base_url
        )
    };
    let answer = json!({"orderId": payment.order_id, "url": url});
    let terms = Terms {
        landing_page: url,
        ..payment.terms
    };
    let order = Order::new(
        payment.order_id,
        call.msn.clone(),
        payment.amount,
        payment.text,
        capture_type,
        terms,
        call.now,
    );
    state.add(order, token);
    Response::json(StatusCode::OK, answer)
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

/// Returns whether a URL is `https://` with a host name that can exist on the public internet.
fn is_public_https(text: &str) -> bool {
    if text.contains(char::is_whitespace) {
        return false;
    }
    let Ok(url) = url::Url::parse(text) else {
        return false;
    };
    let public = match url.host() {
        Some(url::Host::Domain(name)) => {
            let mut labels = name.trim_end_matches('.').rsplit('.');
            let top = labels.next().unwrap_or_default();
            labels.next().is_some_and(|label| !label.is_empty())
                && top.len() >= 2
                && top.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && top.starts_with(|c: char| c.is_ascii_alphabetic())
                && top != "localhost"
        }
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => true,
        None => false,
    };
    url.scheme() == "https" && public
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_must_be_public_and_https() {
        for good in [
            "https://example.com/vipps",
            "https://shop.example.co.uk:8080/",
            "https://xn--brum-qoa.no/x?y=1",
        ] {
            assert!(is_public_https(good), "{good}");
        }
        for bad in [
            "http://example.com/",
            "https://localhost/",
            "https://shop/",
            "https:///x",
            "https://example.com:99999/",
            "https://example.com/a b",
            "myapp://x",
            "",
        ] {
            assert!(!is_public_https(bad), "{bad}");
        }
    }

    #[test]
    fn an_app_may_be_the_fallback() {
        for good in ["myapp://done", "com.example.shop://x", "INTENT"] {
            assert!(is_app_scheme(good), "{good}");
        }
        for bad in [
            "http://example.com",
            "https://localhost",
            "://x",
            "1app://x",
            "intent",
        ] {
            assert!(!is_app_scheme(bad), "{bad}");
        }
    }
}
