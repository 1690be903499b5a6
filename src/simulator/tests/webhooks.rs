//! The registrations of the Webhooks API.

use super::*;

const WEBHOOKS: &str = "/webhooks/v1/webhooks";
const URL: &str = "https://shop.example.com/hooks";
const PAID: &str = "epayments.payment.authorized.v1";
const OTHER_UNIT: &str = "654321";

impl Harness {
    fn webhooks(
        &mut self,
        method: Method,
        owner: Option<&str>,
        id: &str,
        body: Option<Value>,
    ) -> Response {
        let path = format!("{WEBHOOKS}{id}");
        let request = self.signed(method, &path, body);
        let request = match owner {
            Some(owner) => request.with("merchant-serial-number", owner),
            None => request.without("merchant-serial-number"),
        };
        self.send(request)
    }

    fn register(&mut self, owner: Option<&str>, url: &str, events: &[&str]) -> Response {
        let body = json!({"url": url, "events": events});
        self.webhooks(Method::POST, owner, "", Some(body))
    }

    fn registered(&mut self, owner: Option<&str>, events: &[&str]) -> Value {
        let response = self.register(owner, URL, events);
        assert_eq!(response.status, 201, "{response:?}");
        json_of(&response)
    }

    fn listed(&mut self, owner: Option<&str>) -> Value {
        let response = self.webhooks(Method::GET, owner, "", None);
        assert_eq!(response.status, 200, "{response:?}");
        json_of(&response)
    }

    fn delete_webhook(&mut self, owner: Option<&str>, id: &str) -> Response {
        self.webhooks(Method::DELETE, owner, &format!("/{id}"), None)
    }
}

/// Returns the member and the reason of a refusal.
#[track_caller]
fn refusal(response: &Response) -> (String, String) {
    assert_eq!(response.status, 400, "{response:?}");
    assert_eq!(response.encoded().0, Some("application/problem+json"));
    let body = json_of(response);
    assert_eq!(body["title"], "Bad Request");
    assert_eq!(body["instance"], "/v1/webhooks");
    assert_eq!(body["traceId"].as_str().unwrap().len(), 55, "{body}");
    let detail = |name: &str| body["extraDetails"][0][name].as_str().unwrap().to_owned();
    (detail("name"), detail("reason"))
}

#[test]
fn secret_is_in_the_response_to_register_only() {
    let mut harness = Harness::new();
    let first = harness.registered(Some(MSN), &[PAID, PAID]);
    let second = harness.registered(Some(MSN), &[PAID]);
    assert_ne!(first["id"], second["id"]);
    assert_ne!(first["secret"], second["secret"]);
    assert_eq!(first["secret"].as_str().unwrap().len(), 88);
    let expected = json!({"webhooks": [
        {"id": first["id"], "url": URL, "events": [PAID]},
        {"id": second["id"], "url": URL, "events": [PAID]},
    ]});
    assert_eq!(harness.listed(Some(MSN)), expected);
}

#[test]
fn registrations_are_separate_for_each_owner() {
    let mut harness = Harness::new();
    let owners = [Some(MSN), Some(OTHER_UNIT), None];
    let ids = owners.map(|owner| {
        let id = harness.registered(owner, &[PAID])["id"].clone();
        id.as_str().unwrap().to_owned()
    });
    for (owner, id) in owners.into_iter().zip(&ids) {
        let listed = harness.listed(owner);
        assert_eq!(listed["webhooks"].as_array().unwrap().len(), 1);
        assert_eq!(listed["webhooks"][0]["id"], id.as_str());
    }
    assert_eq!(harness.delete_webhook(Some(MSN), &ids[1]).status, 404);
    assert_eq!(harness.delete_webhook(Some(MSN), &ids[2]).status, 404);
    assert_eq!(harness.delete_webhook(None, &ids[2]).status, 204);
    assert_eq!(harness.listed(None), json!({"webhooks": []}));
    assert_eq!(harness.delete_webhook(None, &ids[2]).status, 404);
    let foreign = harness.register(Some("999999"), URL, &[PAID]);
    assert_eq!(foreign.status, 403, "{foreign:?}");
}

