//! `POST /ecomm/v2/payments`.

use serde_json::{Value, json};

use crate::simulator::core::Call;
use crate::simulator::errors;
use crate::simulator::order::{CaptureType, Order};
use crate::simulator::routes::LANDING_PAGE_PATH;
use crate::simulator::state::State;
use crate::simulator::wire::Response;

use super::is_phone_number;

/// Amounts are 32-bit numbers at Vipps.
const LARGEST_AMOUNT: i64 = 2_147_483_647;

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
}

fn check(state: &mut State, call: &Call<'_>) -> Result<Payment, Box<Response>> {
    let amount = call
        .body
        .pointer("/transaction/amount")
        .and_then(Value::as_i64);
    let Some(amount) = amount.filter(|amount| *amount <= LARGEST_AMOUNT) else {
        return Err(Box::new(
            errors::INTERNAL
                .response(&mut state.random)
                .noted("transaction.amount does not fit 32 bits"),
        ));
    };
    let flag = |pointer| call.body.pointer(pointer).and_then(Value::as_bool) == Some(true);
    let is_app = flag("/merchantInfo/isApp");
    for (field, pointer) in [
        (
            "merchantInfo.callbackPrefix",
            "/merchantInfo/callbackPrefix",
        ),
        ("merchantInfo.fallBack", "/merchantInfo/fallBack"),
        (
            "merchantInfo.consentRemovalPrefix",
            "/merchantInfo/consentRemovalPrefix",
        ),
        (
            "merchantInfo.shippingDetailsPrefix",
            "/merchantInfo/shippingDetailsPrefix",
        ),
    ] {
        let is_fallback = field.ends_with("fallBack");
        if let Some(url) = call.text(pointer)
            && !(is_fallback && (is_app || is_app_scheme(url)))
            && !is_public_https(url)
        {
            let what = if field.ends_with("callbackPrefix") {
                "callbackUrl"
            } else {
                field
            };
            let reason = format!("{what} is invalid");
            return Err(Box::new(errors::invalid_request(
                field,
                &reason,
                &mut state.random,
            )));
        }
    }
    if let Some(number) = call.text("/customerInfo/mobileNumber")
        && !is_phone_number(number)
    {
        return Err(Box::new(errors::NOT_A_USER.response(&mut state.random)));
    }
    if flag("/transaction/skipLandingPage") {
        return Err(Box::new(
            errors::LANDING_PAGE_REQUIRED.response(&mut state.random),
        ));
    }
    if call.text("/merchantInfo/paymentType") == Some("eComm Express Payment") {
        return Err(Box::new(errors::unmodelled("express checkout")));
    }
    let order_id = call.text("/transaction/orderId").unwrap_or_default();
    if state.find(&call.msn, order_id).is_some() {
        return Err(Box::new(errors::ORDER_ID_USED.response(&mut state.random)));
    }
    Ok(Payment {
        amount,
        order_id: order_id.to_owned(),
        text: call
            .text("/transaction/transactionText")
            .unwrap_or_default()
            .to_owned(),
        is_app,
    })
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
    let order = Order::new(
        payment.order_id,
        call.msn.clone(),
        payment.amount,
        payment.text,
        capture_type,
        call.now,
    );
    state.add(order, token);
    Response::json(200, answer)
}

/// An app's own scheme, such as `myapp://`, or the word that closes the app.
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

/// HTTPS, on a host name that can exist on the public net.
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
