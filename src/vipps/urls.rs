//! The URLs of the API's operations.

use std::fmt;

use url::Url;

use crate::raw;

/// The base URL, and what all calls of an operation have in common, read once: a URL is read letter by letter, which is
/// among the larger parts of a call.
pub(crate) struct Urls {
    base: Url,
    /// By what the paths begin with up to their first parameter, a slash at the end left out.
    known: Vec<(&'static str, Url)>,
}

impl Urls {
    pub(super) fn new(base: Url) -> Self {
        let mut known: Vec<(&'static str, Url)> = Vec::new();
        for operation in raw::operations() {
            let Some((head, _)) = head(operation.path) else {
                continue;
            };
            if !known.iter().any(|(other, _)| *other == head) {
                known.push((head, raw::url(&base, head, &[])));
            }
        }
        Self { base, known }
    }

    /// The URL of an operation, whose `path` has `{}` where a segment goes.
    pub(crate) fn of(&self, path: &str, segments: &[&dyn fmt::Display]) -> Url {
        self.quick(path, segments)
            .unwrap_or_else(|| raw::url(&self.base, path, segments))
    }

    /// `None` where something in the path has to be encoded, or the operation is of no document.
    fn quick(&self, path: &str, segments: &[&dyn fmt::Display]) -> Option<Url> {
        let (head, rest) = head(path)?;
        let (_, known) = self.known.iter().find(|(other, _)| *other == head)?;
        let mut url = known.clone();
        if rest.is_empty() {
            return Some(url);
        }
        let mut end = url.path_segments_mut().ok()?;
        let mut segments = segments.iter();
        for step in rest.split('/') {
            if step == "{}" {
                let segment = segments.next()?.to_string();
                end.push(Some(&*segment).filter(|text| is_plain(text))?);
            } else {
                end.push(Some(step).filter(|text| is_plain(text))?);
            }
        }
        drop(end);
        Some(url)
    }
}

/// What stands before the first parameter, without the slash at its end, and the rest; `None` where the parameter is only
/// a part of a step.
fn head(path: &str) -> Option<(&str, &str)> {
    match path.find('{') {
        Some(at) => {
            let (head, rest) = path.split_at(at);
            Some((head.strip_suffix('/')?, rest))
        }
        None => Some((path, "")),
    }
}

/// Whether a step of a path is the same encoded: unreserved characters, of which not every one is a dot.
fn is_plain(step: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    step.bytes().all(unreserved) && step.bytes().any(|b| b != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_url_is_the_one_that_is_read_letter_by_letter() {
        let odd = [
            "order-1", "", ".", "..", "...", "a.b", "~_-", "a/b", "a b", "%2e", "a+b;c", "æøå",
            "?", "#", "\\", "a\tb", "{}",
        ];
        for base in [
            "https://api.vipps.no",
            "https://example.com/some/prefix/",
            "http://127.0.0.1:80",
        ] {
            let base = Url::parse(base).unwrap();
            let urls = Urls::new(base.clone());
            let mut quick = 0;
            for operation in raw::operations() {
                let parts = operation.path.split(['{', '}']);
                let names = parts.clone().skip(1).step_by(2).count();
                let path: String = parts
                    .enumerate()
                    .map(|(at, part)| if at % 2 == 0 { part } else { "{}" })
                    .collect();
                for segment in odd {
                    let segments = vec![&segment as &dyn fmt::Display; names];
                    let wanted = raw::url(&base, &path, &segments);
                    assert_eq!(urls.of(&path, &segments), wanted);
                    quick += usize::from(urls.quick(&path, &segments).is_some());
                }
            }
            assert!(quick > raw::operations().count() * 4);
        }
        let base = Url::parse("https://api.vipps.no").unwrap();
        let urls = Urls::new(base.clone());
        for path in [
            "/none/of/them",
            "/ecomm/v2/payments/x{}y/details",
            "/ecomm/v2/payments{}",
            "/ecomm/v2/payments/{}.json",
            "/",
        ] {
            let wanted = raw::url(&base, path, &[&"a"]);
            assert_eq!(urls.of(path, &[&"a"]), wanted);
        }
    }
}
