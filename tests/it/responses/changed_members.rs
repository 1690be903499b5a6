//! Responses with missing, mistyped and new members and values, as of later versions of the API.

use std::sync::{LazyLock, PoisonError};

use proptest::prelude::*;

use super::*;

/// A documented response of each operation.
const ALL: [(Kind, &str); 8] = [
    (Initiate, INITIATED),
    (Capture, CAPTURED),
    (Cancel, CANCELLED),
    (Cancel, RELEASED),
    (Refund, REFUNDED),
    (Details, DETAILS),
    (Status, STATUS),
    (ForceApprove, r#"{"ok":true}"#),
];

fn stringify(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(stringify),
        Value::Object(members) => members.values_mut().for_each(stringify),
        _ => {}
    }
}

/// Some responses contain numbers as texts.
#[tokio::test]
async fn numbers_as_strings_are_read() {
    let api = Api::new();
    for (kind, body) in ALL {
        let mut value: Value = serde_json::from_str(body).unwrap();
        stringify(&mut value);
        assert_eq!(
            read(&api, kind, &value.to_string()).await.unwrap(),
            read(&api, kind, body).await.unwrap()
        );
    }
}

/// The JSON pointers to every value inside.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let mut child = |key: &str, value: &Value| {
        let pointer = format!("{at}/{key}");
        all.push(pointer.clone());
        pointers(value, &pointer, all);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| child(key, value)),
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                child(&n.to_string(), value);
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(key)),
        Some(Value::Array(items)) => drop(items.remove(key.parse().expect("an index"))),
        _ => unreachable!("{pointer}"),
    }
}

/// Returns true if the replacement contradicts the rest of the response.
fn contradicts(kind: Kind, pointer: &str, replacement: &Value, rest: &Value) -> bool {
    match pointer {
        "/orderId" => kind != ForceApprove && (replacement == "x" || replacement == 7),
        // Money is left to capture although everything was captured or released.
        "/transactionSummary/remainingAmountToCapture" => {
            matches!(kind, Capture | Cancel) && replacement == 7
        }
        // Less is refunded than requested.
        "/transaction/amount" | "/transactionSummary/refundedAmount" if kind == Refund => {
            replacement == 7
        }
        // The refunded and refundable amounts exceed the captured amount.
        "/transactionSummary/capturedAmount"
        | "/transactionSummary/refundedAmount"
        | "/transactionSummary/remainingAmountToRefund" => {
            let mut changed = rest.clone();
            *changed.pointer_mut(pointer).unwrap() = replacement.clone();
            let sum = |name: &str| changed["transactionSummary"][name].as_i64().unwrap();
            matches!(kind, Capture | Cancel | Refund)
                && replacement == 7
                && sum("refundedAmount") + sum("remainingAmountToRefund") > sum("capturedAmount")
        }
        _ => false,
    }
}

/// Every member but the landing page and the history may be missing or of any kind.
#[tokio::test]
async fn missing_or_mistyped_members_do_not_break_reading() {
    let api = Api::new();
    for (kind, body) in ALL {
        let value: Value = serde_json::from_str(body).unwrap();
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        for pointer in all {
            let needed = pointer == "/url" || pointer == "/transactionLogHistory";
            let mut changed = value.clone();
            remove(&mut changed, &pointer);
            let result = read(&api, kind, &changed.to_string()).await;
            assert_eq!(
                result.is_err(),
                needed,
                "{kind:?} without {pointer}: {result:?}"
            );
            for replacement in [
                json!(null),
                json!(""),
                json!("x"),
                json!(7),
                json!(-1.5e300),
                json!(true),
                json!([]),
                json!([1]),
                json!({}),
                json!({"a": 1}),
            ] {
                let mut changed = value.clone();
                *changed.pointer_mut(&pointer).unwrap() = replacement.clone();
                let result = read(&api, kind, &changed.to_string()).await;
                let is_history = pointer == "/transactionLogHistory" && replacement.is_array();
                assert_eq!(
                    result.is_err(),
                    (needed && !is_history) || contradicts(kind, &pointer, &replacement, &value),
                    "{kind:?} {pointer} {replacement}: {result:?}"
                );
                if let Err(error) = result {
                    assert_eq!(error.kind(), ErrorKind::Decode);
                    let unclear = !matches!(kind, Details | Status);
                    assert_eq!(error.outcome() == Outcome::Unknown, unclear);
                }
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Any name, or the name of another member of the API.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "transaction",
            "transactionInfo",
            "transactionSummary",
            "transactionsummary",
            "transactionLogHistory",
            "postCode",
            "zipCode",
            "userDetails",
            "shippingDetails",
            "sub",
            "errorInfo",
            "errorMessage",
            "message",
            "status",
            "operation",
            "id",
            "amount",
            "shippingCost",
            "requestId",
            "timeStamp",
            "currency",
        ])
        .prop_map(str::to_owned),
    ]
}

/// A client that all cases share, since creating a client is slow. The lock admits one test at a
/// time.
static API: LazyLock<Mutex<(Api, Vipps)>> = LazyLock::new(|| Mutex::new(Api::new()));

fn read_now(kind: Kind, body: &str) -> Result<String, Error> {
    let api = API.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(read(&api, kind, body))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_new_member_and_any_new_value_is_read(
        sample in prop::sample::select(ALL.to_vec()),
        place in any::<prop::sample::Index>(),
        name in any_name(),
        extra in any_json(),
        word in any::<String>(),
    ) {
        let (kind, body) = sample;
        let original: Value = serde_json::from_str(body).unwrap();
        let mut value = original.clone();
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        all.push(String::new());
        // The members whose values are words of the API.
        for pointer in &all {
            if pointer.ends_with("/status") || pointer.ends_with("/operation")
                || pointer.ends_with("/paymentInstrument") || pointer.ends_with("/country")
            {
                *value.pointer_mut(pointer).unwrap() = Value::String(word.clone());
            }
        }
        all.retain(|pointer| value.pointer(pointer).is_some_and(Value::is_object));
        let target = value.pointer_mut(place.get::<String>(&all)).and_then(Value::as_object_mut).unwrap();
        // A success with an additional error is not a success of a write.
        let is_write = matches!(kind, Capture | Cancel | Refund);
        let is_error = is_write && name.to_ascii_lowercase().starts_with("error");
        // A duplicate member, in any combination of upper and lower case, is a contradiction.
        if !is_error && !target.keys().any(|known| known.eq_ignore_ascii_case(&name)) {
            target.insert(name, extra);
        }
        let result = read_now(kind, &value.to_string());
        prop_assert!(result.is_ok(), "{kind:?} {value}: {result:?}");
    }

    /// An unknown word is preserved unchanged.
    #[test]
    fn unknown_enum_values_are_preserved(word in "[A-Z_]{1,20}[0-9]") {
        let body = STATUS.replace("RESERVE", &word);
        let details = DETAILS.replace("REFUND\"", &format!("{word}\""));
        let printed = read_now(Status, &body).unwrap();
        prop_assert!(printed.contains(&word), "{printed}");
        let printed = read_now(Details, &details).unwrap();
        prop_assert!(printed.contains(&word), "{printed}");
    }
}
