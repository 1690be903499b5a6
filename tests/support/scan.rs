//! Reads QR codes from images, terminals and pages. The decoder shares no code with the encoder.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::io::Cursor;

/// The text of the only code in a picture; `light` returns the brightness of a pixel.
fn read(width: usize, height: usize, light: impl FnMut(usize, usize) -> u8) -> String {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, light);
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1, "codes in a picture of {width}x{height}");
    codes[0].decode().expect("a code that can be read").1
}

/// The text of the only code in a PNG, of any colour type.
pub fn png(picture: &[u8]) -> String {
    let mut decoder = png::Decoder::new(Cursor::new(picture));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut pixels).expect("a picture");
    let (width, height) = (frame.width as usize, frame.height as usize);
    // All channels of a black and white picture are equal, so the first is sufficient.
    let channels = frame.color_type.samples();
    read(width, height, |x, y| pixels[(y * width + x) * channels])
}

/// The text of the only code in an SVG document: a white ground, and black rectangles in one path.
pub fn svg(document: &str) -> String {
    let after = |start: &str| {
        let (_, rest) = document.split_once(start).expect(start);
        rest.split_once('"').expect("a quote").0
    };
    let size: Vec<usize> = after("viewBox=\"0 0 ").split(' ').map(number).collect();
    let [width, height] = size[..] else {
        panic!("{size:?}")
    };
    assert!(document.contains("fill=\"#fff\""), "no white ground");
    assert!(document.contains("<path fill=\"#000\""), "no black path");
    let mut pixels = vec![255; width * height];
    for rectangle in after(" d=\"").split('M').skip(1) {
        let numbers: Vec<usize> = rectangle
            .split(|c: char| !c.is_ascii_digit())
            .map(number)
            .collect();
        let [left, top, wide, high, back, up] = numbers[..] else {
            panic!("{rectangle}")
        };
        let path = format!("{left} {top}h{wide}v{high}H{back}V{up}");
        assert_eq!((rectangle, back, up), (path.as_str(), left, top));
        for y in top..top + high {
            pixels[y * width + left..][..wide].fill(0);
        }
    }
    read(width, height, |x, y| pixels[y * width + x])
}

fn number(text: &str) -> usize {
    text.parse().unwrap_or_else(|_| panic!("{text:?}"))
}

/// The text of the only code drawn in half blocks, on a terminal where blocks are light and the
/// ground is dark.
pub fn terminal(drawing: &str) -> String {
    const PIXELS: usize = 8;
    let rows: Vec<Vec<[u8; 2]>> = drawing
        .lines()
        .map(|line| {
            line.chars()
                .map(|block| match block {
                    '█' => [255, 255],
                    '▀' => [255, 0],
                    '▄' => [0, 255],
                    ' ' => [0, 0],
                    other => panic!("{other:?} is not a half block"),
                })
                .collect()
        })
        .collect();
    let width = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == width), "ragged lines");
    // A dark border, like a terminal: the code itself must contain its white border.
    let border = 4;
    let light = |x: usize, y: usize| {
        let (x, y) = (
            (x / PIXELS).checked_sub(border),
            (y / PIXELS).checked_sub(border),
        );
        let block = x
            .zip(y)
            .and_then(|(x, y)| Some(rows.get(y / 2)?.get(x)?[y % 2]));
        block.unwrap_or(0)
    };
    read(
        (width + 2 * border) * PIXELS,
        (rows.len() * 2 + 2 * border) * PIXELS,
        light,
    )
}
