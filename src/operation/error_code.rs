//! The error codes of an API, and the next step after each code.

use std::fmt;

/// The next step after an error.
///
/// ```
/// # fn f(error: &vipps::Error) {
/// use vipps::Remedy;
///
/// match error.api_errors().iter().find_map(|e| e.remedy()) {
///     Some(Remedy::NewOrder) => println!("offer the customer another attempt, with a new order id"),
///     Some(Remedy::CheckDetails) => println!("read the details of the payment before anything else"),
///     _ => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Correct the request, or give up. The same request never succeeds.
    ChangeRequest,
    /// Start a new payment with a new order id, after the customer has acted or wants to try again.
    NewOrder,
    /// Retry the same request after a short wait, with the same idempotency key.
    Retry,
    /// Retry the same request later, after minutes to days, with the same idempotency key. Nothing
    /// has happened yet, so do not deliver.
    RetryLater,
    /// Read the details of the payment first. The code does not state what happened.
    CheckDetails,
    /// Ask the merchant or Vipps MobilePay's support to change the sales unit, which is not set up
    /// for the request.
    Contact,
}

/// The group of an eCom error code.
///
/// [`From`] accepts every spelling that the API uses: `Customer` is read as `User`, `Payments` as
/// `Payment`, and case is ignored.
///
/// ```
/// use vipps::ErrorGroup;
///
/// assert_eq!(ErrorGroup::from("PAYMENTS"), ErrorGroup::Payment);
/// assert_eq!(ErrorGroup::from("Robot").as_str(), "Robot");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorGroup {
    /// The keys or the access token.
    Authentication,
    /// The payment itself: the card, the bank, the state of the order.
    Payment,
    /// A missing or malformed member of the request. The code is the name of the member.
    InvalidRequest,
    /// Vipps MobilePay's own systems.
    VippsError,
    /// The customer: the phone number or the app.
    User,
    /// The merchant or its sales unit.
    Merchant,
    /// A group that this version of the crate does not list, in the spelling of the API.
    Unknown(String),
}

impl ErrorGroup {
    /// Returns the name of the group as the API's documentation spells it.
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
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

impl fmt::Display for ErrorGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One row of an API's table of error codes.
#[derive(Debug)]
pub(crate) struct ErrorCode {
    /// The group of the code; `None` for an API without groups.
    pub(crate) group: Option<ErrorGroup>,
    /// The code, or [`ANY`](Self::ANY).
    pub(crate) code: &'static str,
    pub(crate) remedy: Remedy,
    /// The meaning of the code and the next step, in one or two sentences.
    pub(crate) explanation: &'static str,
}

impl ErrorCode {
    /// Stands for every code of a group.
    pub(crate) const ANY: &'static str = "*";

    /// Returns the row of a code, from the first table that has one.
    ///
    /// A code is only unique together with its group. The API sometimes leaves out the group. The
    /// code is then found if only one group of a table has it.
    pub(crate) fn find(
        tables: &[&'static [Self]],
        group: Option<&ErrorGroup>,
        code: &str,
    ) -> Option<&'static Self> {
        let matches = |row: &&Self| match group {
            None => row.code == code && code != Self::ANY,
            Some(_) => row.group.as_ref() == group && [code, Self::ANY].contains(&row.code),
        };
        tables.iter().find_map(|table| {
            let mut rows = table.iter().filter(matches);
            rows.next().filter(|_| rows.next().is_none())
        })
    }
}

/// The next step after a response that is recognised by its text.
#[derive(Debug)]
pub(crate) struct Advice {
    /// The words in lower case. The row matches if the text contains one of them.
    pub(crate) words: &'static [&'static str],
    pub(crate) text: &'static str,
}
