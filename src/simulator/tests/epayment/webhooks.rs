//! The webhooks about payments.

use super::*;
use crate::simulator::gateway::contract;

const ALL: [&str; 8] = [
    "created",
    "authorized",
    "captured",
    "cancelled",
    "refunded",
    "aborted",
    "expired",
    "terminated",
];

impl Harness {
    /// Registers a URL for events of the sales unit.
    fn register_for(&mut self, names: &[&str]) {
        let event = |name: &&str| format!("epayments.payment.{name}.v1");
        self.state.domain.webhooks.add(Registration {
            id: "1".into(),
            sales_unit: Some(MSN.into()),
            url: "https://example.com/hook".into(),
            secret: "secret".into(),
            events: names.iter().map(event).collect(),
        });
    }

    /// Returns the bodies of the events since the last call, which must fit the document.
    fn events(&mut self) -> Vec<Value> {
        let outbox = std::mem::take(&mut self.state.outbox);
        let events = outbox
            .into_iter()
            .filter(|outgoing| outgoing.message.id == "payment_event");
        let bodies: Vec<Value> = events.map(|outgoing| outgoing.body.unwrap()).collect();
        for body in &bodies {
            let document = &apis::epayment::DOCUMENT;
            let broken = contract::against_schema(document, "WebhookEvent", body);
            assert_eq!(broken, [""; 0], "{body}");
            assert_eq!(
                (&body["msn"], &body["reference"]),
                (&json!(MSN), &json!(ORDER))
            );
        }
        bodies
    }
}

fn names(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect()
}

#[test]
fn each_event_has_its_own_amount_and_key() {
    let mut harness = Harness::new();
    harness.register_for(&ALL);
    harness.created();
    harness.approve();
    assert_eq!(harness.modify("capture", 5_000).status, 200);
    assert_eq!(harness.modify("refund", 1_000).status, 200);
    assert_eq!(harness.cancel_payment(json!({})).status, 200);
    let events = harness.events();
    let log = harness.read("/events");
    let shown: Vec<_> = events
        .iter()
        .map(|event| {
            let value = event["amount"]["value"].as_i64().unwrap();
            let name = event["name"].as_str().unwrap();
            assert_eq!(event["success"], true);
            (name, value, event["idempotencyKey"].as_str())
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("CREATED", 20_000, Some("key-1")),
            ("AUTHORIZED", 20_000, Some("key-1")),
            ("CAPTURED", 5_000, Some("key-2")),
            ("REFUNDED", 1_000, Some("key-3")),
            ("CANCELLED", 15_000, None),
        ]
    );
    // The event log has the same references.
    let references = |events: &[Value]| -> Vec<Value> {
        events
            .iter()
            .map(|event| event["pspReference"].clone())
            .collect()
    };
    assert_eq!(references(&events), references(log.as_array().unwrap()));
}

#[test]
fn payment_that_ends_without_approval_has_one_more_event() {
    type End = fn(&mut Harness);
    let ends: [(End, &str); 3] = [
        (Harness::reject, "ABORTED"),
        (
            |harness| {
                harness.advance(Duration::from_secs(3600));
                let now = harness.now;
                harness.state.tick(now);
            },
            "EXPIRED",
        ),
        (
            |harness| assert_eq!(harness.cancel_payment(json!({})).status, 200),
            "TERMINATED",
        ),
    ];
    for (end, name) in ends {
        let mut harness = Harness::new();
        harness.register_for(&ALL);
        harness.created();
        end(&mut harness);
        assert_eq!(names(&harness.events()), ["CREATED", name]);
    }
}

#[test]
fn refused_card_is_an_authorization_without_success() {
    let mut harness = Harness::new();
    harness.register_for(&ALL);
    let response = harness.create(with("/amount", nok(182)));
    assert_eq!(response.status, 201, "{response:?}");
    assert!(harness.try_approve(None).is_err());
    let events = harness.events();
    assert_eq!(names(&events), ["CREATED", "AUTHORIZED"]);
    assert_eq!(events[1]["success"], false);
    assert_eq!(events[1].get("captureGuaranteedUntil"), None);
}

#[test]
fn approval_contains_the_data_in_the_scope() {
    let mut harness = Harness::new();
    harness.register_for(&["authorized"]);
    let body = plus(json!({"profile": {"scope": "name phoneNumber"}}));
    assert_eq!(harness.create(body).status, 201);
    harness.approve();
    let event = harness.events().pop().unwrap();
    assert_eq!(event["captureGuaranteedUntil"].as_str().unwrap().len(), 29);
    assert_eq!(event["sub"], Profile::default().subject(MSN));
    assert_eq!(
        event["userDetails"],
        json!({"firstName": "Ada", "lastName": "Lovelace", "mobileNumber": "4791234567"})
    );
    let mut harness = Harness::new();
    harness.register_for(&["authorized"]);
    harness.created();
    harness.approve();
    let event = harness.events().pop().unwrap();
    assert_eq!((event.get("sub"), event.get("userDetails")), (None, None));
}

#[test]
fn only_registered_events_are_sent_to_each_registration() {
    let mut harness = Harness::new();
    harness.register_for(&["captured"]);
    harness.register_for(&["captured", "refunded"]);
    harness.created();
    harness.approve();
    assert_eq!(harness.modify("capture", 5_000).status, 200);
    assert_eq!(harness.modify("refund", 5_000).status, 200);
    assert_eq!(
        names(&harness.events()),
        ["CAPTURED", "CAPTURED", "REFUNDED"]
    );
}

#[test]
fn ecom_payment_sends_no_events() {
    let mut harness = Harness::new();
    harness.register_for(&ALL);
    harness.open(20_000);
    harness.approve();
    assert_eq!(harness.capture(None).status, 200);
    assert!(harness.events().is_empty());
}
