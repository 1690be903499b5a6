//! The data that the customer is asked to share.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::InvalidValue;
use super::text_type::text_type;

/// One kind of data that a customer can be asked to share. [`Scope`] has an example.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ScopeItem {
    /// First and last name: `name`.
    Name,
    /// Postal addresses: `address`.
    Address,
    /// E-mail address: `email`.
    Email,
    /// Phone number: `phoneNumber`.
    PhoneNumber,
    /// Date of birth: `birthDate`.
    BirthDate,
    /// National identity number: `nin`. Only for sales units that are approved for it; others get
    /// HTTP 403.
    Nin,
    /// Another kind of data, by its wire name.
    Other(String),
}

impl ScopeItem {
    const KNOWN: [Self; 6] = [
        Self::Name,
        Self::Address,
        Self::Email,
        Self::PhoneNumber,
        Self::BirthDate,
        Self::Nin,
    ];

    /// Reads one wire name. The listed names are recognised in upper and lower case.
    ///
    /// # Errors
    /// If the name is empty, or contains white space or a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let rule = "must be names without white space or control characters, such as `email`";
            return Err(InvalidValue::new(FIELD, rule, text));
        }
        let known = Self::KNOWN
            .into_iter()
            .find(|item| item.as_str().eq_ignore_ascii_case(text));
        Ok(known.unwrap_or_else(|| Self::Other(text.to_owned())))
    }

    /// Returns the wire name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name => "name",
            Self::Address => "address",
            Self::Email => "email",
            Self::PhoneNumber => "phoneNumber",
            Self::BirthDate => "birthDate",
            Self::Nin => "nin",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for ScopeItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ScopeItem {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

/// The data that the customer is asked to share with the merchant (`scope` of an eCom payment): one
/// or more [`ScopeItem`]s, each once, always in the same order.
///
/// It is not for express payments, which share name, e-mail, phone number and address in any case.
///
/// The shared data is in the payment's details, as `userDetails` and `sub`.
///
/// ```
/// use vipps::types::{Scope, ScopeItem};
///
/// let scope = Scope::new([ScopeItem::Email, ScopeItem::Name])?;
/// assert_eq!(scope.as_str(), "name email");
/// assert_eq!(scope, Scope::parse("email name")?);
/// # Ok::<(), vipps::types::InvalidValue>(())
/// ```
///
/// In JSON and as text, a scope is its names with one space between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(String);

text_type!(Scope);

const FIELD: &str = "scope";

impl Scope {
    /// Returns a scope of these items.
    ///
    /// # Errors
    /// If `items` is empty, or the name of a [`ScopeItem::Other`] is empty or contains white space
    /// or a control character.
    pub fn new(items: impl IntoIterator<Item = ScopeItem>) -> Result<Self, InvalidValue> {
        let items = items
            .into_iter()
            // `Other("email")` is `Email`.
            .map(|item| ScopeItem::parse(item.as_str()))
            .collect::<Result<BTreeSet<_>, _>>()?;
        if items.is_empty() {
            return Err(InvalidValue::new(
                FIELD,
                "must have at least one name, such as `email`",
                "",
            ));
        }
        let names: Vec<&str> = items.iter().map(ScopeItem::as_str).collect();
        Ok(Self(names.join(" ")))
    }

    /// Reads names with spaces between them.
    ///
    /// # Errors
    /// If there is no name, or a name contains a control character or white space other than a
    /// space.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        // Only a space separates names. A line end inside the text is a mistake and is refused.
        let names = text.split(' ').filter(|name| !name.is_empty());
        Self::new(names.map(ScopeItem::parse).collect::<Result<Vec<_>, _>>()?)
    }

    /// Returns the items, each once, in the order in which they are sent.
    pub fn items(&self) -> impl Iterator<Item = ScopeItem> + '_ {
        // All names were checked, so no name is dropped.
        self.0
            .split(' ')
            .filter_map(|name| ScopeItem::parse(name).ok())
    }

    /// Returns whether the scope contains the item.
    pub fn contains(&self, item: &ScopeItem) -> bool {
        self.items().any(|member| member == *item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_is_a_set_in_a_fixed_order() {
        let all = "name address email phoneNumber birthDate nin";
        for (text, kept) in [
            (all, all),
            ("nin birthDate phoneNumber email address name", all),
            ("email", "email"),
            ("email email  name ", "name email"),
            ("PHONENUMBER birthdate", "phoneNumber birthDate"),
            ("future:thing email a", "email a future:thing"),
        ] {
            let scope = Scope::parse(text).unwrap();
            assert_eq!(scope.as_str(), kept, "{text}");
            assert_eq!(Scope::new(scope.items()).unwrap(), scope);
            let json = serde_json::to_string(&scope).unwrap();
            assert_eq!(json, format!("\"{kept}\""));
            assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), scope);
        }
    }

    #[test]
    fn scope_is_made_of_items() {
        let other = || ScopeItem::Other("x".to_owned());
        let scope = Scope::new([
            other(),
            ScopeItem::Nin,
            ScopeItem::Other("Email".to_owned()),
        ])
        .unwrap();
        assert_eq!(scope.to_string(), "email nin x");
        assert_eq!(
            scope.items().collect::<Vec<_>>(),
            [ScopeItem::Email, ScopeItem::Nin, other()]
        );
        assert!(scope.contains(&ScopeItem::Email) && scope.contains(&other()));
        assert!(!scope.contains(&ScopeItem::Name));
        for item in ScopeItem::KNOWN {
            assert_eq!(item.as_str().parse::<ScopeItem>().unwrap(), item);
        }
    }

    #[test]
    fn empty_scopes_and_invalid_names_are_refused() {
        for text in ["", " ", "   "] {
            let error = Scope::parse(text).unwrap_err();
            assert!(
                error.field() == "scope" && error.rule().contains("at least one"),
                "{error}"
            );
        }
        assert!(Scope::new([]).is_err());
        for text in [
            "name\nemail",
            "name\temail",
            "na\0me",
            "name\u{a0}email",
            "name\u{7f}",
        ] {
            let error = Scope::parse(text).unwrap_err();
            assert!(
                error.field() == "scope" && error.rule().contains("white space"),
                "{error}"
            );
        }
        for name in ["", " ", "a b", "a\n"] {
            assert!(
                Scope::new([ScopeItem::Other(name.to_owned())]).is_err(),
                "{name:?}"
            );
        }
    }
}
