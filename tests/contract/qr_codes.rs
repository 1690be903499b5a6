//! QR codes.

use std::time::Duration;

use vipps::types::ImageSize;
use vipps::{ErrorKind, Outcome};

use super::fixture::with_fixture;

fn size() -> ImageSize {
    ImageSize::new(640).unwrap()
}

fn url<T: std::str::FromStr<Err: std::fmt::Debug>>(path: &str) -> T {
    format!("https://example.com/{path}").parse().unwrap()
}

#[tokio::test]
async fn payment_has_a_code_in_every_format() {
    with_fixture(async |fixture| {
        let payment = fixture.initiated().await;
        let qr = fixture.vipps.qr();
        let svg = qr.one_time(&payment).await.unwrap();
        assert!((1..=300).contains(&svg.expires_in().as_secs()), "{svg:?}");
        assert_eq!(qr.image(&svg).await.unwrap().media_type(), "image/svg+xml");

        // The size of the image is checked after the download.
        let png = qr.one_time(&payment).png(size()).await.unwrap();
        let image = qr.image(&png).await.unwrap();
        assert_eq!(image.media_type(), "image/png");
        assert_eq!(&image.bytes()[16..24], [0, 0, 2, 128, 0, 0, 2, 128]);

        let text = qr.one_time(&payment).content().await.unwrap();
        assert!(text.link().is_none());
        assert!(text.content().unwrap().as_str().starts_with("https://"));
    })
    .await;
}

#[tokio::test]
async fn redirect_code_is_created_updated_and_deleted() {
    with_fixture(async |fixture| {
        let (id, qr) = (fixture.redirect(), fixture.vipps.qr());
        let code = qr.merchant_redirect(id.clone());
        let missing = code.get().await.unwrap_err();
        assert_eq!(missing.http_status(), Some(404), "{missing}");

        let created = code.create(url("one")).await.unwrap();
        assert_eq!(created.id(), id.as_str());
        assert_eq!(created.expires_in(), None);
        assert_eq!(
            qr.image(&created).await.unwrap().media_type(),
            "image/svg+xml"
        );

        let taken = code.create(url("other")).await.unwrap_err();
        assert_eq!(taken.http_status(), Some(409), "{taken}");
        assert_eq!(taken.outcome(), Outcome::Rejected);
        assert_eq!(taken.conflict_id(), Some(id.as_str()));

        let read = code.get().png(size()).await.unwrap();
        assert_eq!(read.redirect_url(), Some("https://example.com/one"));
        let updated = code.update(url("two")).await.unwrap();
        assert_eq!(updated.redirect_url(), Some("https://example.com/two"));
        let all = qr.merchant_redirects().await.unwrap();
        let listed: Vec<_> = all.iter().filter(|qr| qr.id() == id.as_str()).collect();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].redirect_url(), Some("https://example.com/two"));

        code.delete().await.unwrap();
        let missing = code.get().await.unwrap_err();
        assert_eq!(missing.http_status(), Some(404), "{missing}");
    })
    .await;
}

#[tokio::test]
async fn redirect_code_with_a_lifetime_expires() {
    with_fixture(async |fixture| {
        let code = fixture.vipps.qr().merchant_redirect(fixture.redirect());
        let created = code
            .create(url("one"))
            .ttl(Duration::from_secs(300).try_into().unwrap());
        let expires_in = created.await.unwrap().expires_in().unwrap();
        assert!(
            (200..=300).contains(&expires_in.as_secs()),
            "{expires_in:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn callback_code_is_created_updated_and_deleted() {
    with_fixture(async |fixture| {
        let (id, qr) = (fixture.callback(), fixture.vipps.qr());
        let till = qr.merchant_callback(id.clone());
        till.put("Kasse 1".parse().unwrap()).await.unwrap();
        let first = till.get().png(size()).await.unwrap();
        assert_eq!(first.merchant_qr_id(), id.as_str());
        assert_eq!(first.location(), Some("Kasse 1"));
        assert_eq!(qr.image(&first).await.unwrap().media_type(), "image/png");

        // A new location does not change the content of the code.
        till.put("Kasse 2".parse().unwrap()).await.unwrap();
        let second = till.get().await.unwrap();
        assert_eq!(second.location(), Some("Kasse 2"));
        let text = |qr: &vipps::qr::MerchantCallbackQr| qr.content().unwrap().as_str().to_owned();
        assert_eq!(text(&first), text(&second));

        let all = qr.merchant_callbacks().await.unwrap();
        let ours = all.iter().filter(|qr| qr.merchant_qr_id() == id.as_str());
        assert_eq!(ours.count(), 1);
        till.delete().await.unwrap();
        let missing = till.get().await.unwrap_err();
        assert_eq!(missing.http_status(), Some(404), "{missing}");
    })
    .await;
}

/// A made-up code or token identifies no customer, so the exchange fails.
#[tokio::test]
async fn invented_personal_code_is_not_found() {
    with_fixture(async |fixture| {
        let qr = fixture.vipps.qr();
        let scanned = "https://qr.vipps.no/p/no-such-code".parse().unwrap();
        let token = "no-such-token".parse().unwrap();
        for error in [
            qr.exchange(scanned).await.unwrap_err(),
            qr.exchange_customer(token).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Api, "{error}");
            assert_eq!(error.http_status(), Some(400), "{error}");
        }
    })
    .await;
}
