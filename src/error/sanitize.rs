//! Makes the texts of a server safe to print: one line of bounded length, without personal data or
//! secrets.

const MAX_MESSAGE: usize = 500;
const MAX_LABEL: usize = 100;
const MAX_ID: usize = 200;

/// Sanitises a message.
pub(super) fn message(text: &str) -> String {
    cut(&mask(&one_line(text)), MAX_MESSAGE)
}

/// Sanitises a code, a group or the name of a field.
pub(super) fn label(text: &str) -> String {
    cut(&mask(&one_line(text)), MAX_LABEL)
}

/// Sanitises an id that support needs. Its digits are not masked, which would make it useless.
pub(super) fn id(text: &str) -> String {
    cut(&one_line(text), MAX_ID)
}

/// Cuts a text to at most `max` characters. The last one shows that the rest is missing.
pub(super) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text
            .chars()
            .take(max.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

/// Replaces each run of white space and control characters by one space, and of invisible characters
/// that could rearrange or forge lines on a terminal.
fn one_line(text: &str) -> String {
    let invisible = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let mut line = String::with_capacity(text.len());
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control() || invisible(c))
        .filter(|w| !w.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Replaces everything that looks like a phone number, an e-mail address or a token.
fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // Each rule looks ahead only where its kind of run begins, so that the whole stays linear.
        let (length, replacement) = trace_id(before, rest)
            .or_else(|| jwt(before, rest))
            .or_else(|| bearer(before, rest))
            .or_else(|| email(before, rest))
            .or_else(|| opaque(before, rest))
            .or_else(|| number(before, rest))
            .unwrap_or((c.len_utf8(), ""));
        let (matched, remaining) = rest.split_at_checked(length).unwrap_or((rest, ""));
        out.push_str(if replacement.is_empty() {
            matched
        } else {
            replacement
        });
        before = matched.chars().next_back().unwrap_or(c);
        rest = remaining;
    }
    out
}

