//! Faults over the control API.

use super::*;

#[tokio::test]
async fn lost_response_leaves_the_money_moved() {
    let control = Control::start();
    control.initiate("order-1").await;
    control.post("orders/order-1/approve", json!({})).await;
    let fault = json!({"operation": CAPTURE, "kind": "loseResponse", "times": 1});
    let (status, fault) = control.post("faults", fault).await;
    assert_eq!((status, &fault["hits"]), (201, &json!(0)), "{fault}");
    let payment = control.vipps.ecom().payment("order-1".parse().unwrap());
    payment.capture_remaining().await.unwrap();
    assert_eq!(control.get("orders/order-1").await["captured"], 49_900);
    assert_eq!(control.get("faults").await["faults"][0]["hits"], 1);
    assert_eq!(control.sim.journal().count(CAPTURE), 2);
    let path = format!("faults/{}", fault["id"]);
    let (status, _) = control.call(Method::DELETE, &path, None).await;
    assert_eq!(status, 204);
    assert_eq!(control.get("faults").await, json!({"faults": []}));
    control.refused(Method::DELETE, &path, None, 404).await;
}

#[tokio::test]
async fn every_fault_kind_can_be_added() {
    let control = Control::start();
    let kinds = [
        json!({"kind": "status", "status": 503, "retryAfter": 7}),
        json!({"kind": "status", "status": 500, "body": {"a": 1}, "stage": "afterEffect"}),
        json!({"kind": "ecomError", "group": "VippsError", "code": "94"}),
        json!({"kind": "epaymentError", "code": "6280"}),
        json!({"kind": "delay", "seconds": 0.5, "orderId": "order-1"}),
        json!({"kind": "loseRequest", "nth": 2}),
        json!({"kind": "loseResponse"}),
        json!({"kind": "reset", "forSeconds": 60}),
        json!({"kind": "stall", "probability": 0.5, "seed": 3}),
        json!({"kind": "malformedJson"}),
        json!({"kind": "drip", "seconds": 0.5}),
        json!({"kind": "duplicate", "operation": "payment_callback"}),
    ];
    for fault in &kinds {
        let (status, made) = control.post("faults", fault.clone()).await;
        assert_eq!(status, 201, "{fault}: {made}");
    }
    let faults = control.get("faults").await;
    assert_eq!(faults["faults"].as_array().unwrap().len(), kinds.len());
    let (status, _) = control.call(Method::DELETE, "faults", None).await;
    assert_eq!(status, 204);
    assert_eq!(control.get("faults").await, json!({"faults": []}));
}

#[tokio::test]
async fn invalid_fault_names_field_rule_and_value() {
    let control = Control::start();
    for (fault, field, value) in [
        (json!({}), "kind", Value::Null),
        (json!({"kind": "explode"}), "kind", json!("explode")),
        (json!({"kind": "status"}), "status", Value::Null),
        (json!({"kind": "status", "status": 99}), "status", json!(99)),
        (
            json!({"kind": "status", "status": 1000}),
            "status",
            json!(1000),
        ),
        (
            json!({"kind": "status", "status": "x"}),
            "status",
            json!("x"),
        ),
        (
            json!({"kind": "reset", "status": 500}),
            "status",
            json!(500),
        ),
        (json!({"kind": "reset", "nth": 0}), "nth", json!(0)),
        (json!({"kind": "reset", "times": -1}), "times", json!(-1)),
        (
            json!({"kind": "reset", "probability": 1.5}),
            "probability",
            json!(1.5),
        ),
        (
            json!({"kind": "delay", "seconds": -1}),
            "seconds",
            json!(-1),
        ),
        (
            json!({"kind": "delay", "seconds": 1e300}),
            "seconds",
            json!(1e300),
        ),
        (json!({"kind": "drip"}), "seconds", Value::Null),
        (
            json!({"kind": "ecomError", "code": "94"}),
            "group",
            Value::Null,
        ),
        (
            json!({"kind": "reset", "operation": "capture"}),
            "operation",
            json!("capture"),
        ),
        (
            json!({"kind": "stall", "stage": "never"}),
            "stage",
            json!("never"),
        ),
        (
            json!({"kind": "loseResponse", "stage": "beforeEffect"}),
            "stage",
            json!("beforeEffect"),
        ),
        (
            json!({"kind": "status", "status": 429, "retryAfter": "a\nb"}),
            "retryAfter",
            json!("a\nb"),
        ),
        (json!({"kind": "reset", "colour": 1}), "colour", json!(1)),
    ] {
        let problem = control
            .refused(Method::POST, "faults", Some(fault.clone()), 400)
            .await;
        assert_eq!(problem["field"], field, "{fault}: {problem}");
        assert_eq!(problem["value"], value, "{fault}: {problem}");
        assert!(problem["rule"].is_string(), "{fault}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(field), "{detail}");
    }
    assert_eq!(control.get("faults").await, json!({"faults": []}));
}
