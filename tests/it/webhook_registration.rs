//! Registers, lists and deletes webhooks. A response that is lost or incomplete never becomes a
//! registration, and no registration of another URL is touched.

use vipps::testing::{Recorder, RequestShape};
use vipps::types::HttpsUrl;
use vipps::webhooks::{Ensured, EventType, Registration, Webhooks};
use vipps::{Error, ErrorKind, Outcome, RetryPolicy};

use crate::raw::{RawServer, write};

const WEBHOOKS: &str = "/webhooks/v1/webhooks";
const URL: &str = "https://shop.example.com/hooks/vipps";
const ID: &str = "5a2c3a5e-7f1c-4a0e-9d52-0d9a5e1f3b77";
const OLD_ID: &str = "0b0f2a86-53a7-4a4e-8d0a-6a5d0f2c1e11";
const SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";
const OLD_SECRET: &str = "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6";
const REFUSED: &str = r#"{"title":"Bad Request","status":400,"detail":"No.","instance":"/v1/webhooks",
    "traceId":"00-bb841c551513e233de8a01472013fa9f-542c71e40916a6ce-00"}"#;

fn url() -> HttpsUrl {
    URL.parse().unwrap()
}

fn registered() -> String {
    format!(r#"{{"id":"{ID}","secret":"{SECRET}"}}"#)
}

/// A list of registrations: id, URL and events of each.
fn list(registrations: &[(&str, &str, &[&str])]) -> String {
    let entries = registrations
        .iter()
        .map(|(id, url, events)| serde_json::json!({"id": id, "url": url, "events": events}));
    serde_json::json!({"webhooks": entries.collect::<Vec<_>>()}).to_string()
}

fn registration_json(id: &str) -> String {
    format!("{WEBHOOKS}/{id}")
}

fn webhooks(recorder: &Recorder) -> Webhooks {
    recorder.client().webhooks()
}

/// The operations that were sent, in order, without token requests.
fn sent(recorder: &Recorder) -> Vec<String> {
    let requests = recorder.requests();
    let operations = requests.iter().filter_map(RequestShape::operation);
    operations
        .filter(|operation| !operation.contains("token"))
        .map(str::to_owned)
        .collect()
}

async fn register(recorder: &Recorder) -> Result<Registration, Error> {
    let events = [EventType::PaymentAuthorized];
    webhooks(recorder).register(url(), events).await
}

#[tokio::test]
async fn register_returns_id_and_secret() {
    let recorder = Recorder::new().respond("POST", WEBHOOKS, 201, &registered());
    let registration = register(&recorder).await.unwrap();
    assert_eq!(registration.id(), ID);
    assert_eq!(registration.expose_secret(), SECRET);
    let printed = format!("{registration:?} {registration:#?}");
    assert!(
        printed.contains(ID) && !printed.contains(SECRET),
        "{printed}"
    );
}

#[tokio::test]
async fn register_is_not_repeated_after_a_lost_response() {
    let recorder = Recorder::new().lose_response("POST", WEBHOOKS);
    let error = register(&recorder).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!((error.attempts(), sent(&recorder).len()), (1, 1));
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("secret is lost") && hint.contains("ensure"),
        "{hint}"
    );
}

#[tokio::test]
async fn register_without_id_or_secret_is_unknown() {
    for body in [
        "",
        "{}",
        "[]",
        "<html>",
        r#"{"id":"w-1"}"#,
        r#"{"secret":"canary"}"#,
        r#"{"id":"w-1","secret":""}"#,
        r#"{"id":"","secret":"canary"}"#,
        r#"{"id":"w-1","secret":null}"#,
        r#"{"id":"w-1","secret":["canary"]}"#,
        r#"{"id":"w-1","secret":"canary "}"#,
        r#"["w-1","canary"]"#,
    ] {
        let recorder = Recorder::new().respond("POST", WEBHOOKS, 201, body);
        let error = register(&recorder).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.outcome(), Outcome::Unknown, "{body}");
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn register_that_is_refused_explains_the_limits() {
    let recorder = Recorder::new().respond("POST", WEBHOOKS, 400, REFUSED);
    let error = register(&recorder).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert_eq!(
        error.correlation_id(),
        Some("00-bb841c551513e233de8a01472013fa9f-542c71e40916a6ce-00")
    );
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("25") && hint.contains("user.checked-in.v1"),
        "{hint}"
    );
}

