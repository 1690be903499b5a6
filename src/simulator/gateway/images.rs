//! QR codes as images, and the links that serve them.

use std::collections::HashMap;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use qrcode::{EcLevel, QrCode};

use super::message::{Request, Response};
use super::routes::IMAGE_PATH;
use super::state::State;
use crate::simulator::domain::time::later;

/// The longest lifetime of a link to an image. A link expires with its code if the code expires
/// earlier.
pub(crate) const LINK_LIFETIME: Duration = Duration::from_secs(3600);
/// The side of a PNG, in pixels, if the request names none from 100 to 2000.
const DEFAULT_SIDE: u32 = 800;
/// The width of the white border around a code, in modules, as the standard requires.
const QUIET_ZONE: usize = 4;

/// The format of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The side in pixels.
    Png(u32),
    Svg,
}

impl Format {
    /// A PNG whose side a request names, in pixels.
    pub(crate) fn png(side: Option<&str>) -> Self {
        let side = side.and_then(|side| side.parse().ok());
        let side = side.filter(|side| (100..=2000).contains(side));
        Self::Png(side.unwrap_or(DEFAULT_SIDE))
    }
}

/// The image that a link serves.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) format: Format,
    /// The text of the code.
    pub(crate) content: String,
    pub(crate) expires: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Images {
    by_token: HashMap<String, Image>,
    cleanup_above: usize,
}

impl Images {
    pub(crate) fn get(&self, token: &str) -> Option<&Image> {
        self.by_token.get(token)
    }

    fn add(&mut self, token: String, image: Image, now: Timestamp) {
        if self.by_token.len() > self.cleanup_above.max(1024) {
            self.by_token.retain(|_, image| image.expires > now);
            self.cleanup_above = self.by_token.len() * 2;
        }
        self.by_token.insert(token, image);
    }
}

/// Creates a link to an image of `content`. The link expires with the code, or after one hour at
/// the latest.
pub(crate) fn link(
    state: &mut State,
    format: Format,
    content: &str,
    code_expiry: Option<Timestamp>,
    now: Timestamp,
) -> String {
    let longest = later(now, LINK_LIFETIME);
    let expires = code_expiry.map_or(longest, |code_expiry| code_expiry.min(longest));
    link_until(state, format, content, expires, now)
}

/// Creates a link to an image of `content` that expires at this time.
pub(crate) fn link_until(
    state: &mut State,
    format: Format,
    content: &str,
    expires: Timestamp,
    now: Timestamp,
) -> String {
    let (file, media_type) = match format {
        Format::Png(_) => ("qr.png", "image/png"),
        Format::Svg => ("qr.svg", "image/svg+xml"),
    };
    let token = state.random.jwt::<32>(&serde_json::json!({
        "iss": "Qr-Api",
        "format": media_type,
        "url": content,
        "iat": now.as_second(),
        "exp": expires.as_second(),
    }));
    let url = format!(
        "{}{IMAGE_PATH}{file}?token={token}",
        state.settings.base_url
    );
    let content = content.to_owned();
    let image = Image {
        format,
        content,
        expires,
    };
    state.images.add(token, image, now);
    url
}

/// Serves an image. The link needs no credentials.
pub(crate) fn serve(state: &State, request: &Request, now: Timestamp) -> Response {
    let token = request.query_parameter("token").unwrap_or_default();
    let mut response = match state.images.get(&token) {
        Some(image) if image.expires <= now => {
            Response::empty(StatusCode::NOT_FOUND).noted("the link has expired")
        }
        Some(image) if !state.domain.is_code_valid(&image.content, now) => {
            Response::empty(StatusCode::NOT_FOUND).noted("the code has expired or was deleted")
        }
        Some(image) => draw(image),
        None => Response::empty(StatusCode::NOT_FOUND).noted("there is no such link"),
    };
    if request.headers.contains_key("authorization")
        || request.headers.contains_key(super::auth::SUBSCRIPTION_KEY)
    {
        response.note = Some("credentials were sent, although the link needs none".into());
    }
    response
}

fn draw(image: &Image) -> Response {
    let drawn = match image.format {
        Format::Png(side) => {
            png(&image.content, side).map(|bytes| Response::raw(StatusCode::OK, "image/png", bytes))
        }
        Format::Svg => {
            svg(&image.content).map(|text| Response::raw(StatusCode::OK, "image/svg+xml", text))
        }
    };
    drawn
        .unwrap_or_else(|reason| {
            super::errors::unmodelled(&format!("this code's drawing ({reason})"))
        })
        .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

fn code(content: &str) -> Result<QrCode, String> {
    QrCode::with_error_correction_level(content, EcLevel::M).map_err(|error| error.to_string())
}

/// Draws a black and white PNG of exactly `side` times `side` pixels. The modules are as large as
/// possible, and the remaining pixels are part of the white border.
pub(crate) fn png(content: &str, side: u32) -> Result<Vec<u8>, String> {
    let code = code(content)?;
    let modules = code.width();
    let pixels = usize::try_from(side).map_err(|error| error.to_string())?;
    let scale = pixels / (modules + 2 * QUIET_ZONE);
    if scale == 0 {
        return Err(format!("{side} pixels are too few for it"));
    }
    let border = (pixels - modules * scale) / 2;
    let colors = code.to_colors();
    let row_bytes = pixels.div_ceil(8);
    let mut picture = vec![0xff_u8; row_bytes * pixels];
    for (index, color) in colors.iter().enumerate() {
        if *color == qrcode::Color::Dark {
            let left = border + index % modules * scale;
            let top = border + index / modules * scale;
            for y in top..top + scale {
                for x in left..left + scale {
                    if let Some(byte) = picture.get_mut(y * row_bytes + x / 8) {
                        *byte &= !(0x80 >> (x % 8));
                    }
                }
            }
        }
    }
    encode(&picture, side).map_err(|error| error.to_string())
}

fn encode(picture: &[u8], side: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(picture)?;
    writer.finish()?;
    Ok(bytes)
}

pub(crate) fn svg(content: &str) -> Result<String, String> {
    Ok(code(content)?
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(DEFAULT_SIDE, DEFAULT_SIDE)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "https://qr.vipps.no/o/abcdefgh";

    #[test]
    fn png_has_the_requested_size() {
        for side in [100, 101, 333, 2000] {
            let bytes = png(TEXT, side).unwrap();
            let reader = png::Decoder::new(std::io::Cursor::new(bytes))
                .read_info()
                .unwrap();
            assert_eq!((reader.info().width, reader.info().height), (side, side));
        }
    }

    #[test]
    fn png_has_the_code_inside_a_white_border() {
        let bytes = png(TEXT, 400).unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();

        let expected = code(TEXT).unwrap();
        let scale = 400 / (expected.width() + 2 * QUIET_ZONE);
        let border = (400 - expected.width() * scale) / 2;
        assert!(border >= QUIET_ZONE * scale);
        for y in 0..400 {
            for x in 0..400 {
                let inside = |v: usize| v >= border && v < border + expected.width() * scale;
                let dark = inside(x)
                    && inside(y)
                    && expected[((x - border) / scale, (y - border) / scale)]
                        == qrcode::Color::Dark;
                assert_eq!(pixels[y * 400 + x], if dark { 0 } else { 255 }, "{x},{y}");
            }
        }
    }

    #[test]
    fn too_few_pixels_are_refused() {
        assert!(png(TEXT, 20).unwrap_err().contains("20 pixels"));
    }
}
