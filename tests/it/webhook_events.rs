//! Events: reading of bodies, the statuses of the provided handlers, and deduplication.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::{Request, StatusCode};
use vipps::epayment::EventName;
use vipps::webhooks::{
    Event, EventStore, EventStoreError, EventStoreFuture, MemoryEventStore, PaymentEvent, Receiver,
    Signer, Verifier,
};
use vipps::{Amount, Currency};

const URL: &str = "https://shop.example.com/hooks/vipps";
const SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";
const AUTHORIZED: &str = r#"{"msn":"123456","reference":"acme-shop-123-order123abc","pspReference":"1304787731",
    "name":"AUTHORIZED","amount":{"currency":"NOK","value":59800},"timestamp":"2026-08-19T16:26:32.099Z",
    "idempotencyKey":"7c8b81e7-b08b-46e4-9729-191cb801c132","success":true,
    "captureGuaranteedUntil":"2026-08-26T16:26:31.000+00:00","sub":"c06c4afe-d9e1-4c5d-939a-177d752a0944",
    "userDetails":{"email":"user@example.com","firstName":"Ada","lastName":"Lovelace","mobileNumber":"4712345678"},
    "shippingDetails":{"address":{"addressLine1":"Robert Levins gate 5","city":"Oslo","country":"NO","postCode":"0154"},
        "shippingCost":9900,"shippingOptionId":"posten-servicepakke-1","shippingOptionName":"A-post"}}"#;
const CANCELLED: &str = r#"{"msn":"123456","reference":"acme-shop-123-order123abc","pspReference":"2019200034",
    "name":"CANCELLED","amount":{"currency":"NOK","value":750},"timestamp":"2023-03-27T10:52:15.616Z","success":true}"#;
const CHECK_IN: &str = r#"{"customerToken":"AAAA","merchantQrId":"till-1"}"#;

fn verifier() -> Verifier {
    Verifier::new(URL, [SECRET]).unwrap()
}

fn signed(body: &str) -> Request<bytes::Bytes> {
    let signer = Signer::new(URL, SECRET).unwrap();
    signer
        .sign(jiff::Timestamp::UNIX_EPOCH, body.to_owned())
        .unwrap()
}

fn event(body: &str) -> Event {
    verifier().verify(&signed(body)).unwrap().event()
}

