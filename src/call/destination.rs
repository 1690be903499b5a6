//! The check that a request goes to the API of its client, and to the resource of its operation.
//!
//! The attempt loop adds credentials to every request. The request of a raw call may be for another
//! base URL, or an id such as `..` may have changed its path.

use std::borrow::Cow;

use http::header::HOST;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::Request;
use url::{Position, Url};

use crate::operation::Endpoint;
use crate::types::{InvalidValue, PathSegment};

/// Checks the request of an operation against the base URL of the client.
pub(super) fn check(
    base: &Url,
    endpoint: &Endpoint,
    request: &Request,
) -> Result<(), InvalidValue> {
    let path = path_below(base, request.url())?;
    // A proxy in front of the API may route by this header.
    if let Some(host) = request.headers().get(HOST) {
        let host = String::from_utf8_lossy(host.as_bytes());
        return Err(InvalidValue::new("host", "must not be set", host));
    }
    // The operation is in no document.
    if endpoint.path.is_empty() {
        return path.split('/').try_for_each(|segment| {
            // Without a template there is no rule against an empty segment.
            let value = decode("path", segment)?;
            if value.is_empty() {
                return Ok(());
            }
            PathSegment::check("path", &value)
        });
    }
    let method = request.method().as_str();
    if method != endpoint.method {
        let rule = format!("must be {}", endpoint.method);
        return Err(InvalidValue::new("method", rule, method));
    }
    if !fits(endpoint.path, path)? {
        let template = endpoint.path;
        let rule = format!("must fit {template}, without a parameter that is `.` or `..`");
        return Err(InvalidValue::new("path", rule, path));
    }
    Ok(())
}

/// The characters of a path that are percent-encoded: all but those that RFC 3986 calls unreserved.
/// Servers are known to read `+` as a space, and to cut a segment at `;`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'%')
    .remove(b'/');

/// Encodes the reserved characters that generated code leaves in a path.
pub(crate) fn encode_path(url: &mut Url) {
    if let Cow::Owned(path) = Cow::from(utf8_percent_encode(url.path(), RESERVED)) {
        url.set_path(&path);
    }
}

/// Returns the path of the URL below the path of the base URL.
fn path_below<'a>(base: &Url, url: &'a Url) -> Result<&'a str, InvalidValue> {
    const FIELD: &str = "url";
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidValue::without_value(
            FIELD,
            "must not hold a user name or password",
        ));
    }
    let prefix = base.as_str().trim_end_matches('/');
    let refuse = |shown: &str| {
        let rule = format!("must be below {prefix}, the base URL of the client");
        InvalidValue::new(FIELD, rule, shown)
    };
    if (url.scheme(), url.host(), url.port_or_known_default())
        != (base.scheme(), base.host(), base.port_or_known_default())
    {
        return Err(refuse(&url[..Position::BeforePath]));
    }
    url.path()
        .strip_prefix(base.path().trim_end_matches('/'))
        .filter(|path| path.starts_with('/'))
        .ok_or_else(|| refuse(&url[..Position::AfterPath]))
}

/// Returns whether a path has the segments of its template, and every parameter is valid.
fn fits(template: &str, path: &str) -> Result<bool, InvalidValue> {
    let (mut templates, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (templates.next(), segments.next()) {
            (None, None) => return Ok(true),
            (Some(template), Some(segment)) if segment_fits(template, segment)? => {}
            _ => return Ok(false),
        }
    }
}

/// Checks a segment against its template, such as `v1`, `{id}` or `{id}.png`.
fn segment_fits(template: &str, segment: &str) -> Result<bool, InvalidValue> {
    let (Some((before, rest)), Some((_, after))) =
        (template.split_once('{'), template.rsplit_once('}'))
    else {
        return Ok(percent_decode_str(segment).eq(percent_decode_str(template)));
    };
    let name = rest.split('}').next().unwrap_or(rest);
    let value = decode(name, segment)?;
    match value
        .strip_prefix(before)
        .and_then(|value| value.strip_suffix(after))
    {
        Some(value) => check_parameter(name, value).map(|()| true),
        None => Ok(false),
    }
}

/// Checks that a path parameter is one segment.
fn check_parameter(name: &str, value: &str) -> Result<(), InvalidValue> {
    PathSegment::check("path", value).map_err(|error| error.with_field(field(name)))
}

fn decode<'a>(name: &str, segment: &'a str) -> Result<Cow<'a, str>, InvalidValue> {
    percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| InvalidValue::new(field(name), "must be UTF-8", segment))
}

/// Returns the name in snake case, as in the generated builders.
fn field(name: &str) -> String {
    let mut field = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !field.is_empty() {
            field.push('_');
        }
        field.push(c.to_ascii_lowercase());
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_the_template_of_its_operation() {
        for (template, path, wanted) in [
            ("/v1/{id}", "/v1/a", Ok(true)),
            ("/v1/{id}", "/v2/a", Ok(false)),
            ("/v1/{id}", "/v1", Ok(false)),
            ("/v1/{id}", "/v1/a/", Ok(false)),
            ("/v1/", "/v1/", Ok(true)),
            ("/a b", "/a%20b", Ok(true)),
            ("/a%20b", "/a%20b", Ok(true)),
            // A literal beside a parameter.
            ("/{id}.png", "/a.png", Ok(true)),
            ("/{id}.png", "/a.svg", Ok(false)),
            ("/{id}.png", "/.png", Err("id")),
            ("/{id}.png", "/...png", Err("id")),
            ("/no-{orderId}", "/no-a", Ok(true)),
            ("/no-{orderId}", "/a", Ok(false)),
            ("/no-{orderId}", "/no-%2F", Err("order_id")),
            ("/{a}-{b}", "/1-2", Ok(true)),
            ("/{a}-{b}", "/1%5C2", Err("a")),
        ] {
            let fits = fits(template, path);
            let fits = fits.as_ref().map_err(InvalidValue::field);
            assert_eq!(fits.copied(), wanted, "{template} {path}");
        }
    }
}
