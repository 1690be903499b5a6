//! The simulator counts calls for each order.

use serde_json::{Value, json};

use crate::simulator_shop::{Shop, payment};

#[test]
fn requests_without_an_order_id_are_not_limited_together() {
    let shop = Shop::new();
    let mut without = payment("order-1", 1000);
    without["transaction"]
        .as_object_mut()
        .unwrap()
        .remove("orderId");
    let mut empty = payment("", 1000);
    empty["transaction"]["transactionText"] = "No order id".into();
    let mut number = payment("order-1", 1000);
    number["transaction"]["orderId"] = 17.into();
    for body in [without, empty, number, Value::Null, json!({}), json!([])] {
        for _ in 0..3 {
            let (status, response) = shop.initiate(&body);
            assert_eq!(status, 400, "{body} {response}");
        }
    }
    assert_eq!(shop.initiate(&payment("order-1", 1000)).0, 200);
}

#[test]
fn requests_for_one_order_are_limited() {
    let shop = Shop::new();
    let statuses = |order: &str| [(); 3].map(|()| shop.initiate(&payment(order, 1000)).0);
    assert_eq!(statuses("order-1"), [200, 400, 429]);
    assert_eq!(statuses("order-2"), [200, 400, 429]);
}