#[tokio::test]
async fn invalid_events_are_refused_before_the_wire() {
    let recorder = Recorder::new();
    for events in [
        &[][..],
        &[""],
        &["user.checked-in.v1", "two words"],
        &["line\nend"],
        &["blå.v1"],
    ] {
        let webhooks = webhooks(&recorder);
        let register = webhooks.register(url(), events.iter().copied()).await;
        let ensure = webhooks.ensure(url(), events.iter().copied(), None).await;
        for error in [register.unwrap_err(), ensure.unwrap_err()] {
            assert_eq!(error.outcome(), Outcome::NotSent, "{events:?}");
            assert_eq!(error.invalid_value().unwrap().field(), "events");
        }
    }
    assert!(recorder.requests().is_empty());
    let error = HttpsUrl::parse("http://shop.example.com/hooks").unwrap_err();
    assert_eq!(error.value(), Some("http://shop.example.com/hooks"));
}

#[tokio::test]
async fn invalid_ids_are_refused_before_the_wire() {
    let recorder = Recorder::new();
    for id in ["", ".", "..", "a/b", "a\\b", "a\nb"] {
        let error = webhooks(&recorder).delete(id).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent, "{id}");
        assert_eq!(error.invalid_value().unwrap().field(), "id", "{id}");
    }
    assert!(recorder.requests().is_empty());
    assert_eq!(
        Registration::new("", SECRET).unwrap_err().field(),
        "webhook_id"
    );
    let error = Registration::new(ID, "canary ").unwrap_err();
    assert!(!error.to_string().contains("canary"), "{error}");
}

#[tokio::test]
async fn list_returns_every_registration() {
    let body = list(&[
        (ID, URL, &["user.checked-in.v1"]),
        (
            OLD_ID,
            "https://other.example.com/",
            &["USER.checked-in.v1", "tomorrow.v2"],
        ),
    ]);
    let recorder = Recorder::new().respond("GET", WEBHOOKS, 200, &body);
    let listed = webhooks(&recorder).list().await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!((listed[0].id(), listed[0].url()), (ID, URL));
    assert_eq!(listed[0].events(), [EventType::UserCheckedIn]);
    let tomorrow = EventType::Unknown("tomorrow.v2".to_owned());
    assert_eq!(listed[1].events(), [EventType::UserCheckedIn, tomorrow]);

    let recorder = Recorder::new().respond("GET", WEBHOOKS, 200, r#"{"webhooks":[],"new":1}"#);
    assert!(webhooks(&recorder).list().await.unwrap().is_empty());
}

/// A missing list is not an empty list, and an incomplete entry is not an entry of another URL.
#[tokio::test]
async fn list_without_registrations_or_members_is_an_error() {
    for body in [
        "",
        "{}",
        "[]",
        "[[]]",
        r#"{"webhooks":null}"#,
        r#"{"webhooks":{}}"#,
        r#"{"webhooks":[null]}"#,
        r#"{"webhooks":[["w-1","https://x.example",["a"]]]}"#,
        r#"{"webhooks":[{"url":"https://x.example","events":["a"]}]}"#,
        r#"{"webhooks":[{"id":"w-1","events":["a"]}]}"#,
        r#"{"webhooks":[{"id":"w-1","url":"https://x.example"}]}"#,
        r#"{"webhooks":[{"id":"w-1","url":"https://x.example","events":null}]}"#,
    ] {
        let recorder = Recorder::new().respond("GET", WEBHOOKS, 200, body);
        let error = webhooks(&recorder).list().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.outcome(), Outcome::NoEffect, "{body}");
        let ensured = webhooks(&recorder).ensure(url(), [EventType::UserCheckedIn], None);
        ensured.await.unwrap_err();
        assert_eq!(sent(&recorder), ["list_webhooks"; 2], "{body}");
    }
}

#[tokio::test]
async fn delete_of_an_unknown_id_succeeds_if_the_list_lacks_it() {
    for (status, body) in [(400, REFUSED), (404, REFUSED), (404, ""), (404, "<html>")] {
        let refused = || Recorder::new().respond("DELETE", &registration_json(ID), status, body);
        let others = list(&[(OLD_ID, URL, &["a"])]);
        let recorder = refused().respond("GET", WEBHOOKS, 200, &others);
        webhooks(&recorder).delete(ID).await.unwrap();

        let upper = ID.to_uppercase();
        let listed = list(&[(OLD_ID, URL, &["a"]), (&upper, URL, &["a"])]);
        for (list_status, list_body) in [(200, listed.as_str()), (200, "{}"), (400, REFUSED)] {
            let recorder = refused().respond("GET", WEBHOOKS, list_status, list_body);
            let error = webhooks(&recorder).delete(ID).await.unwrap_err();
            assert_eq!(error.http_status(), Some(status), "{list_body}");
            assert_eq!(error.operation(), Some("delete_webhook"));
        }
    }
}

