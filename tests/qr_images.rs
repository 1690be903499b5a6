//! The image of every kind of code, and which texts the app takes.

use bytes::Bytes;
use vipps::qr::{MerchantRedirect, QrContent, QrFormat};
use vipps::testing::Recorder;
use vipps::types::{ImageSize, RedirectUrl};
use vipps::{ErrorKind, Transport, TransportFuture, Vipps};

fn ours() -> RedirectUrl {
    "https://example.com/ours".parse().unwrap()
}

fn redirect_of(vipps: &Vipps) -> MerchantRedirect {
    vipps
        .qr()
        .merchant_redirect(&"billboard_1".parse().unwrap())
}

/// Answers each kind of code with a link, and each link with the image that it names.
#[derive(Debug)]
struct Images;

impl Transport for Images {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x02\x80\x08";
        const SVG: &[u8] =
            br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>"#;
        let path = request.uri().path().to_owned();
        let asked = request
            .headers()
            .get(http::header::ACCEPT)
            .map(|v| v.as_bytes().to_vec());
        let query = request.uri().query().unwrap_or_default().to_owned();
        let keys = [
            "authorization",
            "ocp-apim-subscription-key",
            "merchant-serial-number",
            "vipps-system-name",
        ];
        let body = if path.ends_with("/accesstoken/get") {
            Bytes::from(r#"{"expires_in":"3599","access_token":"canned.token.value"}"#)
        } else if path.starts_with("/generate/") {
            assert_eq!(request.uri().host(), Some("qr.vipps.no"));
            for key in keys {
                assert!(
                    !request.headers().contains_key(key),
                    "{key} reached another host"
                );
            }
            Bytes::from(if path.contains("/png/") { PNG } else { SVG })
        } else {
            let is_png =
                asked.as_deref() == Some(b"image/png") || query.contains("QrImageFormat=PNG");
            let link = format!(
                "https://qr.vipps.no/generate/{}/qr",
                if is_png { "png" } else { "svg" }
            );
            Bytes::from(format!(
                r#"{{"url":"{link}","qrImageUrl":"{link}","expiresIn":300}}"#
            ))
        };
        Box::pin(async move { Ok(http::Response::new(body)) })
    }
}

#[tokio::test]
async fn the_image_of_every_kind_of_code_can_be_fetched_without_a_key() {
    let builder = Recorder::new().builder().unwrap().transport(Images);
    let vipps = builder.build().unwrap();
    let size = ImageSize::new(640).unwrap();
    let landing: vipps::types::LandingPage =
        "https://api.vipps.no/landing?token=x".parse().unwrap();
    let callback = vipps.qr().merchant_callback(&"till-1".parse().unwrap());
    let redirect = redirect_of(&vipps);
    let images = [
        vipps
            .qr()
            .one_time(&landing)
            .png(size)
            .await
            .unwrap()
            .image()
            .await
            .unwrap(),
        redirect
            .create(ours())
            .png(size)
            .await
            .unwrap()
            .image()
            .await
            .unwrap(),
        redirect
            .update(ours())
            .png(size)
            .await
            .unwrap()
            .image()
            .await
            .unwrap(),
        redirect
            .get()
            .png(size)
            .await
            .unwrap()
            .image()
            .await
            .unwrap(),
        callback
            .get()
            .png(size)
            .await
            .unwrap()
            .image()
            .await
            .unwrap(),
    ];
    for image in images {
        assert_eq!(
            (image.format(), image.media_type()),
            (QrFormat::Png(size), "image/png")
        );
    }
    for image in [
        redirect.get().await.unwrap().image().await.unwrap(),
        callback
            .get()
            .await
            .unwrap()
            .link()
            .unwrap()
            .image()
            .await
            .unwrap(),
    ] {
        assert_eq!(image.media_type(), "image/svg+xml");
    }
    let other = redirect
        .get()
        .png(ImageSize::new(800).unwrap())
        .await
        .unwrap();
    assert_eq!(other.image().await.unwrap_err().kind(), ErrorKind::Decode);
    let error = redirect
        .get()
        .content()
        .await
        .unwrap()
        .image()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State);
}

#[test]
fn the_app_accepts_its_own_domains_only() {
    for text in [
        "https://qr.vipps.no/r/DI5bjNA0",
        "https://qr-mt.vipps.no/r/DI5bjNA0",
        "https://short.vipps.no/v1/url?id=x",
        "HTTPS://QR.VIPPS.NO/28/2/01/031/1",
    ] {
        assert!(QrContent::from(text).is_accepted_by_app(), "{text}");
    }
    for text in [
        "",
        "qr.vipps.no/r/x",
        "http://qr.vipps.no/r/x",
        "https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=x",
        "https://vipps.no/r/x",
        "https://qr.vipps.no.example.com/r/x",
        "https://evil-qr.vipps.no/r/x",
        "https://qr.vipps.no@example.com/r/x",
        "https://qr.vipps.no:8443/r/x",
        "https://example.com/?https://qr.vipps.no/",
        "vipps://?token=x",
    ] {
        assert!(!QrContent::from(text).is_accepted_by_app(), "{text}");
    }
}
