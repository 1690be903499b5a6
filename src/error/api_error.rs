//! One error of a response.

use std::fmt;

use super::json::{Object, text};
use super::sanitize;
use crate::operation::{ErrorCode, ErrorGroup, Remedy};

/// One of the errors that a response lists.
///
/// All texts are safe to print: control characters are removed, long texts are cut, and everything
/// that looks like a phone number, an e-mail address or a token is masked.
/// [`Error::raw_body`](crate::Error::raw_body) returns the response unchanged.
///
/// `Display` returns one line such as `Payment 44: Refused by issuer because of expired card`.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::builder().freeze_clock().start()?;
/// # let vipps = sim.client();
/// # vipps.epayment().create("acme-order-1001".parse()?, vipps::Amount::nok(200)).qr().await?;
/// // A capture before the customer has approved.
/// let payment = vipps.epayment().payment("acme-order-1001".parse()?);
/// let error = payment.capture(vipps::Amount::nok(200)).await.unwrap_err();
/// let refusal = &error.api_errors()[0];
/// assert_eq!(refusal.code(), Some("6080"));
/// println!("{refusal}: {}", refusal.explanation().unwrap_or_default());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiError {
    group: Option<ErrorGroup>,
    code: Option<String>,
    message: Option<String>,
    context_id: Option<String>,
    field: Option<String>,
    remedy: Option<Remedy>,
    explanation: Option<&'static str>,
}

impl ApiError {
    /// Reads an object with `errorGroup`, `errorCode`, `errorMessage` and `contextId`, or other
    /// names for them. Any of them may be missing, but not all.
    pub(crate) fn from_object(object: &Object, codes: &[&'static [ErrorCode]]) -> Option<Self> {
        let any = |names: &[&str], sanitize: fn(&str) -> String| {
            names.iter().find_map(|name| text(object, name, sanitize))
        };
        let group = text(object, "errorGroup", sanitize::label);
        let group = group.map(|group| ErrorGroup::from(group.as_str()));
        // ePayment lists a code and the fields that it refuses in one list:
        // {"name":"ErrorCode","reason":"6080"}
        let is_code = names_code(object);
        let code = if is_code {
            text(object, "reason", sanitize::label)
        } else {
            any(&["errorCode", "code"], sanitize::label)
        };
        let is_number = |code: &String| code.bytes().all(|b| b.is_ascii_digit());
        let field = code
            .clone()
            .filter(|code| group == Some(ErrorGroup::InvalidRequest) && !is_number(code));
        let row = code
            .as_deref()
            .and_then(|code| ErrorCode::find(codes, group.as_ref(), code));
        Self {
            field: field.or_else(|| any(&["name", "field"], sanitize::label).filter(|_| !is_code)),
            message: any(
                &["errorMessage", "message", "reason", "detail", "title"],
                sanitize::message,
            )
            .filter(|_| !is_code),
            context_id: text(object, "contextId", sanitize::id),
            group,
            code,
            ..Self::default()
        }
        .explained(row)
        .if_filled()
    }

    pub(super) fn new(code: Option<String>, message: Option<String>) -> Option<Self> {
        Self {
            code,
            message,
            ..Self::default()
        }
        .if_filled()
    }

    pub(super) fn of_field(name: &str, message: Option<String>) -> Option<Self> {
        Self {
            message,
            field: Some(sanitize::label(name)).filter(|name| !name.is_empty()),
            ..Self::default()
        }
        .if_filled()
    }

    /// Adds the message of the whole body, if the error is a code without a message.
    pub(super) fn or_message(&mut self, message: Option<&String>) {
        if self.code.is_some() && self.message.is_none() {
            self.message = message.cloned();
        }
    }

    /// Adds the remedy and the explanation of this row.
    pub(super) fn explained(mut self, row: Option<&'static ErrorCode>) -> Self {
        self.remedy = row.map(|row| row.remedy);
        self.explanation = row.map(|row| row.explanation);
        self
    }

    fn if_filled(self) -> Option<Self> {
        let is_filled = self.group.is_some()
            || self.code.is_some()
            || self.message.is_some()
            || self.field.is_some();
        is_filled.then_some(self)
    }

    /// Returns the group that the code belongs to (`errorGroup`, eCom only). The API sometimes leaves
    /// it out.
    pub fn group(&self) -> Option<&ErrorGroup> {
        self.group.as_ref()
    }

    /// Returns the code of the error: `errorCode` of the eCom API (usually two digits), `ErrorCode`
    /// of the ePayment API (four or five digits), or OAuth's `error` (`invalid_client`) if no access
    /// token was issued. Some codes are a word such as `Unauthorized`, or the name of a field.
    ///
    /// Compare it together with [`group`](Self::group): the codes 51, 93 and 98 mean different
    /// things in different groups.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Returns the message of the API, in English, at most 500 characters. It is meant for the
    /// merchant and the log rather than the customer.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Returns the id of this error at Vipps MobilePay (`contextId`, eCom only), which their
    /// support needs.
    pub fn context_id(&self) -> Option<&str> {
        self.context_id.as_deref()
    }

    /// Returns the member of the request that was refused, in the spelling of the API. The QR API
    /// writes `RedirectUrl` for the member `redirectUrl`, so ignore case when you compare.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Returns the next step, or `None` for codes that the API's documentation does not list, and
    /// for codes that need a group and came without one.
    pub fn remedy(&self) -> Option<Remedy> {
        self.remedy
    }

    /// Returns the meaning of the code and the next step in one or two sentences, or `None` if
    /// [`remedy`](Self::remedy) is `None`.
    pub fn explanation(&self) -> Option<&'static str> {
        self.explanation
    }
}

/// Returns whether the object is the error code of a problem of the ePayment API.
pub(super) fn names_code(object: &Object) -> bool {
    let name = text(object, "name", sanitize::label);
    name.is_some_and(|name| name.eq_ignore_ascii_case("ErrorCode"))
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.as_deref();
        let field = self.field.as_deref().filter(|field| code != Some(field));
        let group = self.group.as_ref().map(ErrorGroup::as_str);
        let mut first = true;
        for label in [group, code, field].into_iter().flatten() {
            write!(f, "{}{label}", if first { "" } else { " " })?;
            first = false;
        }
        match &self.message {
            Some(message) if first => f.write_str(message),
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}