#[tokio::test]
async fn delete_succeeds_and_is_retried_after_a_lost_response() {
    let recorder = Recorder::new()
        .lose_response("DELETE", &registration_json(ID))
        .respond("DELETE", &registration_json(ID), 204, "");
    webhooks(&recorder).delete(ID).await.unwrap();
    assert_eq!(sent(&recorder), ["delete_webhook"; 2]);

    let recorder = Recorder::new().respond("DELETE", &registration_json(ID), 403, REFUSED);
    let error = webhooks(&recorder).delete(ID).await.unwrap_err();
    assert_eq!(
        (error.outcome(), sent(&recorder).len()),
        (Outcome::Rejected, 1)
    );
}

const EVENTS: [EventType; 2] = [EventType::PaymentExpired, EventType::PaymentAuthorized];
/// The names of [`EVENTS`] in another order, one of them twice.
const NAMES: &[&str] = &[
    "epayments.payment.authorized.v1",
    "epayments.payment.expired.v1",
    "epayments.payment.authorized.v1",
];

fn old() -> Registration {
    Registration::new(OLD_ID, OLD_SECRET).unwrap()
}

/// Runs `ensure` with these existing and stored registrations. Every delete succeeds.
async fn ensured(
    existing: &[(&str, &str, &[&str])],
    stored: impl IntoIterator<Item = Registration>,
    delete_first: bool,
) -> (Ensured, Vec<String>) {
    let mut recorder = Recorder::new()
        .respond("GET", WEBHOOKS, 200, &list(existing))
        .respond("POST", WEBHOOKS, 201, &registered());
    for (id, ..) in existing {
        recorder = recorder.respond("DELETE", &registration_json(id), 204, "");
    }
    let ensure = webhooks(&recorder).ensure(url(), EVENTS, stored);
    let ensure = if delete_first {
        ensure.delete_first()
    } else {
        ensure
    };
    let ensured = ensure.await.unwrap();
    let requests = recorder.requests();
    let lines = requests.iter().filter_map(|request| {
        let line = request.as_str().lines().next().unwrap_or_default();
        line.contains("/webhooks")
            .then(|| line.replace(WEBHOOKS, ""))
    });
    (ensured, lines.collect())
}

fn deleted(id: &str) -> String {
    format!("DELETE /{id}")
}

#[tokio::test]
async fn ensure_registers_a_url_that_is_not_registered() {
    let others: &[(&str, &str, &[&str])] = &[
        (OLD_ID, "https://shop.example.com/hooks", NAMES),
        ("w-2", "https://shop.example.com/hooks/vipps?x", NAMES),
        ("w-3", "https://shop.example.com:8080/hooks/vipps", NAMES),
        ("w-4", "http://shop.example.com/hooks/vipps", NAMES),
        ("w-5", "https://other.example.com/hooks/vipps", NAMES),
        ("w-6", "https://shop.example.com/hooks/VIPPS", NAMES),
        ("w-7", "", NAMES),
    ];
    for stored in [None, Some(old())] {
        let (ensured, lines) = ensured(others, stored, false).await;
        assert!(ensured.is_new());
        assert_eq!(ensured.registration().id(), ID);
        assert_eq!(ensured.registration().expose_secret(), SECRET);
        assert_eq!(lines, ["GET ", "POST "]);
    }
}

#[tokio::test]
async fn ensure_keeps_a_registration_whose_secret_is_stored() {
    for spelled in [
        URL,
        "https://SHOP.example.com/hooks/vipps",
        "https://shop.example.com:443/hooks/vipps",
    ] {
        let existing = [
            (OLD_ID, spelled, NAMES),
            ("w-2", "https://x.example/", NAMES),
        ];
        let (result, lines) = ensured(&existing, [old()], false).await;
        assert!(!result.is_new());
        assert_eq!(result.registration().id(), OLD_ID);
        assert_eq!(result.into_registration().expose_secret(), OLD_SECRET);
        assert_eq!(lines, ["GET "], "{spelled}");
    }
}

#[tokio::test]
async fn ensure_deletes_duplicates_of_the_kept_registration() {
    let existing = [
        ("w-1", URL, NAMES),
        (OLD_ID, URL, NAMES),
        ("w-3", URL, &["a"][..]),
    ];
    let unknown = Registration::new("w-9", "x").unwrap();
    let (result, lines) = ensured(&existing, [unknown, old()], false).await;
    assert_eq!(
        (result.is_new(), result.registration().id()),
        (false, OLD_ID)
    );
    assert_eq!(lines, ["GET ".to_owned(), deleted("w-1"), deleted("w-3")]);
}