#[test]
fn url_must_be_public_and_https() {
    let mut harness = Harness::new();
    for url in [
        "http://shop.example.com/hooks",
        "https://localhost/hooks",
        "shop.example.com",
        "https://shop.example.com\\hooks",
        "",
    ] {
        let response = harness.register(Some(MSN), url, &[PAID]);
        assert_eq!(refusal(&response).0, "url", "{url}");
    }
    assert_eq!(harness.listed(Some(MSN)), json!({"webhooks": []}));
}

#[test]
fn events_must_exist() {
    let mut harness = Harness::new();
    let cases: [(&[&str], &str); 2] = [
        (&[], "must not be empty"),
        (
            &["epayments.payment.paid.v1"],
            "paid.v1 does not exist. The event types are epayments.payment.created.v1, ",
        ),
    ];
    for (events, expected) in cases {
        let response = harness.register(Some(MSN), URL, events);
        let (name, reason) = refusal(&response);
        assert_eq!(name, "events");
        assert!(reason.contains(expected), "{reason}");
    }
    let body = json!({"url": URL, "events": PAID});
    let response = harness.webhooks(Method::POST, Some(MSN), "", Some(body));
    assert_eq!(refusal(&response).0, "events");
    let response = harness.webhooks(Method::POST, Some(MSN), "", Some(json!({"events": [PAID]})));
    assert_eq!(
        refusal(&response),
        ("url".into(), "The field url is required.".into())
    );
    for event in ["recurring.charge-canceled.v1", "donations.any.v1"] {
        harness.registered(Some(MSN), &[event]);
    }
}

#[test]
fn event_type_has_at_most_25_registrations() {
    let mut harness = Harness::new();
    for _ in 0..25 {
        harness.registered(Some(MSN), &[PAID]);
    }
    let refused = harness.register(Some(MSN), URL, &["epayments.payment.created.v1", PAID]);
    let (name, reason) = refusal(&refused);
    assert!(
        name == "events" && reason.contains("at most 25"),
        "{reason}"
    );
    harness.registered(Some(MSN), &["epayments.payment.created.v1"]);
    harness.registered(Some(OTHER_UNIT), &[PAID]);
    harness.registered(None, &[PAID]);
}

#[test]
fn check_in_has_one_registration_for_each_owner() {
    let mut harness = Harness::new();
    for owner in [Some(MSN), None] {
        let first = harness.registered(owner, &[CHECK_IN_EVENT]);
        let refused = harness.register(owner, "https://other.example.com/", &[CHECK_IN_EVENT]);
        assert!(refusal(&refused).1.contains("at most 1"));
        let id = first["id"].as_str().unwrap();
        assert_eq!(harness.delete_webhook(owner, id).status, 204);
        harness.registered(owner, &[CHECK_IN_EVENT]);
    }
}

#[test]
fn id_of_delete_is_a_uuid() {
    let mut harness = Harness::new();
    let id = harness.registered(Some(MSN), &[PAID])["id"].clone();
    assert_eq!(refusal(&harness.delete_webhook(Some(MSN), "1")).0, "id");
    let id = id.as_str().unwrap().to_uppercase();
    assert_eq!(harness.delete_webhook(Some(MSN), &id).status, 204);
}

#[test]
fn check_in_prefers_the_registration_of_the_sales_unit() {
    let mut harness = Harness::new();
    harness.registered(None, &[CHECK_IN_EVENT]);
    let own = harness.registered(Some(MSN), &[CHECK_IN_EVENT]);
    let id = own["id"].as_str().unwrap();
    let signer = |harness: &mut Harness| {
        harness.check_in().unwrap();
        assert_eq!(harness.state.outbox.len(), 1);
        let signed_by = harness.state.outbox.pop().unwrap().signed_by.unwrap();
        signed_by.sales_unit
    };
    assert_eq!(signer(&mut harness).as_deref(), Some(MSN));
    assert_eq!(harness.delete_webhook(Some(MSN), id).status, 204);
    assert_eq!(signer(&mut harness), None);
}
