//! A reader of QR codes for the images that the examples write.

use std::fmt::Debug;

/// The text of the one code in a picture, of which `is_dark` tells each pixel.
fn decode(side: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
    let grey = |x, y| if is_dark(x, y) { 0 } else { 255 };
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side, side, grey);
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "a picture of one code");
    grids[0].decode().expect("a code that can be read").1
}

pub(crate) fn of_png(bytes: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    assert_eq!(info.color_type, png::ColorType::Grayscale);
    let side = info.width as usize;
    decode(side, |x, y| pixels[y * side + x] < 128)
}

/// Reads the drawings of the simulator: one path of rectangles, `M x y h w v h H x V y`.
pub(crate) fn of_svg(text: &str) -> String {
    let side = number(text.split("viewBox=\"0 0 ").nth(1).expect("a view box"));
    let dark = text.rsplit(" d=\"").next().expect("a path");
    let dark = dark.split('"').next().unwrap_or_default();
    let rectangles: Vec<[usize; 4]> = dark
        .split('M')
        .skip(1)
        .map(|rectangle| {
            let (at, size) = rectangle.split_once('h').expect("a width");
            let (x, y) = at.split_once([' ', ',']).expect("a place");
            let (width, height) = size.split_once('v').expect("a height");
            [number(x), number(y), number(width), number(height)]
        })
        .collect();
    let mut pixels = vec![false; side * side];
    for [left, top, width, height] in rectangles {
        for y in top..top + height {
            pixels[y * side + left..][..width].fill(true);
        }
    }
    decode(side, |x, y| pixels[y * side + x])
}

fn number<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().expect("a number")
}
