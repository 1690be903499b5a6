//! What the simulator draws, read back by a decoder that shares no code with it.

use reqwest::Method;
use serde_json::json;

use super::shop::Shop;

/// The text of the only code in a PNG.
fn read(picture: &[u8]) -> String {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let (width, height) = (frame.width as usize, frame.height as usize);
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1);
    codes[0].decode().unwrap().1
}

#[tokio::test]
async fn a_payments_code_says_its_own_text_at_every_size() {
    let shop = Shop::open().await;
    let landing_page = shop.initiate("order-1", 20_000).await;
    for size in ["100", "237", "800", "2000"] {
        let answer: serde_json::Value = shop
            .request(Method::POST, "/qr/v1")
            .header("accept", "image/png")
            .header("size", size)
            .json(&json!({"url": landing_page}))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let link = answer["url"].as_str().unwrap();
        let picture = shop.http.get(link).send().await.unwrap();
        let text = read(&picture.bytes().await.unwrap());
        assert!(text.starts_with("https://qr.vipps.no/"), "{text}");
        shop.sim.payer().scan(&text).unwrap();
    }
}

#[tokio::test]
async fn a_sticker_says_its_content() {
    let shop = Shop::open().await;
    shop.request(Method::PUT, "/qr/v1/merchant-callback/till-1")
        .json(&json!({"locationDescription": "Kasse 1"}))
        .send()
        .await
        .unwrap();
    let code: serde_json::Value = shop
        .request(
            Method::GET,
            "/qr/v1/merchant-callback/till-1?QrImageFormat=PNG&QrImageSize=300",
        )
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let link = code["qrImageUrl"].as_str().unwrap();
    let picture = shop.http.get(link).send().await.unwrap();
    assert_eq!(read(&picture.bytes().await.unwrap()), code["qrContent"]);
}
