//! The sheet: A4, two columns of five stickers, with marks to cut along.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vipps::qr::{QrContent, QrImage};
use vipps::types::LocationDescription;

use crate::shared::html::escaped;

const ON_A_PAGE: usize = 10;

/// What hangs at a till.
pub(crate) struct Sticker {
    pub(crate) location: LocationDescription,
    pub(crate) content: QrContent,
    pub(crate) svg: QrImage,
}

/// Borders are used for the marks and not backgrounds, which browsers leave out of print.
const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Stickers</title>
<style>
@page { size: A4; margin: 0 }
body { margin: 0; font: 16pt/1.2 sans-serif; color: #000; background: #fff }
.page { box-sizing: border-box; width: 210mm; height: 297mm; padding: 11mm 10mm; break-after: page; break-inside: avoid }
.page:last-child { break-after: auto }
.sticker { position: relative; box-sizing: border-box; float: left; width: 95mm; height: 55mm; padding: 5mm }
.sticker img { float: left; width: 45mm; height: 45mm; margin-right: 4mm }
.sticker p { margin: 14mm 0 0; overflow-wrap: anywhere }
.sticker i { position: absolute; width: 4mm; height: 4mm; border: 0 solid #000 }
.sticker i:nth-of-type(1) { top: 0; left: 0; border-width: .2mm 0 0 .2mm }
.sticker i:nth-of-type(2) { top: 0; right: 0; border-width: .2mm .2mm 0 0 }
.sticker i:nth-of-type(3) { bottom: 0; left: 0; border-width: 0 0 .2mm .2mm }
.sticker i:nth-of-type(4) { bottom: 0; right: 0; border-width: 0 .2mm .2mm 0 }
</style>
"#;

/// The sheet as one HTML file that needs nothing from elsewhere.
pub(crate) fn page(stickers: &[Sticker]) -> String {
    let mut page = HEAD.to_owned();
    for stickers in stickers.chunks(ON_A_PAGE) {
        page.push_str("<div class=\"page\">\n");
        for sticker in stickers {
            page.push_str(&one(sticker));
        }
        page.push_str("</div>\n");
    }
    page
}

/// As an image and not as part of the page, so that a drawing can do nothing but be seen.
fn one(sticker: &Sticker) -> String {
    let location = escaped(sticker.location.as_str());
    let kind = sticker.svg.media_type();
    let drawing = STANDARD.encode(sticker.svg.bytes());
    format!(
        "<div class=\"sticker\"><i></i><i></i><i></i><i></i>\
         <img alt=\"QR code\" src=\"data:{kind};base64,{drawing}\"><p>{location}</p></div>\n"
    )
}
