//! Members and values of later API versions.

use proptest::prelude::*;

use super::*;

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(".{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const LEVELS: [&str; 5] = [
    "",
    "/transactionInfo",
    "/userDetails",
    "/shippingDetails",
    "/shippingDetails/address",
];

proptest! {
    #[test]
    fn extra_members_and_new_values_change_nothing_else(
        status in ".{0,20}",
        name in "x[a-zA-Z]{0,8}",
        value in anything(),
        level in 0..LEVELS.len(),
    ) {
        let mut body: Value = serde_json::from_str(EXPRESS).unwrap();
        body["transactionInfo"]["status"] = status.clone().into();
        body.pointer_mut(LEVELS[level]).unwrap()[&name] = value;
        let found = update(&body.to_string());
        let expected = (!status.is_empty()).then(|| CallbackStatus::from(status.as_str()));
        prop_assert_eq!(&found.status, &expected);
        if let Some(CallbackStatus::Unknown(text)) = found.status {
            prop_assert_eq!(text, status);
        }
        let known = update(EXPRESS);
        prop_assert_eq!(found.transaction_id, known.transaction_id);
        prop_assert_eq!(found.user.unwrap().email, known.user.unwrap().email);
        let (found, known) = (found.shipping.unwrap(), known.shipping.unwrap());
        prop_assert_eq!(found.shipping_cost, known.shipping_cost);
        prop_assert_eq!(found.address.unwrap().post_code, known.address.unwrap().post_code);
    }

    #[test]
    fn any_value_of_any_member_is_read(
        pointer in prop::sample::select(vec![
            "/merchantSerialNumber", "/transactionInfo", "/transactionInfo/amount", "/transactionInfo/status",
            "/transactionInfo/timeStamp", "/transactionInfo/transactionId", "/shippingDetails",
            "/shippingDetails/address", "/shippingDetails/shippingCost", "/userDetails", "/userDetails/userId",
        ]),
        value in anything(),
    ) {
        changed(EXPRESS, pointer, Some(value));
    }

    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = PaymentUpdate::from_slice(&body);
        let _ = ShippingRequest::from_slice("order-1".parse().unwrap(), &body);
    }

    #[test]
    fn any_user_id_comes_back_as_it_was(user_id in "[^\u{0}]{1,50}") {
        let request = request(Method::DELETE, &urls().consent_url(&user_id), Some(TOKEN), "");
        match parse(&request, &auth()).unwrap() {
            Callback::Consent(removal) => prop_assert_eq!(removal.user_id.expose(), user_id),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
