//! One error out of an answer, whatever shape it came in.

use std::fmt;

use serde_json::{Map, Value};

use super::clean;
use super::json::member;
use crate::error::codes::{self, ErrorClass};

/// One of the errors that an answer of Vipps MobilePay lists.
///
/// All texts are fit to be printed: control characters are gone, long texts are cut, and what looks like a phone
/// number, an e-mail address or a token is masked. The untouched answer is in [`Error::raw_body`](crate::Error::raw_body).
///
/// `Display` gives one line such as `Payment 44: Refused by issuer because of expired card`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiError {
    group: Option<ErrorGroup>,
    code: Option<String>,
    message: Option<String>,
    context_id: Option<String>,
    field: Option<String>,
}

impl ApiError {
    /// Reads an object with `errorGroup`, `errorCode`, `errorMessage` and `contextId`, none of which must be there.
    pub(crate) fn from_object(object: &Map<String, Value>) -> Option<Self> {
        let any = |names: &[&str], clean: fn(&str) -> String| {
            names.iter().find_map(|name| member(object, name, clean))
        };
        let group =
            member(object, "errorGroup", clean::label).map(|g| ErrorGroup::from(g.as_str()));
        let code = any(&["errorCode", "code"], clean::label);
        let invalid = group == Some(ErrorGroup::InvalidRequest);
        let field = code
            .clone()
            .filter(|c| invalid && !c.bytes().all(|b| b.is_ascii_digit()));
        Self {
            field: field.or_else(|| any(&["name", "field"], clean::label)),
            message: any(
                &["errorMessage", "message", "reason", "detail", "title"],
                clean::message,
            ),
            context_id: member(object, "contextId", clean::id),
            group,
            code,
        }
        .if_it_says_anything()
    }

    pub(super) fn new(code: Option<String>, message: Option<String>) -> Option<Self> {
        Self {
            code,
            message,
            ..Self::default()
        }
        .if_it_says_anything()
    }

    pub(super) fn of_field(name: &str, message: Option<String>) -> Option<Self> {
        let field = Some(clean::label(name)).filter(|n| !n.is_empty());
        Self {
            message,
            field,
            ..Self::default()
        }
        .if_it_says_anything()
    }

    fn if_it_says_anything(self) -> Option<Self> {
        let says = self.group.is_some()
            || self.code.is_some()
            || self.message.is_some()
            || self.field.is_some();
        says.then_some(self)
    }

    /// The group that the code belongs to (`errorGroup`, eCom only). The API leaves it out at times.
    pub fn group(&self) -> Option<&ErrorGroup> {
        self.group.as_ref()
    }

    /// The error's code: `errorCode` of the eCom API, mostly two digits, else a word such as `Unauthorized`, the name of
    /// a field, or what OAuth calls `error` (`invalid_client`) when no access token could be had.
    ///
    /// Compare it together with [`group`](Self::group): the codes 51, 93 and 98 mean different things in different
    /// groups.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What the API says, in English; at most 500 characters. For the merchant and the log rather than the customer.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The id of this error at Vipps MobilePay (`contextId`, eCom only). Support asks for it.
    pub fn context_id(&self) -> Option<&str> {
        self.context_id.as_deref()
    }

    /// The member of the request that was refused, as the API spells it. The QR API writes `RedirectUrl` for the member
    /// `redirectUrl`, so compare without regard to case.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// What to do about it; `None` for codes that are not in the eCom API's table, and for codes that need a group and
    /// came without one.
    pub fn class(&self) -> Option<ErrorClass> {
        self.known().map(|(class, _)| class)
    }

    /// What the code means and what helps, in a sentence or two; `None` where [`class`](Self::class) is.
    pub fn explanation(&self) -> Option<&'static str> {
        self.known().map(|(_, text)| text)
    }

    fn known(&self) -> Option<(ErrorClass, &'static str)> {
        codes::lookup(self.group.as_ref(), self.code.as_deref()?)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self
            .field
            .as_deref()
            .filter(|field| self.code.as_deref() != Some(field));
        let group = self.group.as_ref().map(ErrorGroup::as_str);
        let mut first = true;
        for label in [group, self.code.as_deref(), field].into_iter().flatten() {
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

/// The group of an eCom error code.
///
/// The API spells some of them in several ways; `Customer` is read as `User`, `Payments` as `Payment`, and case does not
/// count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorGroup {
    /// The keys or the access token.
    Authentication,
    /// The payment itself: the card, the bank, the state of the order.
    Payment,
    /// A member of the request is missing or malformed; the code is its name.
    InvalidRequest,
    /// Vipps MobilePay's own systems.
    VippsError,
    /// The customer: the phone number or the app.
    User,
    /// The merchant or its sales unit.
    Merchant,
    /// A group that this version of the crate does not know, as the API spells it.
    Unknown(String),
}

impl ErrorGroup {
    /// The group's name as the API's documentation spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Authentication => "Authentication",
            Self::Payment => "Payment",
            Self::InvalidRequest => "InvalidRequest",
            Self::VippsError => "VippsError",
            Self::User => "User",
            Self::Merchant => "Merchant",
            Self::Unknown(name) => name,
        }
    }
}

impl From<&str> for ErrorGroup {
    fn from(name: &str) -> Self {
        let name = name.trim();
        match name.to_ascii_lowercase().as_str() {
            "authentication" => Self::Authentication,
            "payment" | "payments" => Self::Payment,
            "invalidrequest" => Self::InvalidRequest,
            "vippserror" => Self::VippsError,
            "user" | "customer" => Self::User,
            "merchant" => Self::Merchant,
            _ => Self::Unknown(clean::label(name)),
        }
    }
}

impl fmt::Display for ErrorGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
