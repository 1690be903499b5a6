//! The URLs of the API's operations.

use url::Url;

use crate::raw;

/// The base URL, and what all calls of an operation have in common, read once: a URL is read letter by letter, which is
/// among the larger parts of a call.
pub(crate) struct Urls {
    base: Url,
    /// By path, with `{}` where a segment goes. In boxes, so that few bytes are looked through.
    known: Vec<(Box<str>, Box<Parts>)>,
}

/// The URL of an operation.
struct Parts {
    /// Whole but for what is to come in the place of the segments.
    url: Url,
    /// What stands in the path before, between and after the segments.
    pieces: Vec<String>,
}

impl Urls {
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(super) fn new(base: Url) -> Self {
        let known = raw::operations().map(|operation| known(&base, operation.path));
        Self {
            known: known.collect(),
            base,
        }
    }

    /// The URL of an operation, whose `path` has `{}` where a segment goes.
    pub(crate) fn of(&self, path: &str, segments: &[&str]) -> Url {
        self.quick(path, segments)
            .unwrap_or_else(|| raw::url(&self.base, path, segments))
    }

    /// `None` where something in the path has to be encoded, or the operation is of no document.
    fn quick(&self, path: &str, segments: &[&str]) -> Option<Url> {
        let (_, known) = self.known.iter().find(|(other, _)| **other == *path)?;
        let (first, rest) = known.pieces.split_first()?;
        if rest.len() != segments.len() {
            return None;
        }
        let mut url = known.url.clone();
        if rest.is_empty() {
            return Some(url);
        }
        let mut whole = String::with_capacity(USUAL_PATH);
        whole.push_str(first);
        for (segment, piece) in segments.iter().zip(rest) {
            if !is_plain(segment) {
                return None;
            }
            whole.push_str(segment);
            whole.push_str(piece);
        }
        url.set_path(&whole);
        Some(url)
    }
}

/// Room for a path, which is seldom longer, in bytes.
const USUAL_PATH: usize = 128;

/// `path` has the names of its parameters in braces.
fn known(base: &Url, path: &str) -> (Box<str>, Box<Parts>) {
    let parts = path.split(['{', '}']).step_by(2);
    let mut pieces: Vec<String> = parts.map(str::to_owned).collect();
    let path = pieces.join("{}");
    let blanks = vec![""; pieces.len().saturating_sub(1)];
    let url = raw::url(base, &path, &blanks);
    if let Some(first) = pieces.first_mut() {
        first.insert_str(0, base.path().trim_end_matches('/'));
    }
    (path.into(), Box::new(Parts { url, pieces }))
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
                    let segments = vec![segment; names];
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
            let wanted = raw::url(&base, path, &["a"]);
            assert_eq!(urls.of(path, &["a"]), wanted);
        }
    }
}