/// The number of bytes to replace, and the replacement. An empty replacement leaves the bytes
/// unchanged.
type Replacement = Option<(usize, &'static str)>;

/// The number of bytes of the run of such characters at the start of the text.
fn run(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-')
}

fn jwt(before: char, text: &str) -> Replacement {
    if before.is_alphanumeric() || !text.starts_with("eyJ") {
        return None;
    }
    let length = run(text, |c| is_base64(c) || c == '.');
    (length >= 8).then_some((length, "[token]"))
}

/// Finds the word after `Bearer`, except in sentences about bearer tokens.
fn bearer(before: char, text: &str) -> Replacement {
    const PROSE: [&str; 8] = [
        "token",
        "tokens",
        "authentication",
        "authorization",
        "scheme",
        "is",
        "prefix",
        "realm",
    ];
    let (scheme, rest) = text.split_at_checked("bearer".len())?;
    if before.is_alphanumeric() || !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let gap = run(rest, |c| matches!(c, ' ' | ':' | '+' | '"' | '\''));
    if gap == 0 {
        return None;
    }
    let credentials = rest.get(gap..)?;
    let length = run(credentials, |c| {
        is_base64(c) || matches!(c, '.' | '~' | '%')
    });
    let token = credentials.get(..length)?.trim_end_matches('.');
    let prose = PROSE.iter().any(|w| token.eq_ignore_ascii_case(w));
    (length > 0 && !prose).then_some((scheme.len() + gap + length, "Bearer [token]"))
}

fn email(before: char, text: &str) -> Replacement {
    let is_local_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    if is_local_part(before) {
        return None;
    }
    let local_part = run(text, is_local_part);
    let domain = text.get(local_part..)?.strip_prefix('@')?;
    let length = run(domain, |c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    let inner = domain.get(..length)?.trim_end_matches('.');
    (local_part > 0 && inner.contains('.')).then_some((local_part + 1 + inner.len(), "[email]"))
}

/// Finds a UUID or a W3C trace id, which support needs. Its digits are no phone number.
fn trace_id(before: char, text: &str) -> Replacement {
    if is_base64(before) {
        return None;
    }
    let length = run(text, |c| c.is_ascii_hexdigit() || c == '-');
    let mut groups = [0; 5];
    for (n, group) in text.get(..length)?.split('-').enumerate() {
        *groups.get_mut(n)? = group.len();
    }
    matches!(groups, [8, 4, 4, 4, 12] | [2, 32, 16, 2, 0]).then_some((length, ""))
}

/// Finds long or padded base64 such as a customer token or a client secret, and 32 hexadecimal
/// digits such as a subscription key.
fn opaque(before: char, text: &str) -> Replacement {
    if is_base64(before) {
        return None;
    }
    let length = run(text, is_base64);
    let run = text.get(..length)?;
    let has = |kind: fn(&char) -> bool| run.chars().any(|c| kind(&c));
    let mixed =
        has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
    let base64 = mixed && (length >= 40 || (length >= 20 && run.ends_with('=')));
    let hex = length == 32 && run.bytes().all(|b| b.is_ascii_hexdigit());
    (base64 || hex).then_some((length, "[token]"))
}

/// Finds eight digits in a row, or a `+` and eight digits in groups.
fn number(before: char, text: &str) -> Replacement {
    if before.is_numeric() {
        return None;
    }
    let (plus, digits) = text.strip_prefix('+').map_or((0, text), |rest| (1, rest));
    let length = run(digits, char::is_numeric);
    if digits.get(..length)?.chars().count() >= 8 {
        return Some((plus + length, "[number]"));
    }
    if plus == 0 || length == 0 {
        return None;
    }
    let length = run(digits, |c| {
        c.is_numeric() || matches!(c, ' ' | '-' | '(' | ')')
    });
    let groups = digits.get(..length)?.trim_end_matches([' ', '-', '(', ')']);
    let count = groups.chars().filter(|c| c.is_numeric()).count();
    (count >= 8).then_some((plus + groups.len(), "[number]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_like_a_phone_number_are_masked() {
        for (text, clean) in [
            (
                "mobileNumber 91234567 is not valid",
                "mobileNumber [number] is not valid",
            ),
            ("+4791234567", "[number]"),
            ("+47 912 34 567 is no user", "[number] is no user"),
            ("+47 91-23-45-67", "[number]"),
            ("(4791234567)", "([number])"),
            ("tel91234567x", "tel[number]x"),
            ("12345678901234567890", "[number]"),
            ("٩١٢٣٤٥٦٧", "[number]"),
            ("1234567", "1234567"),
            ("Invalid MSN: 654321.", "Invalid MSN: 654321."),
            ("AADSTS700016: not found", "AADSTS700016: not found"),
            ("2017-05-19 09:21:28Z", "2017-05-19 09:21:28Z"),
            ("1+1", "1+1"),
        ] {
            assert_eq!(message(text), clean);
        }
    }

    #[test]
    fn masks_tokens_and_addresses() {
        let customer = "wbA8ceVRKkoYiQAVELHeFCC3Sn5dtNCvvEtVPiOT77j6wx7uR965AG6Q+q0ATP4=";
        for (text, clean) in [
            (
                "token=eyJhbGciOiJI.eyJzdWIi.c2ln expired",
                "token=[token] expired",
            ),
            ("got 'Bearer abc123'", "got 'Bearer [token]'"),
            ("got bearer abcdef", "got Bearer [token]"),
            (
                "Authorization: Bearer eyJhbGciOiJI.x.y",
                "Authorization: Bearer [token]",
            ),
            ("The Bearer token is missing", "The Bearer token is missing"),
            (
                "Use the Bearer authentication.",
                "Use the Bearer authentication.",
            ),
            ("key 0f14ebcab0ec4b29ae0cb90d91b4a84a?", "key [token]?"),
            ("secret 'Y8Kteew6GE2ZmeycEt6egg=='", "secret '[token]'"),
            (
                &format!("token {customer}: too old"),
                "token [token]: too old",
            ),
            ("ada.lovelace@example.com is unknown", "[email] is unknown"),
            ("write to <kåre@example.no>.", "write to <[email]>."),
            ("a @ b", "a @ b"),
            ("eyJ", "eyJ"),
        ] {
            assert_eq!(message(text), clean);
        }
    }

    #[test]
    fn ids_and_patterns_are_not_masked() {
        for text in [
            "The field RedirectUrl must match the regular expression '^https://[\\w\\.]+([\\w#!:.?+=&%@\\-/]+)?$'.",
            "f70b8bf7-c843-4bea-95d9-94725b19895f",
            "Trace ID: 12345678-0000-4000-8000-123456789012 Correlation ID: f70b8bf7-c843-4bea-95d9-94725b19895f",
            "00-bb841c551513e233de8a01472013fa9f-542c71e40916a6ce-00",
            "orderId is already used, and must be unique",
        ] {
            assert_eq!(message(text), text);
        }
        assert_eq!(
            id("12345678-0000-4000-8000-123456789012"),
            "12345678-0000-4000-8000-123456789012"
        );
    }

    #[test]
    fn line_ends_become_spaces() {
        assert_eq!(
            message(" AADSTS70002:\r\nbad\0\u{1b}[31m \u{202e}secret\u{2028}x "),
            "AADSTS70002: bad [31m secret x"
        );
        assert_eq!(id("a\r\nHTTP: b"), "a HTTP: b");
        assert_eq!(message("\r\n"), "");
    }

    #[test]
    fn texts_are_masked_before_they_are_cut() {
        let text = format!("{}91234567", "æ ".repeat(247));
        assert_eq!(message(&text).chars().count(), 500);
        assert!(!message(&text).contains('9'));
        assert_eq!(message(&"ø".repeat(500)), "ø".repeat(500));
        assert_eq!(message(&"ø".repeat(501)), format!("{}…", "ø".repeat(499)));
    }
}