fn payment(body: &str) -> PaymentEvent {
    match event(body) {
        Event::Payment(event) => *event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_approval_is_read_with_every_member() {
    let event = payment(AUTHORIZED);
    assert_eq!(event.reference.as_str(), "acme-shop-123-order123abc");
    assert_eq!(event.name, EventName::Authorized);
    assert_eq!(event.psp_reference.as_deref(), Some("1304787731"));
    assert_eq!(event.amount, Some(Amount::nok(598)));
    assert!(event.succeeded());
    let key = "7c8b81e7-b08b-46e4-9729-191cb801c132";
    assert_eq!(event.idempotency_key.as_deref(), Some(key));
    assert_eq!(event.merchant_serial_number.unwrap().as_str(), "123456");
    let instant = |text: Option<&vipps::types::Timestamp>| text.unwrap().instant().unwrap();
    let at: jiff::Timestamp = "2026-08-19T16:26:32.099Z".parse().unwrap();
    assert_eq!(instant(event.timestamp.as_ref()), at);
    let until: jiff::Timestamp = "2026-08-26T16:26:31Z".parse().unwrap();
    assert_eq!(instant(event.capture_guaranteed_until.as_ref()), until);
    let sub = "c06c4afe-d9e1-4c5d-939a-177d752a0944";
    assert_eq!(event.sub.unwrap().expose(), sub);
    assert_eq!(event.user.unwrap().first_name.unwrap().expose(), "Ada");
    let shipping = event.shipping.unwrap();
    assert_eq!(shipping.cost, Some(Amount::minor(9900, Currency::NOK)));
    assert_eq!(shipping.option_id.as_deref(), Some("posten-servicepakke-1"));
}

#[test]
fn each_name_is_read_and_an_unknown_one_is_kept() {
    for (name, expected) in [
        ("CREATED", EventName::Created),
        ("AUTHORIZED", EventName::Authorized),
        ("CAPTURED", EventName::Captured),
        ("CANCELLED", EventName::Cancelled),
        ("REFUNDED", EventName::Refunded),
        ("ABORTED", EventName::Aborted),
        ("EXPIRED", EventName::Expired),
        ("TERMINATED", EventName::Terminated),
        ("TOMORROW", EventName::Unknown("TOMORROW".to_owned())),
    ] {
        let event = payment(&CANCELLED.replace("CANCELLED", name));
        assert_eq!(event.name, expected);
        assert_eq!(event.idempotency_key, None);
    }
}

/// An event that does not state its success is not a success.
#[test]
fn missing_and_mistyped_members_state_nothing() {
    let minimal = payment(r#"{"reference":"order-1","name":"CAPTURED"}"#);
    assert_eq!(
        (minimal.success, minimal.amount, minimal.succeeded()),
        (None, None, false)
    );
    assert_eq!(Event::Payment(Box::new(minimal)).id(), None);
    let lenient = payment(
        r#"{"reference":7,"name":"CAPTURED","success":"perhaps","amount":[100,"NOK"],"msn":123456,
            "userDetails":["Ada"],"shippingDetails":[],"sub":{},"pspReference":2019200034,"tomorrow":[{}]}"#,
    );
    assert_eq!(lenient.reference.as_str(), "7");
    assert_eq!(
        (
            lenient.success,
            lenient.amount,
            lenient.user,
            lenient.shipping
        ),
        (None, None, None, None)
    );
    assert_eq!(lenient.sub, None);
    assert_eq!(lenient.psp_reference.as_deref(), Some("2019200034"));
    assert_eq!(lenient.merchant_serial_number.unwrap().as_str(), "123456");
    let failed = payment(&CANCELLED.replace("true", "false"));
    assert!(!failed.succeeded() && failed.success == Some(false));
}

#[test]
fn other_bodies_are_unknown_events_with_their_bytes() {
    for body in [
        "",
        "canary",
        "[]",
        "{}",
        r#"["order-1","CAPTURED"]"#,
        r#"{"auth_req_id":"canary"}"#,
        r#"{"agreementId":"agr-1","chargeId":"canary"}"#,
        r#"{"reference":"order-1"}"#,
        r#"{"reference":"order 1","name":"canary"}"#,
        r#"{"reference":"","name":"CAPTURED"}"#,
        r#"{"customerToken":"canary"}"#,
    ] {
        let event = event(body);
        assert_eq!(event.id(), None);
        let printed = format!("{event:?}");
        let Event::Unknown(unknown) = event else {
            panic!("{body}: {printed}");
        };
        assert_eq!(unknown.body(), body.as_bytes());
        assert_eq!(unknown.into_body(), body.as_bytes());
        assert!(!printed.contains("canary"), "{printed}");
    }
}

#[test]
fn a_check_in_is_an_event_with_the_hash_of_its_token() {
    let read = event(&format!("\u{feff}{CHECK_IN}"));
    let id = read.id().unwrap();
    assert!(matches!(read, Event::CheckIn(check_in) if check_in.merchant_qr_id == "till-1"));
    // The SHA-256 of `AAAA`, computed by another program.
    assert_eq!(id, "check-in Y8HdlR/+329/2WitTvo5uO1YTxYvRucVEU7hhPjekgE=");
    assert_eq!(
        event(&CHECK_IN.replace("till-1", "till-2")).id().unwrap(),
        id
    );
    assert_ne!(event(&CHECK_IN.replace("AAAA", "AAAB")).id().unwrap(), id);
}

#[test]
fn debug_of_an_event_shows_no_customer() {
    let printed = format!("{:#?}", event(AUTHORIZED));
    for hidden in [
        "Ada",
        "Lovelace",
        "user@example.com",
        "4712345678",
        "c06c4afe",
        "Levins",
    ] {
        assert!(!printed.contains(hidden), "{hidden}: {printed}");
    }
    assert!(printed.contains("acme-shop-123-order123abc"), "{printed}");
}

#[test]
fn id_is_equal_for_each_delivery_of_an_event() {
    let id = event(AUTHORIZED).id().unwrap();
    assert_eq!(id, "1304787731 AUTHORIZED");
    let later = AUTHORIZED.replace("16:26:32", "16:26:33");
    assert_eq!(event(&later).id().unwrap(), id);
    assert_ne!(
        event(&AUTHORIZED.replace("AUTHORIZED", "CAPTURED"))
            .id()
            .unwrap(),
        id
    );
    assert_ne!(
        event(&AUTHORIZED.replace("1304787731", "1304787732"))
            .id()
            .unwrap(),
        id
    );
}

/// A handler that counts its events, and fails for captures.
#[derive(Clone, Default)]
struct Handler(Arc<Mutex<Vec<String>>>);

impl Handler {
    #[expect(clippy::unused_async, reason = "the signature of a user's handler")]
    async fn handle(&self, event: Event) -> Result<(), String> {
        let (line, fails) = match &event {
            Event::Payment(event) => (
                event.name.as_str().to_owned(),
                event.name == EventName::Captured,
            ),
            Event::CheckIn(_) => ("check-in".to_owned(), false),
            _ => ("unknown".to_owned(), false),
        };
        self.0.lock().unwrap().push(line);
        if fails {
            Err("no space".to_owned())
        } else {
            Ok(())
        }
    }

    fn handled(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

async fn status(receiver: &Receiver, handler: &Handler, body: &str) -> u16 {
    let handle = async |event| handler.handle(event).await;
    receiver.handle(&signed(body), handle).await.as_u16()
}

fn captured() -> String {
    CANCELLED.replace("CANCELLED", "CAPTURED")
}

#[tokio::test]
async fn a_receiver_responds_by_the_result_of_the_handler() {
    let (receiver, handler) = (Receiver::new(verifier()), Handler::default());
    for (body, expected) in [
        (AUTHORIZED, 200),
        (CHECK_IN, 200),
        ("tomorrow", 200),
        (&captured(), 500),
        (AUTHORIZED, 200),
    ] {
        assert_eq!(status(&receiver, &handler, body).await, expected, "{body}");
    }
    let all = [
        "AUTHORIZED",
        "check-in",
        "unknown",
        "CAPTURED",
        "AUTHORIZED",
    ];
    assert_eq!(handler.handled(), all);

    let mut forged = signed(AUTHORIZED);
    *forged.body_mut() = CANCELLED.into();
    let mut get = signed(AUTHORIZED);
    *get.method_mut() = http::Method::GET;
    for (request, expected) in [(forged, 401), (get, 405)] {
        let handle = async |event| handler.handle(event).await;
        let status = receiver.handle(&request, handle).await;
        assert_eq!(status.as_u16(), expected);
    }
    assert_eq!(handler.handled().len(), all.len());
}

#[tokio::test]
async fn a_handled_event_is_not_handled_twice() {
    let handler = Handler::default();
    let receiver = Receiver::new(verifier()).deduplicate(MemoryEventStore::default());
    let receiver = [receiver.clone(), receiver];
    for round in 0..2 {
        let receiver = &receiver[round];
        for body in [AUTHORIZED, CANCELLED, CHECK_IN, "tomorrow"] {
            assert_eq!(status(receiver, &handler, body).await, 200);
        }
        assert_eq!(status(receiver, &handler, &captured()).await, 500);
    }
    // Clones share the store. Failed events and events without an id are handled again.
    let first = ["AUTHORIZED", "CANCELLED", "check-in", "unknown", "CAPTURED"];
    assert_eq!(handler.handled(), [&first[..], &first[3..]].concat());
}

/// Two copies of an event arrive at once. The second one is refused for now, and after the first
/// one is recorded or its handler is dropped, the event is handled or acknowledged.
#[tokio::test]
async fn an_event_in_progress_is_not_handled_again() {
    let receiver = Receiver::new(verifier()).deduplicate(MemoryEventStore::default());
    let (other, entered) = (receiver.clone(), Arc::new(tokio::sync::Notify::new()));
    let has_entered = entered.clone();
    let first = tokio::spawn(async move {
        let never = async |_| {
            entered.notify_one();
            std::future::pending::<Result<(), String>>().await
        };
        receiver.handle(&signed(AUTHORIZED), never).await
    });
    has_entered.notified().await;
    let handler = Handler::default();
    assert_eq!(status(&other, &handler, AUTHORIZED).await, 503);
    assert_eq!(status(&other, &handler, CANCELLED).await, 200);
    first.abort();
    first.await.unwrap_err();
    for _ in 0..2 {
        assert_eq!(status(&other, &handler, AUTHORIZED).await, 200);
    }
    assert_eq!(handler.handled(), ["CANCELLED", "AUTHORIZED"]);
}

/// A store of the user that can fail.
#[derive(Clone, Debug, Default)]
struct OwnStore {
    recorded: Arc<Mutex<HashMap<String, u32>>>,
    fails: bool,
}

impl EventStore for OwnStore {
    fn contains<'a>(&'a self, id: &'a str) -> EventStoreFuture<'a, bool> {
        Box::pin(async move {
            if self.fails {
                return Err(EventStoreError::new("no connection"));
            }
            Ok(self.recorded.lock().unwrap().contains_key(id))
        })
    }

    fn record<'a>(&'a self, id: &'a str) -> EventStoreFuture<'a, ()> {
        Box::pin(async move {
            *self
                .recorded
                .lock()
                .unwrap()
                .entry(id.to_owned())
                .or_default() += 1;
            if self.fails {
                return Err(EventStoreError::new("no connection"));
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn an_event_is_recorded_after_its_handler_succeeded() {
    for fails in [false, true] {
        let store = OwnStore {
            fails,
            ..OwnStore::default()
        };
        let receiver = Receiver::new(verifier()).deduplicate(store.clone());
        let handler = Handler::default();
        for (body, expected) in [(AUTHORIZED, 200), (&captured(), 500), (AUTHORIZED, 200)] {
            assert_eq!(status(&receiver, &handler, body).await, expected);
        }
        let recorded = store.recorded.lock().unwrap().clone();
        let times = if fails { 2 } else { 1 };
        assert_eq!(
            recorded,
            HashMap::from([("1304787731 AUTHORIZED".to_owned(), times)])
        );
        assert_eq!(handler.handled().len(), if fails { 3 } else { 2 });
    }
}

#[tokio::test]
async fn the_axum_handler_responds_as_the_receiver_does() {
    use axum::body::Body;
    use tower::ServiceExt as _;

    let handler = Handler::default();
    let receiver = Receiver::new(verifier()).deduplicate(MemoryEventStore::default());
    let hook = vipps::webhooks::axum::events(receiver, {
        let handler = handler.clone();
        move |event| {
            let handler = handler.clone();
            async move { handler.handle(event).await }
        }
    });
    let app: axum::Router = axum::Router::new().route("/hooks/vipps", hook);
    let respond = async |request: Request<bytes::Bytes>| {
        let mut request = request.map(Body::from);
        *request.uri_mut() = "/hooks/vipps".parse().unwrap();
        app.clone().oneshot(request).await.unwrap().status()
    };
    for body in [AUTHORIZED, AUTHORIZED, CHECK_IN, "tomorrow"] {
        assert_eq!(respond(signed(body)).await, StatusCode::OK, "{body}");
    }
    assert_eq!(
        respond(signed(&captured())).await,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(
        handler.handled(),
        ["AUTHORIZED", "check-in", "unknown", "CAPTURED"]
    );
    let mut unsigned = signed(AUTHORIZED);
    unsigned.headers_mut().clear();
    assert_eq!(respond(unsigned).await, StatusCode::UNAUTHORIZED);
    let long = signed(&" ".repeat((1 << 20) + 1));
    assert_eq!(respond(long).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(handler.handled().len(), 4);
}

/// An approval ends a wait at once, although the next poll is a minute away. The decision comes
/// from the details.
#[tokio::test(start_paused = true)]
async fn an_event_makes_a_wait_poll_at_once() {
    use std::time::Duration;
    use vipps::epayment::{PollEvent, PollInterval};

    let path = "/epayment/v1/payments/acme-shop-123-order123abc";
    let state =
        |state: &str| format!(r#"{{"reference":"acme-shop-123-order123abc","state":"{state}"}}"#);
    let recorder = vipps::testing::Recorder::new()
        .respond("GET", path, 200, &state("CREATED"))
        .respond("GET", path, 200, &state("AUTHORIZED"));
    let vipps = crate::support::on_tokio_time(&recorder).build().unwrap();
    let payment = vipps
        .epayment()
        .payment("acme-shop-123-order123abc".parse().unwrap());
    let interval = PollInterval::Every(Duration::from_secs(60));
    let mut poll = payment.wait().interval(interval).poll();
    let waiting = poll.next().await.unwrap().unwrap();
    assert!(matches!(waiting, PollEvent::Waiting(_)), "{waiting:?}");

    let trigger = poll.trigger();
    let started = tokio::time::Instant::now();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(7)).await;
        let handle = async |event| {
            if let Event::Payment(_) = event {
                trigger.poll_now();
            }
            Ok::<_, String>(())
        };
        Receiver::new(verifier())
            .handle(&signed(AUTHORIZED), handle)
            .await
    });
    let decided = poll.next().await.unwrap().unwrap();
    assert!(matches!(decided, PollEvent::Decided(_)), "{decided:?}");
    assert_eq!(started.elapsed().as_secs(), 7);
}
