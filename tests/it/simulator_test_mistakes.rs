//! A mistake in a test fails in that test, and a request that cannot be read is refused.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use vipps::simulator::Simulator;

use crate::simulator_shop::{Shop, payment};

/// The message of the panic that this makes, and the file that it is attributed to.
fn panic_of<T>(run: impl FnOnce() -> T) -> Option<String> {
    let error = catch_unwind(AssertUnwindSafe(run)).err()?;
    let text = error.downcast_ref::<String>().cloned();
    text.or_else(|| error.downcast_ref::<&str>().map(|text| (*text).to_owned()))
}

#[test]
fn fault_with_an_invalid_status_panics_where_it_is_made() {
    let sim = Simulator::builder().in_memory().unwrap();
    for status in [0, 42, 100, 103, 199, 1000, u16::MAX] {
        let rule = || sim.faults().any();
        for message in [
            panic_of(|| rule().status(status)),
            panic_of(|| rule().status_with_body(status, "{}")),
        ] {
            let message = message.unwrap_or_else(|| panic!("{status} is taken"));
            assert!(message.contains(&format!("got {status}")), "{message}");
        }
    }
    for status in [200, 204, 302, 418, 599, 999] {
        assert_eq!(panic_of(|| sim.faults().any().status(status)), None);
    }
}

#[test]
fn fault_with_an_invalid_retry_after_panics_where_it_is_made() {
    let sim = Simulator::builder().in_memory().unwrap();
    for value in ["7\n", "\u{0}", "soon\r\nx: y"] {
        let message = panic_of(|| sim.faults().any().retry_after(value)).unwrap();
        assert!(message.starts_with("retry_after"), "{message}");
    }
    assert_eq!(panic_of(|| sim.faults().any().retry_after(7)), None);
}

#[test]
fn fault_with_impossible_numbers_panics_where_it_is_made() {
    let sim = Simulator::builder().in_memory().unwrap();
    for probability in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let message = panic_of(|| sim.faults().any().probability(probability)).unwrap();
        assert!(message.starts_with("probability"), "{message}");
    }
    assert!(
        panic_of(|| sim.faults().any().nth(0))
            .unwrap()
            .starts_with("nth")
    );
    assert_eq!(
        panic_of(|| sim.faults().any().probability(0.5).nth(1)),
        None
    );
}

fn express(methods: Value) -> Value {
    let mut body = payment("order-1", 1000);
    body["merchantInfo"]["paymentType"] = "eComm Express Payment".into();
    body["merchantInfo"]["consentRemovalPrefix"] = "https://example.com/consents".into();
    body["merchantInfo"]["shippingDetailsPrefix"] = "https://example.com/shipping".into();
    body["merchantInfo"]["staticShippingDetails"] = methods;
    body
}

/// Otherwise the customer would choose among fewer methods than the merchant offers, or the
/// simulator would request methods that the payment contains.
#[test]
fn shipping_method_that_cannot_be_read_is_refused_by_its_place() {
    let method = |cost: Value| {
        json!({"isDefault": "Y", "shippingCost": cost, "shippingMethod": "Post",
               "shippingMethodId": "post"})
    };
    for cost in [json!(0.001), json!(1e30), json!("ten")] {
        let shop = Shop::new();
        let methods = json!([method(json!(10)), method(cost.clone())]);
        let (status, body) = shop.initiate(&express(methods));
        let code = &body[0]["errorCode"];
        let field = "merchantInfo.staticShippingDetails.1.shippingCost";
        assert_eq!((status, code), (400, &json!(field)), "{cost}: {body}");
    }
    let shop = Shop::new();
    let methods = json!([method(json!(10)), method(json!(99.5))]);
    assert_eq!(shop.initiate(&express(methods)).0, 200);
}
