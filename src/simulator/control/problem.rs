//! Errors of the control API as problem details (RFC 9457).

use ::http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::simulator::gateway::Response;
use crate::simulator::payer::PayerError;

/// The reason why a control request is refused.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<Box<BrokenRule>>,
    allow: Option<String>,
}

/// A field and the rule that it breaks.
#[derive(Debug)]
struct BrokenRule {
    field: String,
    rule: String,
    /// `None` if the field is missing or its value is personal data.
    value: Option<Value>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            field: None,
            allow: None,
        }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "notFound", detail)
    }

    pub(super) fn method(allow: String) -> Self {
        let detail = format!("method: must be one of {allow} for this path");
        Self {
            allow: Some(allow),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed", detail)
        }
    }

    /// A field that breaks a rule. `value` is `None` if the field is missing.
    pub(super) fn field(field: &str, rule: impl Into<String>, value: Option<Value>) -> Self {
        let rule = rule.into();
        let detail = match &value {
            Some(value) => format!("{field}: {rule}, got {value}"),
            None => format!("{field}: {rule}, but it is missing"),
        };
        Self::broken(field, rule, value, detail)
    }

    /// A field that breaks a rule and whose value is personal data.
    pub(super) fn personal_field(field: &str, rule: &str) -> Self {
        let detail = format!("{field}: {rule}");
        Self::broken(field, rule.to_owned(), None, detail)
    }

    fn broken(field: &str, rule: String, value: Option<Value>, detail: String) -> Self {
        let broken = BrokenRule {
            field: field.to_owned(),
            rule,
            value,
        };
        Self {
            field: Some(Box::new(broken)),
            ..Self::new(StatusCode::BAD_REQUEST, "invalidField", detail)
        }
    }

    pub(super) fn response(self) -> Response {
        let mut body = json!({
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let Some(broken) = self.field {
            body["field"] = broken.field.into();
            body["rule"] = broken.rule.into();
            if let Some(value) = broken.value {
                body["value"] = value;
            }
        }
        let response = Response::raw(self.status, "application/problem+json", body.to_string());
        match self
            .allow
            .and_then(|allow| HeaderValue::try_from(allow).ok())
        {
            Some(allow) => response.with_header(header::ALLOW, allow),
            None => response,
        }
    }
}

impl From<PayerError> for Problem {
    fn from(error: PayerError) -> Self {
        let (status, code) = match error {
            PayerError::NotFound => (StatusCode::NOT_FOUND, "notFound"),
            PayerError::NotAPayment => (StatusCode::CONFLICT, "notAPayment"),
            PayerError::Ambiguous => (StatusCode::CONFLICT, "ambiguous"),
            PayerError::Expired => (StatusCode::CONFLICT, "expired"),
            PayerError::AlreadyFinal(_) => (StatusCode::CONFLICT, "alreadyFinal"),
            PayerError::Declined(_) => (StatusCode::CONFLICT, "declined"),
            PayerError::NoSuchShippingMethod => (StatusCode::CONFLICT, "noSuchShippingMethod"),
            PayerError::NoConsent => (StatusCode::CONFLICT, "noConsent"),
            PayerError::NoWebhook => (StatusCode::CONFLICT, "noWebhook"),
        };
        Self::new(status, code, error.to_string())
    }
}
