//! Responses of the QR API: conflicts and lost responses, lifetimes, and responses with fewer or
//! more members than the document describes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use vipps::qr::{MerchantCallback, MerchantRedirect, MerchantRedirectQr};
use vipps::qr::{RedirectUrl, Ttl};
use vipps::testing::Recorder;
use vipps::{Error, ErrorKind, Outcome, Transport, TransportFuture, Vipps};

const REDIRECTS: &str = "/qr/v1/merchant-redirect";
const REDIRECT: &str = "/qr/v1/merchant-redirect/billboard_1";
const CALLBACKS: &str = "/qr/v1/merchant-callback";
const CALLBACK: &str = "/qr/v1/merchant-callback/till-1";
const CONFLICT: &str = r#"{"id":"billboard_1"}"#;
const OWN_CODE: &str = r#"{"id":"billboard_1","url":"https://qr.vipps.no/generate/qr.png?x","redirectUrl":"https://example.com/ours","expiresIn":-1}"#;
const NOT_FOUND: &str = r#"{"title":"Not found","detail":"No such code","instance":"3cff3564"}"#;

fn own_url() -> RedirectUrl {
    "https://example.com/ours".parse().unwrap()
}

fn redirect(recorder: &Recorder) -> MerchantRedirect {
    redirect_of(&recorder.client())
}

fn redirect_of(vipps: &Vipps) -> MerchantRedirect {
    vipps.qr().merchant_redirect("billboard_1".parse().unwrap())
}

fn callback(recorder: &Recorder) -> MerchantCallback {
    let qr = recorder.client().qr();
    qr.merchant_callback("till-1".parse().unwrap())
}

fn operations(recorder: &Recorder) -> Vec<&'static str> {
    let requests = recorder.requests();
    let names = requests
        .iter()
        .filter_map(vipps::testing::RequestShape::operation);
    names.filter(|o| !o.starts_with("fetch_")).collect()
}

// -- a create whose id is already in use

#[tokio::test]
async fn a_plain_conflict_is_an_error_that_names_the_id() {
    let recorder = Recorder::new()
        .respond("POST", REDIRECTS, 409, CONFLICT)
        .respond("GET", REDIRECT, 200, OWN_CODE);
    let error = redirect(&recorder).create(own_url()).await.unwrap_err();
    assert_eq!(error.conflict_id(), Some("billboard_1"));
    assert_eq!(
        (error.http_status(), error.outcome()),
        (Some(409), Outcome::Rejected)
    );
    assert_eq!(operations(&recorder), ["create_merchant_redirect_qr"]);
}

#[tokio::test]
async fn conflict_after_429_is_a_conflict() {
    let recorder = Recorder::new()
        .respond("POST", REDIRECTS, 429, "")
        .respond("POST", REDIRECTS, 409, CONFLICT)
        .respond("GET", REDIRECT, 200, OWN_CODE);
    let error = redirect(&recorder).create(own_url()).await.unwrap_err();
    assert_eq!((error.attempts(), error.outcome()), (2, Outcome::Rejected));
    assert_eq!(operations(&recorder).len(), 2);
}

async fn conflict_after_a_lost_response(
    ttl: Option<u64>,
    status: u16,
    found: &str,
) -> Result<MerchantRedirectQr, Error> {
    let lost = Recorder::new().lose_response("POST", REDIRECTS);
    let failed = Recorder::new().respond("POST", REDIRECTS, 500, "");
    let mut results = Vec::new();
    for recorder in [lost, failed] {
        let recorder = recorder
            .respond("POST", REDIRECTS, 409, CONFLICT)
            .respond("GET", REDIRECT, status, found);
        let mut create = redirect(&recorder).create(own_url());
        if let Some(seconds) = ttl {
            create = create.ttl(Ttl::new(Duration::from_secs(seconds)).unwrap());
        }
        results.push(create.await);
        let expected = [
            "create_merchant_redirect_qr",
            "create_merchant_redirect_qr",
            "get_merchant_redirect_qr_by_id",
        ];
        assert!(operations(&recorder).starts_with(&expected), "{recorder:?}");
    }
    let second = results.pop().unwrap();
    let first = results.pop().unwrap();
    assert_eq!(first.is_ok(), second.is_ok());
    first
}

