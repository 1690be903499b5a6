//! The image of every kind of code, and the texts that the app accepts.

use bytes::Bytes;
use vipps::qr::RedirectUrl;
use vipps::qr::{MerchantRedirect, QrContent, QrFormat};
use vipps::testing::Recorder;
use vipps::types::ImageSize;
use vipps::{ErrorKind, Transport, TransportFuture, Vipps};

fn own_url() -> RedirectUrl {
    "https://example.com/ours".parse().unwrap()
}

fn redirect_of(vipps: &Vipps) -> MerchantRedirect {
    vipps.qr().merchant_redirect("billboard_1".parse().unwrap())
}

/// Returns a link for each kind of code, and the image for each link.
#[derive(Debug)]
struct Images;

impl Transport for Images {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x02\x80\x08";
        const SVG: &[u8] =
            br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>"#;
        let path = request.uri().path().to_owned();
        let accept = request
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
                accept.as_deref() == Some(b"image/png") || query.contains("QrImageFormat=PNG");
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
    let callback = vipps.qr().merchant_callback("till-1".parse().unwrap());
    let redirect = redirect_of(&vipps);
    let qr = vipps.qr();
    let images = [
        qr.image(&qr.one_time(&landing).png(size).await.unwrap())
            .await,
        qr.image(&redirect.create(own_url()).png(size).await.unwrap())
            .await,
        qr.image(&redirect.update(own_url()).png(size).await.unwrap())
            .await,
        qr.image(&redirect.get().png(size).await.unwrap()).await,
        qr.image(&callback.get().png(size).await.unwrap()).await,
    ];
    for image in images {
        let image = image.unwrap();
        assert_eq!(
            (image.format(), image.media_type()),
            (QrFormat::Png(size), "image/png")
        );
    }
    let till = callback.get().await.unwrap();
    for image in [
        qr.image(&redirect.get().await.unwrap()).await,
        qr.image(till.link().unwrap()).await,
    ] {
        assert_eq!(image.unwrap().media_type(), "image/svg+xml");
    }
    let other = redirect
        .get()
        .png(ImageSize::new(800).unwrap())
        .await
        .unwrap();
    let error = qr.image(&other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let bare = redirect.get().content().await.unwrap();
    let error = qr.image(&bare).await.unwrap_err();
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

/// Returns one link for the code, and one image for every request to another host.
#[derive(Clone, Debug)]
struct OneImage {
    link: &'static str,
    status: u16,
    media_type: &'static str,
    body: &'static [u8],
}

impl Transport for OneImage {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let link = self.link;
        let mut response = http::Response::new(match request.uri().path() {
            "/accesstoken/get" => {
                Bytes::from(r#"{"expires_in":"3599","access_token":"canned.token.value"}"#)
            }
            "/qr/v1" => Bytes::from(format!(r#"{{"url":"{link}","expiresIn":"300"}}"#)),
            _ => Bytes::from_static(self.body),
        });
        if request.uri().path() == "/image" {
            *response.status_mut() = http::StatusCode::from_u16(self.status).unwrap();
            let media_type = http::HeaderValue::from_static(self.media_type);
            let headers = response.headers_mut();
            headers.insert(http::header::CONTENT_TYPE, media_type);
        }
        Box::pin(async move { Ok(response) })
    }
}

const PNG_640: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x02\x80\x08";

async fn fetch(
    link: &'static str,
    status: u16,
    media_type: &'static str,
    body: &'static [u8],
) -> Result<vipps::qr::QrImage, vipps::Error> {
    let transport = OneImage {
        link,
        status,
        media_type,
        body,
    };
    let vipps = Recorder::in_front_of(transport).client();
    let page = vipps::types::LandingPage::parse("https://api.vipps.no/x?token=t").unwrap();
    let code = vipps.qr().one_time(&page);
    let code = code.png(ImageSize::new(640).unwrap()).await.unwrap();
    vipps.qr().image(&code).await
}

#[tokio::test]
async fn image_is_accepted_with_each_media_type() {
    for media_type in [
        "image/png",
        "IMAGE/PNG",
        "application/octet-stream",
        "binary/octet-stream",
        "",
    ] {
        let image = fetch("https://qr.vipps.no/image", 200, media_type, PNG_640).await;
        assert!(image.is_ok(), "{media_type}: {image:?}");
    }
}

#[tokio::test]
async fn invalid_image_error_names_its_host() {
    for (media_type, body) in [
        ("text/html", &b"<html>"[..]),
        ("text/html", PNG_640),
        (
            "image/png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08",
        ),
        ("image/png", b""),
    ] {
        let error = fetch("https://qr.vipps.no/image", 200, media_type, body)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert_eq!(
            (error.method(), error.http_status()),
            (Some("GET"), Some(200))
        );
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn hint_of_a_missing_image_names_neither_keys_nor_base_url() {
    for status in [302, 401, 403, 404, 410] {
        let error = fetch("https://qr.vipps.no/image", status, "", b"gone")
            .await
            .unwrap_err();
        assert_eq!(error.http_status(), Some(status));
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("image link"), "{status}: {hint}");
    }
}

/// The image host has no error format, so the status alone decides.
#[tokio::test(start_paused = true)]
async fn an_image_is_fetched_again_unless_its_host_refuses() {
    for (statuses, attempts) in [
        (&[400, 401, 403, 404, 410][..], 1),
        (&[302, 408, 429, 500, 503], 3),
    ] {
        for &status in statuses {
            let error = fetch("https://qr.vipps.no/image", status, "", b"gone")
                .await
                .unwrap_err();
            assert_eq!(error.attempts(), attempts, "{status}");
        }
    }
}

#[tokio::test]
async fn invalid_image_link_is_a_decode_error() {
    for link in [
        "/relative",
        "ftp://qr.vipps.no/image",
        "http://qr.vipps.no/image",
    ] {
        let error = fetch(link, 200, "image/png", PNG_640).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{link}: {error}");
    }
}