#[tokio::test]
async fn ensure_replaces_a_lost_secret_and_other_events() {
    let lost = [(OLD_ID, URL, NAMES)];
    let other_events = [(OLD_ID, URL, &NAMES[..1])];
    let more = [NAMES, &["user.checked-in.v1"]].concat();
    let more_events = [(OLD_ID, URL, &more[..])];
    for (existing, stored) in [
        (lost, None),
        (other_events, Some(old())),
        (more_events, Some(old())),
    ] {
        let (new, lines) = ensured(&existing, stored.clone(), false).await;
        assert!(new.is_new() && new.not_deleted().is_empty());
        assert_eq!(new.registration().expose_secret(), SECRET);
        assert_eq!(
            lines,
            ["GET ".to_owned(), "POST ".to_owned(), deleted(OLD_ID)]
        );

        let (new, lines) = ensured(&existing, stored, true).await;
        assert!(new.is_new());
        assert_eq!(
            lines,
            ["GET ".to_owned(), deleted(OLD_ID), "POST ".to_owned()]
        );
    }
}

/// The secret of the new registration must survive a delete that fails.
#[tokio::test]
async fn ensure_returns_the_secret_when_a_delete_fails() {
    let existing = list(&[(OLD_ID, URL, NAMES), ("w-2", URL, NAMES)]);
    let recorder = || {
        Recorder::new()
            .respond("GET", WEBHOOKS, 200, &existing)
            .respond("POST", WEBHOOKS, 201, &registered())
            .respond("DELETE", &registration_json(OLD_ID), 403, REFUSED)
            .respond("DELETE", &registration_json("w-2"), 204, "")
    };
    let after = recorder();
    let ensured = webhooks(&after).ensure(url(), EVENTS, None).await.unwrap();
    assert_eq!(ensured.registration().expose_secret(), SECRET);
    let [(webhook, error)] = ensured.not_deleted() else {
        panic!("{ensured:?}");
    };
    assert_eq!((webhook.id(), error.http_status()), (OLD_ID, Some(403)));

    let first = recorder();
    let ensure = webhooks(&first).ensure(url(), EVENTS, None).delete_first();
    assert_eq!(ensure.await.unwrap_err().http_status(), Some(403));
    assert_eq!(sent(&first), ["list_webhooks", "delete_webhook"]);
}

/// The first call loses the response to its registration, and the second one replaces it.
#[tokio::test]
async fn ensure_repairs_a_registration_whose_response_was_lost() {
    let recorder = Recorder::new()
        .respond("GET", WEBHOOKS, 200, &list(&[]))
        .respond("GET", WEBHOOKS, 200, &list(&[(OLD_ID, URL, NAMES)]))
        .lose_response("POST", WEBHOOKS)
        .respond("POST", WEBHOOKS, 201, &registered())
        .respond("DELETE", &registration_json(OLD_ID), 204, "");
    let webhooks = webhooks(&recorder);
    let error = webhooks.ensure(url(), EVENTS, None).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.hint().unwrap().contains("ensure"), "{error:?}");
    let ensured = webhooks.ensure(url(), EVENTS, None).await.unwrap();
    assert_eq!(ensured.registration().expose_secret(), SECRET);
    let all = ["list_webhooks", "register_webhook"];
    assert_eq!(
        sent(&recorder),
        [&all[..], &all, &["delete_webhook"]].concat()
    );
}

/// The deadline covers all requests of the call.
#[tokio::test]
async fn ensure_ends_at_its_deadline() {
    let recorder = Recorder::new().respond("GET", WEBHOOKS, 503, "").respond(
        "POST",
        WEBHOOKS,
        201,
        &registered(),
    );
    let ensure = webhooks(&recorder).ensure(url(), EVENTS, None);
    let error = ensure
        .deadline(std::time::Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Deadline, Outcome::NotSent)
    );
    assert!(sent(&recorder).is_empty());
}

/// The secret is in the lost part of the response.
#[tokio::test]
async fn register_whose_response_is_cut_is_unknown() {
    let body = registered();
    let whole = crate::raw::http_response("201 Created", &body);
    let cut = whole[..whole.len() - 5].to_vec();
    let server = RawServer::start(vec![write(cut), write(whole)]);
    let webhooks = server.client().webhooks();
    let register = webhooks
        .register(url(), EVENTS)
        .retry(RetryPolicy::default());
    let error = register.await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(server.requests().len(), 1);
    assert!(
        !format!("{error} {error:?}").contains(&SECRET[..8]),
        "{error:?}"
    );
    let registration = webhooks.register(url(), EVENTS).await.unwrap();
    assert_eq!(registration.expose_secret(), SECRET);
}

#[tokio::test]
async fn delete_accepts_a_response_without_a_body() {
    let server = RawServer::start(vec![write("HTTP/1.1 204 No Content\r\n\r\n")]);
    server.client().webhooks().delete(ID).await.unwrap();
    let [request] = &server.requests()[..] else {
        panic!("{:?}", server.requests());
    };
    assert_eq!(
        request.first_line(),
        format!("DELETE {WEBHOOKS}/{ID} HTTP/1.1")
    );
    assert_eq!(request.header("merchant-serial-number"), Some("123456"));
}
