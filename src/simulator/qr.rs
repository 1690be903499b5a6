//! The QR API, one file per kind of code.

pub(crate) mod one_time;

use super::errors;
use super::images::{Format, SIZE};
use super::state::State;
use super::wire::{Request, Response};

/// The host of every code's text; the app accepts no other.
pub(crate) const CONTENT_HOST: &str = "https://qr.vipps.no";

/// What the `Accept` header of a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Link(Format),
    /// The text itself.
    Content,
}

/// Reads `Accept` and, for PNG, `Size`.
fn wanted(state: &mut State, request: &Request) -> Result<Wanted, Box<Response>> {
    let accept = request.header("accept").unwrap_or_default();
    let size = request
        .header("size")
        .and_then(|size| size.parse().ok())
        .unwrap_or(SIZE);
    match accept {
        // The quick start's own curl command sends `*/*`.
        "image/*" | "image/svg+xml" | "*/*" => Ok(Wanted::Link(Format::Svg)),
        "image/png" => Ok(Wanted::Link(Format::Png(size))),
        _ if accept.eq_ignore_ascii_case("text/targetUrl") => Ok(Wanted::Content),
        _ => Err(Box::new(
            errors::qr(
                415,
                "Unsupported Media Type",
                "Accept must be one of image/*, image/png, image/svg+xml, text/targetUrl",
                &mut state.random,
            )
            .noted("Accept asks for no kind of QR code"),
        )),
    }
}