#[tokio::test]
async fn conflict_after_a_lost_response_is_a_success_if_it_matches() {
    let qr = conflict_after_a_lost_response(None, 200, OWN_CODE)
        .await
        .unwrap();
    assert_eq!(qr.redirect_url(), Some("https://example.com/ours"));
    assert_eq!(
        qr.image_url(),
        Some("https://qr.vipps.no/generate/qr.png?x")
    );
    for (ttl, expires_in) in [
        (None, ""),
        (None, r#","expiresIn":-1"#),
        (Some(600), r#","expiresIn":598"#),
        (Some(600), r#","expiresIn":600"#),
        // The server does not return the redirect URL.
        (Some(600), ""),
    ] {
        let found = format!(
            r#"{{"id":"billboard_1","redirectUrl":"https://example.com/ours"{expires_in}}}"#
        );
        conflict_after_a_lost_response(ttl, 200, &found)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn conflict_after_a_lost_response_is_a_conflict_if_it_differs() {
    for (ttl, members) in [
        (None, r#""redirectUrl":"https://example.com/theirs""#),
        (None, r#""redirectUrl":"https://example.com/Ours""#),
        (
            None,
            r#""redirectUrl":"https://example.com/ours","expiresIn":598"#,
        ),
        (
            Some(600),
            r#""redirectUrl":"https://example.com/ours","expiresIn":-1"#,
        ),
        (
            Some(600),
            r#""redirectUrl":"https://example.com/ours","expiresIn":601"#,
        ),
    ] {
        let found = format!(r#"{{"id":"billboard_1",{members}}}"#);
        let error = conflict_after_a_lost_response(ttl, 200, &found)
            .await
            .unwrap_err();
        assert_eq!(error.conflict_id(), Some("billboard_1"), "{members}");
        // The lost request may have arrived before the conflict, or may still arrive.
        assert_eq!(error.outcome(), Outcome::Unknown, "{members}");
    }
}

#[tokio::test]
async fn conflict_after_a_lost_response_is_unknown_if_unreadable() {
    for (status, found) in [
        (200, r#"{"id":"billboard_1","url":"https://qr.vipps.no/x"}"#),
        (200, "<html>"),
        (404, NOT_FOUND),
        (503, ""),
    ] {
        let error = conflict_after_a_lost_response(None, status, found)
            .await
            .unwrap_err();
        assert_eq!(
            (error.http_status(), error.outcome()),
            (Some(409), Outcome::Unknown),
            "{status} {found}"
        );
        assert!(error.hint().unwrap().contains("get"), "{error}");
    }
}

#[tokio::test]
async fn url_of_a_bare_host_equals_the_url_with_a_slash() {
    let recorder = Recorder::new()
        .lose_response("POST", REDIRECTS)
        .respond("POST", REDIRECTS, 409, CONFLICT)
        .respond(
            "GET",
            REDIRECT,
            200,
            r#"{"redirectUrl":"https://example.com/"}"#,
        );
    redirect(&recorder)
        .create("https://example.com".parse().unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn lost_create_is_unknown_with_a_hint() {
    let recorder = Recorder::new().lose_response("POST", REDIRECTS);
    let error = redirect(&recorder).create(own_url()).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 3));
    assert!(error.hint().unwrap().contains("create_or_update"));
}

/// Responds with HTTP 409 to the second request, and never to the first and the third.
#[derive(Debug, Default)]
struct Silent(AtomicUsize);

impl Transport for Silent {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let token = request.uri().path().ends_with("/accesstoken/get");
        let turn = if token {
            9
        } else {
            self.0.fetch_add(1, Ordering::SeqCst)
        };
        Box::pin(async move {
            let (status, body) = match turn {
                9 => (
                    200,
                    r#"{"expires_in":"3599","access_token":"canned.token.value"}"#,
                ),
                1 => (409, CONFLICT),
                _ => std::future::pending().await,
            };
            let response = http::Response::builder().status(status);
            Ok(response.body(Bytes::from(body)).unwrap())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn reading_back_stays_within_the_deadline_of_the_call() {
    let builder = crate::support::on_tokio_time(&Recorder::new()).transport(Silent::default());
    let create = redirect_of(&builder.build().unwrap()).create(own_url());
    let start_time = tokio::time::Instant::now();
    let error = create.deadline(Duration::from_secs(15)).await.unwrap_err();
    assert_eq!(start_time.elapsed().as_secs(), 15);
    assert_eq!(
        (error.http_status(), error.outcome()),
        (Some(409), Outcome::Unknown)
    );
}

#[tokio::test]
async fn create_or_update_creates_or_updates() {
    let recorder = Recorder::new().respond("POST", REDIRECTS, 200, OWN_CODE);
    redirect(&recorder)
        .create_or_update(own_url())
        .await
        .unwrap();
    assert_eq!(operations(&recorder), ["create_merchant_redirect_qr"]);

    let exists = Recorder::new().respond("POST", REDIRECTS, 409, CONFLICT);
    let lost = Recorder::new()
        .lose_response("POST", REDIRECTS)
        .respond("POST", REDIRECTS, 409, CONFLICT);
    for recorder in [exists, lost] {
        let recorder = recorder.respond("PUT", REDIRECT, 200, OWN_CODE);
        let qr = redirect(&recorder)
            .create_or_update(own_url())
            .await
            .unwrap();
        assert_eq!(qr.redirect_url(), Some("https://example.com/ours"));
        assert_eq!(
            operations(&recorder).last(),
            Some(&"update_merchant_redirect_url")
        );
    }
}

#[tokio::test]
async fn create_or_update_reports_other_errors() {
    let refused = Recorder::new().respond("POST", REDIRECTS, 400, NOT_FOUND);
    let error = redirect(&refused)
        .create_or_update(own_url())
        .await
        .unwrap_err();
    assert_eq!(
        (error.http_status(), error.outcome()),
        (Some(400), Outcome::Rejected)
    );
    assert_eq!(operations(&refused), ["create_merchant_redirect_qr"]);

    let recorder = Recorder::new()
        .respond("POST", REDIRECTS, 409, CONFLICT)
        .respond("PUT", REDIRECT, 404, NOT_FOUND);
    let error = redirect(&recorder)
        .create_or_update(own_url())
        .await
        .unwrap_err();
    assert_eq!(error.http_status(), Some(404));
}

// -- deletes

#[tokio::test]
async fn delete_404_is_a_success_only_after_a_lost_attempt() {
    for path in [REDIRECT, CALLBACK] {
        let delete = async |recorder: &Recorder| {
            if path == REDIRECT {
                redirect(recorder).delete().await
            } else {
                callback(recorder).delete().await
            }
        };
        let missing = Recorder::new().respond("DELETE", path, 404, NOT_FOUND);
        let error = delete(&missing).await.unwrap_err();
        assert_eq!((error.http_status(), error.attempts()), (Some(404), 1));

        let lost = Recorder::new()
            .lose_response("DELETE", path)
            .respond("DELETE", path, 404, NOT_FOUND);
        delete(&lost).await.unwrap();
        let failed = Recorder::new()
            .respond("DELETE", path, 502, "")
            .respond("DELETE", path, 404, NOT_FOUND);
        delete(&failed).await.unwrap();
        let refused = Recorder::new()
            .lose_response("DELETE", path)
            .respond("DELETE", path, 403, "");
        let error = delete(&refused).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(error.hint().unwrap().contains("Retry the call"), "{error}");
    }
}

#[tokio::test]
async fn put_is_retried_and_accepts_an_empty_response() {
    let recorder = Recorder::new()
        .lose_response("PUT", CALLBACK)
        .respond("PUT", CALLBACK, 503, "")
        .respond("PUT", CALLBACK, 204, "");
    callback(&recorder)
        .put("Kasse 1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(operations(&recorder).len(), 3);
}

#[tokio::test]
async fn used_beacon_is_explained() {
    let path = "/qr/v1/merchant-callback/mobilepay/1234";
    let recorder = Recorder::new().respond("PUT", path, 409, r#"{"id":"1234"}"#);
    let beacon = recorder
        .client()
        .qr()
        .mobilepay_beacon("1234".parse().unwrap());
    let error = beacon.put("Kasse 1".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.conflict_id(), Some("1234"));
    assert!(error.hint().unwrap().contains("another sales unit"));
}

#[tokio::test]
async fn unknown_category_is_sent_unchanged() {
    let recorder = Recorder::new().respond("PUT", CALLBACK, 200, "");
    let put = callback(&recorder).put("Kasse 1".parse().unwrap());
    put.category("DRIVE_IN".into()).await.unwrap();
    assert!(
        recorder
            .shape_of("put_merchant_callback_qr")
            .contains(r#""category": "DRIVE_IN""#)
    );
}

// -- shapes of responses

async fn get(body: &str) -> MerchantRedirectQr {
    let recorder = Recorder::new().respond("GET", REDIRECT, 200, body);
    redirect(&recorder).get().await.unwrap()
}

#[tokio::test]
async fn code_without_expiry_in_its_response_does_not_expire() {
    for (member, expected) in [
        (r#","expiresIn":598"#, Some(598)),
        (r#","expiresIn":"598""#, Some(598)),
        (r#","expiresIn":544.7"#, Some(544)),
        (r#","expiresIn":"544.7""#, Some(544)),
        (r#","expiresIn":0.5"#, Some(0)),
        (r#","expiresIn":-0.5"#, None),
        (r#","expiresIn":1e300"#, None),
        (r#","expiresIn":"NaN""#, None),
        (r#","expiresIn":0"#, Some(0)),
        (r#","expiresIn":2147483647"#, Some(2_147_483_647)),
        (r#","expiresIn":-1"#, None),
        (r#","expiresIn":-7"#, None),
        (r#","expiresIn":null"#, None),
        (r#","expiresIn":"soon""#, None),
        ("", None),
    ] {
        let qr = get(&format!(
            r#"{{"id":"billboard_1","url":"https://qr.vipps.no/x"{member}}}"#
        ))
        .await;
        assert_eq!(
            qr.expires_in(),
            expected.map(Duration::from_secs),
            "{member}"
        );
        // The link expires after an hour, or with its code if that is earlier.
        let link = qr.link().unwrap().lifetime().as_secs();
        assert_eq!(link, expected.unwrap_or(3600).min(3600), "{member}");
    }
}

#[tokio::test]
async fn redirect_response_may_lack_and_add_members() {
    let full = get(
        r#"{"id":"billboard_1","url":"https://qr.vipps.no/generate/qr.png?...","redirectUrl":"https://example.com/myProduct","expiresIn":598,"new":{"a":[1]}}"#,
    )
    .await;
    assert_eq!(full.id(), "billboard_1");
    assert_eq!(full.redirect_url(), Some("https://example.com/myProduct"));
    assert!(full.content().is_none());

    let guide =
        get(r#"{"id":"billboard_1","url":"https://qr.vipps.no/generate/qr.png?..."}"#).await;
    assert_eq!((guide.id(), guide.redirect_url()), ("billboard_1", None));

    let bare = get("{}").await;
    assert_eq!((bare.id(), bare.image_url()), ("billboard_1", None));
    assert_eq!(
        Recorder::new()
            .client()
            .qr()
            .image(&bare)
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::State
    );

    let nulls = get(r#"{"id":null,"url":null,"redirectUrl":null}"#).await;
    assert_eq!((nulls.id(), nulls.redirect_url()), ("billboard_1", None));
}

#[tokio::test]
async fn list_contains_codes_with_any_id() {
    let body = r#"[{"id":"billboard_1","url":"https://qr.vipps.no/r/a","redirectUrl":"https://example.com/a","expiresIn":-1},
        {"id":"made.by/hand ü","url":"https://qr.vipps.no/r/b"},{"id":42}]"#;
    let recorder = Recorder::new().respond("GET", REDIRECTS, 200, body);
    let list = recorder
        .client()
        .qr()
        .merchant_redirects()
        .content()
        .await
        .unwrap();
    let ids: Vec<_> = list.iter().map(MerchantRedirectQr::id).collect();
    assert_eq!(ids, ["billboard_1", "made.by/hand ü", "42"]);
    assert_eq!(
        list[0].content().unwrap().as_str(),
        "https://qr.vipps.no/r/a"
    );
    assert!(list[2].content().is_none());
}

#[tokio::test]
async fn callback_response_may_lack_and_add_members() {
    let body = r#"{"merchantSerialNumber":12345,"merchantQrId":"till-1","locationDescription":"Kasse 1","qrImageUrl":"https://qr.vipps.no/generate/qr.png?...","qrContent":"https://qr.vipps.no/b/x","category":"VENDING"}"#;
    let recorder = Recorder::new().respond("GET", CALLBACK, 200, body);
    let qr = callback(&recorder).get().await.unwrap();
    assert_eq!(qr.merchant_serial_number(), Some("12345"));
    assert_eq!(
        (qr.merchant_qr_id(), qr.location()),
        ("till-1", Some("Kasse 1"))
    );
    assert_eq!(
        qr.image_url(),
        Some("https://qr.vipps.no/generate/qr.png?...")
    );
    assert_eq!(qr.content().unwrap().as_str(), "https://qr.vipps.no/b/x");
    assert_eq!(qr.link().unwrap().lifetime(), Duration::from_secs(3600));

    let recorder = Recorder::new().respond("GET", CALLBACK, 200, "{}");
    let bare = callback(&recorder).get().await.unwrap();
    assert_eq!((bare.merchant_qr_id(), bare.location()), ("till-1", None));
    assert!(
        bare.content().is_none()
            && bare.link().is_none()
            && bare.merchant_serial_number().is_none()
    );

    let body = r#"[{"merchantQrId":"till-1"},{"merchantQrId":"1/2"}]"#;
    let recorder = Recorder::new().respond("GET", CALLBACKS, 200, body);
    let list = recorder.client().qr().merchant_callbacks().await.unwrap();
    assert_eq!((list.len(), list[1].merchant_qr_id()), (2, "1/2"));
}

#[tokio::test]
async fn a_one_time_code_counts_down_whole_seconds() {
    let page: vipps::types::LandingPage = "https://api.vipps.no/x?token=y".parse().unwrap();
    for (seconds, expected) in [
        ("544", 544),
        ("544.7", 544),
        (r#""544.7""#, 544),
        ("0.9", 0),
        // Missing or invalid values fall back to the lifetime of the landing page.
        ("null", 300),
        ("-1", 300),
        (r#""soon""#, 300),
    ] {
        let body = format!(r#"{{"url":"https://qr.vipps.no/x","expiresIn":{seconds}}}"#);
        let recorder = Recorder::new().respond("POST", "/qr/v1", 200, &body);
        let code = recorder.client().qr().one_time(&page).await.unwrap();
        assert_eq!(
            code.expires_in(),
            Duration::from_secs(expected),
            "{seconds}"
        );
    }
}
