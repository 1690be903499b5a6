//! The Rust names that the generator derives from the names of the document.

use heck::{ToPascalCase, ToSnakeCase};

/// Returns the Rust name of a component or of a value of an enumeration.
pub(crate) fn pascal(name: &str) -> String {
    guard(plain(name).to_pascal_case(), "X", "X")
}

/// Returns the name that the generator gives a method or a parameter.
pub(crate) fn snake(name: &str) -> String {
    guard(plain(name).to_snake_case(), "x", "_")
}

/// Returns the name that the generator gives a field.
pub(crate) fn field(name: &str) -> String {
    guard(plain(name).to_snake_case(), "x", "x")
}

/// Separates words at characters that cannot be part of an identifier.
fn plain(name: &str) -> String {
    match name {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ => name
            .replace('\'', "")
            .replace(|c: char| !(c.is_alphanumeric() || c == '_'), "-"),
    }
}

/// Returns an identifier. `empty` replaces a name without a letter or digit, and `prefix` precedes
/// a digit.
fn guard(name: String, empty: &str, prefix: &str) -> String {
    let name = match name.chars().next() {
        None => empty.to_owned(),
        Some(c) if c.is_alphabetic() => name,
        Some(_) => format!("{prefix}{name}"),
    };
    if typify::accept_as_ident(&name) {
        name
    } else {
        format!("{name}_")
    }
}

/// Returns `wanted`, or `wanted2`, `wanted3` and so on if that name is taken.
pub(crate) fn free(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while taken(&name) {
        name = format!("{wanted}{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_generator() {
        assert_eq!(pascal("400BadRequest"), "X400badRequest");
        assert_eq!(snake("2fa"), "_2fa");
        assert_eq!(field("2fa"), "x2fa");
        assert_eq!(pascal("X-Request-Id"), "XRequestId");
        assert_eq!(snake("merchantQrId"), "merchant_qr_id");
        assert_eq!(snake("type"), "type_");
        assert_eq!(snake("{}"), "x");
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        assert_eq!(free("Error", |name| name == "Error"), "Error2");
        assert_eq!(free("Error", |_| false), "Error");
    }
}
