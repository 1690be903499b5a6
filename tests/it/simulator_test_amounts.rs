//! Test amounts and scopes that the simulator does not model are refused, not ignored.

use std::time::Duration;

use serde_json::json;

use crate::simulator_shop::{Shop, payment};

#[test]
fn payments_of_unmodelled_test_amounts_get_501() {
    let shop = Shop::new();
    for (order, amount) in [("order-1", 201), ("order-2", 202)] {
        let (status, body) = shop.initiate(&payment(order, amount));
        assert_eq!(status, 501, "{body}");
        let detail = body["detail"].as_str().unwrap();
        assert!(
            detail.contains(&format!("test amount {amount}")),
            "{detail}"
        );
        let details = shop.get(&format!("/ecomm/v2/payments/{order}/details"));
        assert_eq!(details.0, 404);
    }
}

#[test]
fn refunds_of_unmodelled_test_amounts_get_501() {
    let shop = Shop::new();
    for (order, amount) in [("order-1", 123), ("order-2", 124)] {
        shop.initiate(&payment(order, 1000 + amount));
        shop.sim.payer().approve(order).unwrap();
        let act = |action: &str, amount: i64| {
            let body = json!({
                "merchantInfo": {"merchantSerialNumber": "123456"},
                "transaction": {"transactionText": "Socks", "amount": amount},
            });
            let path = format!("/ecomm/v2/payments/{order}/{action}");
            let key = format!("{action}-{amount}");
            shop.send_with("POST", &path, &[("x-request-id", &key)], &body)
        };
        assert_eq!(act("capture", 0).0, 200);
        let (status, body) = act("refund", amount);
        assert_eq!(status, 501, "{body}");
        assert!(body["detail"].as_str().unwrap().contains("test amount"));
        assert_eq!(shop.sim.account(order).unwrap().refunded(), 0);
        // The rest is the same amount, whether or not it is named.
        assert_eq!(act("refund", 1000).0, 200);
        assert_eq!(act("refund", 0).0, 501);
        assert_eq!(shop.sim.account(order).unwrap().refunded(), 1000);
    }
}

#[test]
fn each_scope_shares_what_it_names() {
    let members = [
        ("name", "firstName"),
        ("email", "email"),
        ("phoneNumber", "mobileNumber"),
        ("birthDate", "dateOfBirth"),
    ];
    let shop = Shop::new();
    for (scope, member) in members {
        let mut body = payment(scope, 1000);
        body["transaction"]["scope"] = scope.into();
        assert_eq!(shop.initiate(&body).0, 200);
        shop.sim.payer().approve(scope).unwrap();
        let (_, details) = shop.get(&format!("/ecomm/v2/payments/{scope}/details"));
        for (other, shown) in members {
            let is_shown = details["userDetails"].get(shown).is_some();
            assert_eq!(is_shown, shown == member, "{scope}, {other}: {details}");
        }
    }
}

/// The details of a payment contain no address for a scope, but the `sub` for the Userinfo API.
#[test]
fn address_scope_leads_to_the_userinfo_api() {
    let shop = Shop::new();
    let mut body = payment("order-1", 1000);
    body["transaction"]["scope"] = "address".into();
    shop.initiate(&body);
    shop.sim.payer().approve("order-1").unwrap();
    shop.sim.clock().advance(Duration::from_secs(1));
    let (_, details) = shop.get("/ecomm/v2/payments/order-1/details");
    let path = format!(
        "/vipps-userinfo-api/userinfo/{}",
        details["sub"].as_str().unwrap()
    );
    let (status, body) = shop.get(&path);
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["address"]["postal_code"], "0191");
}
