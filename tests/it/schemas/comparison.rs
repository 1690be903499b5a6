//! Compares schemas: members, types, required members, values and limits, except for the intended
//! differences.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::accepted_differences::{
    ACCEPTED_IN_BINDINGS, ACCEPTED_IN_READ, ACCEPTED_IN_SENT, AcceptedDifference,
};
use super::document::{Document, ECOM, EPAYMENT, QR, USERINFO, WEBHOOKS};
use super::schemas;

/// A type of the wrapper, and the component that describes the same JSON.
pub(crate) type Pair = (
    &'static str,
    &'static std::sync::LazyLock<Document>,
    &'static str,
);

/// Builders, by the body that they send.
pub(crate) const SENT: [Pair; 18] = [
    ("ecom::Cancel", &ECOM, "CancelPaymentActionRequest"),
    ("ecom::Capture", &ECOM, "PaymentActionsRequest"),
    ("ecom::ForceApprove", &ECOM, "ForceApproveRequest"),
    ("ecom::Initiate", &ECOM, "InitiatePaymentCommand"),
    ("ecom::Refund", &ECOM, "PaymentActionsRequest"),
    ("epayment::Cancel", &EPAYMENT, "CancelModificationRequest"),
    ("epayment::Capture", &EPAYMENT, "CaptureModificationRequest"),
    ("epayment::Create", &EPAYMENT, "CreatePaymentRequest"),
    ("epayment::ForceApprove", &EPAYMENT, "ForceApprove"),
    ("epayment::Refund", &EPAYMENT, "RefundModificationRequest"),
    (
        "qr::CreateMerchantRedirect",
        &QR,
        "MerchantRedirectQrRequest",
    ),
    ("qr::ExchangeCustomer", &QR, "CustomerExchangeRequest"),
    ("qr::ExchangePersonalQr", &QR, "QrExchangeRequest"),
    ("qr::OneTime", &QR, "OneTimePaymentQrRequest"),
    ("qr::PutMerchantCallback", &QR, "MerchantCallbackPutRequest"),
    (
        "qr::PutMobilePayBeacon",
        &QR,
        "MerchantCallbackMobilePayPutRequest",
    ),
    (
        "qr::UpdateMerchantRedirect",
        &QR,
        "MerchantRedirectQrUpdateRequest",
    ),
    ("webhooks::RegisterWebhook", &WEBHOOKS, "RegisterRequest"),
];

/// Types that are read, including the bodies of callbacks.
const READ: [Pair; 34] = [
    (
        "callback::PaymentUpdate",
        &ECOM,
        "ExpressCheckOutPaymentRequest",
    ),
    (
        "callback::PaymentUpdate",
        &ECOM,
        "RegularCheckOutPaymentRequest",
    ),
    (
        "callback::ShippingOptionsRequest",
        &EPAYMENT,
        "DynamicShippingGroupsRequest",
    ),
    ("callback::ShippingRequest", &ECOM, "ShippingCostAndMethod"),
    ("ecom::Address", &ECOM, "Address"),
    ("ecom::Address", &ECOM, "AddressExpress"),
    ("ecom::Event", &ECOM, "TransactionLogHistory"),
    ("ecom::InitiatedPayment", &ECOM, "PaymentInitiationResponse"),
    ("ecom::PaymentDetails", &ECOM, "TransactionDetails"),
    ("ecom::PaymentStatus", &ECOM, "PaymentStatus"),
    ("ecom::ShippingDetails", &ECOM, "PaymentShippingDetails"),
    ("ecom::ShippingDetails", &ECOM, "ShippingDetailsRequest"),
    ("ecom::Summary", &ECOM, "TransactionSummary"),
    ("ecom::Transaction", &ECOM, "CancelTransactionResponse"),
    ("ecom::Transaction", &ECOM, "RefundTransactionResponse"),
    ("ecom::Transaction", &ECOM, "TransactionResponse"),
    ("ecom::UserDetails", &ECOM, "UserDetails"),
    ("epayment::Aggregate", &EPAYMENT, "Aggregate"),
    (
        "epayment::CreatedPayment",
        &EPAYMENT,
        "CreatePaymentResponse",
    ),
    ("epayment::Modification", &EPAYMENT, "ModificationResponse"),
    ("epayment::PaymentDetails", &EPAYMENT, "GetPaymentResponse"),
    ("epayment::PaymentEvent", &EPAYMENT, "PaymentEvent"),
    (
        "epayment::UsedPaymentMethod",
        &EPAYMENT,
        "PaymentMethodResponse",
    ),
    ("epayment::UserDetails", &EPAYMENT, "UserDetails"),
    ("qr::CheckedInCustomer", &QR, "CustomerExchangeResponse"),
    ("qr::MerchantCallbackQr", &QR, "MerchantCallbackQr"),
    ("qr::MerchantRedirectQr", &QR, "MerchantRedirectQrResponse"),
    ("qr::OneTimeQr", &QR, "OneTimePaymentQrResponse"),
    ("qr::PersonalQrOwner", &QR, "QrExchangeResponse"),
    ("userinfo::BankAccount", &USERINFO, "UserinfoAccountInfo"),
    ("userinfo::ProfileAddress", &USERINFO, "UserinfoAddress"),
    ("userinfo::Userinfo", &USERINFO, "Userinfo"),
    ("webhooks::PaymentEvent", &EPAYMENT, "WebhookEvent"),
    ("webhooks::Webhook", &WEBHOOKS, "Webhook"),
];

const RESPONSES: [Pair; 2] = [
    (
        "callback::ShippingResponse",
        &ECOM,
        "FetchShippingCostResponse",
    ),
    ("ecom::ShippingMethod", &ECOM, "ShippingDetails"),
];

const LIMITS: [&str; 7] = [
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
];

/// The differences between two schemas, as `member: keyword ours / theirs`.
#[derive(Default)]
struct Differences(BTreeSet<String>);

/// One side of a comparison, with its references resolved.
struct Side<'a> {
    schema: Map<String, Value>,
    resolve: &'a dyn Fn(&Value) -> Value,
}

impl Side<'_> {
    /// Returns the accepted kinds of value, without `null`.
    fn kinds(&self) -> BTreeSet<String> {
        let kinds = match &self.schema.get("type") {
            Some(Value::String(kind)) => vec![kind.clone()],
            Some(Value::Array(kinds)) => kinds
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => vec![],
        };
        kinds.into_iter().filter(|kind| kind != "null").collect()
    }

    fn words(&self, keyword: &str) -> BTreeSet<String> {
        let words = self.schema.get(keyword).and_then(Value::as_array);
        let text = |word: &Value| word.as_str().map(str::to_owned);
        words.into_iter().flatten().filter_map(text).collect()
    }

    fn inner(&self, keyword: &str, name: &str) -> Value {
        (self.resolve)(&self.schema[keyword][name])
    }

    fn members(&self) -> BTreeSet<String> {
        let members = self.schema.get("properties").and_then(Value::as_object);
        members
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    }
}

impl Differences {
    fn note(&mut self, at: &str, keyword: &str, ours: &Value, theirs: &Value) {
        let at = if at.is_empty() { "." } else { at };
        self.0.insert(format!("{at}: {keyword} {ours} / {theirs}"));
    }

    fn compare(&mut self, at: &str, ours: &Side<'_>, theirs: &Side<'_>, is_read: bool) {
        let list = |words: &BTreeSet<String>| words.iter().cloned().collect::<Value>();
        if ours.kinds() != theirs.kinds() {
            self.note(at, "type", &list(&ours.kinds()), &list(&theirs.kinds()));
        }
        // Values in responses are open: the values of the documents are only examples.
        let known = if is_read { "examples" } else { "enum" };
        let missing: BTreeSet<_> = theirs
            .words("enum")
            .difference(&ours.words(known))
            .cloned()
            .collect();
        let more: BTreeSet<_> = ours
            .words("enum")
            .difference(&theirs.words("enum"))
            .cloned()
            .collect();
        for (keyword, words) in [("without the value", missing), ("with the value", more)] {
            for word in words {
                self.note(at, keyword, &word.into(), &Value::Null);
            }
        }
        for limit in LIMITS {
            let is_number = theirs.kinds().contains("integer");
            let of = |side: &Side<'_>| side.schema.get(limit).cloned().unwrap_or_default();
            let (ours, theirs) = (of(ours), of(theirs));
            // Patterns of numbers in the documents have no effect.
            let means_nothing = limit == "pattern" && is_number;
            let loosened = is_read && ours.is_null();
            if !same(&ours, &theirs) && !means_nothing && !loosened {
                self.note(at, limit, &ours, &theirs);
            }
        }
        let required = |side: &Side<'_>| side.words("required");
        let (our_required, their_required) = (required(ours), required(theirs));
        for name in our_required.symmetric_difference(&their_required) {
            let is_ours = our_required.contains(name);
            if !is_read || is_ours {
                self.note(
                    &step(at, name),
                    "required",
                    &is_ours.into(),
                    &(!is_ours).into(),
                );
            }
        }
        self.members(at, ours, theirs, is_read);
    }

    fn members(&mut self, at: &str, ours: &Side<'_>, theirs: &Side<'_>, is_read: bool) {
        let (our_members, their_members) = (ours.members(), theirs.members());
        for name in our_members.symmetric_difference(&their_members) {
            let is_ours = our_members.contains(name);
            self.note(
                &step(at, name),
                "present",
                &is_ours.into(),
                &(!is_ours).into(),
            );
        }
        let mut compare_inner = |at: &str, our_schema: Value, their_schema: Value| {
            let side = |schema, resolve| Side {
                schema: object(schema),
                resolve,
            };
            self.compare(
                at,
                &side(our_schema, ours.resolve),
                &side(their_schema, theirs.resolve),
                is_read,
            );
        };
        for name in our_members.intersection(&their_members) {
            let (our_schema, their_schema) = (
                ours.inner("properties", name),
                theirs.inner("properties", name),
            );
            compare_inner(&step(at, name), our_schema, their_schema);
        }
        if let (Some(our_schema), Some(their_schema)) =
            (ours.schema.get("items"), theirs.schema.get("items"))
        {
            let (our_schema, their_schema) =
                ((ours.resolve)(our_schema), (theirs.resolve)(their_schema));
            compare_inner(&format!("{at}[]"), our_schema, their_schema);
        }
    }
}

fn step(at: &str, name: &str) -> String {
    match at {
        "" => name.to_owned(),
        _ => format!("{at}.{name}"),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Numbers are compared as numbers: 0 is 0.0.
fn same(one: &Value, other: &Value) -> bool {
    one == other || (one.as_f64().is_some() && one.as_f64() == other.as_f64())
}

/// Each of our schemas is a document with definitions. An optional schema is a choice between the
/// schema and null.
fn resolve_ours(root: &Value, schema: &Value) -> Value {
    let schema = match schema["anyOf"].as_array() {
        Some(choices) => choices
            .iter()
            .find(|choice| choice["type"] != "null")
            .unwrap(),
        None => schema,
    };
    match schema["$ref"].as_str() {
        Some(reference) => root
            .pointer(reference.trim_start_matches('#'))
            .unwrap()
            .clone(),
        None => schema.clone(),
    }
}

fn differences_between(
    ours: &Value,
    document: &Document,
    component: &Value,
    is_read: bool,
) -> BTreeSet<String> {
    let mut differences = Differences::default();
    let of_ours = |schema: &Value| resolve_ours(ours, schema);
    let of_theirs = |schema: &Value| document.resolve(schema).clone();
    let (our_schema, their_schema) = (
        Side {
            schema: object(of_ours(ours)),
            resolve: &of_ours,
        },
        Side {
            schema: object(of_theirs(component)),
            resolve: &of_theirs,
        },
    );
    differences.compare("", &our_schema, &their_schema, is_read);
    differences.0
}

/// Every difference of these pairs, by the pair.
fn all(pairs: &[Pair], is_read: bool) -> BTreeMap<String, BTreeSet<String>> {
    let schemas = schemas();
    let of = |(name, document, component): &Pair| {
        let schema = document.component(component);
        let found = differences_between(&schemas[name], document, schema, is_read);
        (format!("{name} / {component}"), found)
    };
    pairs.iter().map(of).collect()
}

/// Asserts that the differences are exactly the accepted ones.
fn assert_accepted(found: &BTreeMap<String, BTreeSet<String>>, rules: &[&[AcceptedDifference]]) {
    let rules: Vec<&AcceptedDifference> = rules.iter().copied().flatten().collect();
    let differences = || {
        found
            .iter()
            .flat_map(|(of, all)| all.iter().map(move |one| (of, one)))
    };
    let unexpected: Vec<_> = differences()
        .filter(|(_, one)| !rules.iter().any(|rule| rule.explains(one)))
        .map(|(of, one)| format!("{of}: {one}"))
        .collect();
    assert!(
        unexpected.is_empty(),
        "unexpected differences:\n{}",
        unexpected.join("\n")
    );
    for rule in &rules {
        for member in rule.members {
            let of_it = |one: &str| {
                let (at, _) = one.split_once(": ").unwrap();
                at.trim_end_matches("[]").rsplit('.').next() == Some(member) && rule.explains(one)
            };
            let used = differences().any(|(_, one)| of_it(one));
            assert!(
                used,
                "{member} agrees: {} ({})",
                rule.kinds.join(", "),
                rule.reason
            );
        }
    }
}

#[test]
fn sent_schemas_agree_with_the_documents() {
    let mut found = all(&SENT, false);
    found.extend(all(&RESPONSES, false));
    assert_accepted(&found, &[ACCEPTED_IN_SENT]);
}

#[test]
fn read_schemas_agree_with_the_documents() {
    assert_accepted(&all(&READ, true), &[ACCEPTED_IN_READ]);
}

/// Every type with a component is compared.
#[test]
fn every_type_is_compared() {
    let compared: BTreeSet<&str> = [&SENT[..], &READ, &RESPONSES]
        .concat()
        .iter()
        .map(|pair| pair.0)
        .collect();
    let texts: Vec<_> = super::values::texts().iter().map(|of| of.name).collect();
    let others: Vec<_> = schemas()
        .into_keys()
        .filter(|name| !name.starts_with("types::"))
        .filter(|name| !compared.contains(name) && !texts.contains(name))
        .collect();
    let texts_and_webhooks = [
        "callback::AddressType",
        "callback::CallbackStatus",
        "ecom::Operation",
        "ecom::TransactionStatus",
        "epayment::Address",
        "epayment::EventName",
        "epayment::PaymentMethodKind",
        "epayment::PaymentState",
        "qr::Category",
        "qr::Ttl",
        "userinfo::AddressType",
        "webhooks::CheckIn",
        "webhooks::EventType",
    ];
    assert_eq!(others, texts_and_webhooks);
}

/// Returns the components that a request can contain.
fn sent_by(document: &Document) -> BTreeSet<String> {
    fn follow(document: &Document, value: &Value, found: &mut BTreeSet<String>) {
        if let Some(reference) = value["$ref"].as_str() {
            let target = document
                .root
                .pointer(reference.trim_start_matches('#'))
                .unwrap();
            match reference.strip_prefix("#/components/schemas/") {
                Some(name) if !found.insert(name.to_owned()) => {}
                _ => follow(document, target, found),
            }
        }
        let inner = value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, inner)| inner);
        let items = value.as_array().into_iter().flatten();
        inner
            .chain(items)
            .for_each(|inner| follow(document, inner, found));
    }
    let mut found = BTreeSet::new();
    let paths = document.root["paths"].as_object().unwrap();
    for operation in paths.values().filter_map(Value::as_object).flatten() {
        follow(document, &operation.1["requestBody"], &mut found);
    }
    // The merchant's response to a callback is sent, too.
    found.insert("FetchShippingCostResponse".to_owned());
    found
}

#[test]
fn schemas_of_the_bindings_agree_with_the_documents() {
    let mut found = BTreeMap::new();
    for (api, document, schemas) in [
        ("ecom", &*ECOM, vipps::raw::ecom::schemas()),
        ("qr", &*QR, vipps::raw::qr::schemas()),
    ] {
        let sent = sent_by(document);
        let components = document.root["components"]["schemas"].as_object().unwrap();
        for (name, component) in components
            .iter()
            .filter(|(_, schema)| schema["properties"].is_object())
        {
            let schema = &schemas
                .get(name.as_str())
                .unwrap_or_else(|| panic!("{name} is missing"));
            let schema = schema.as_value().clone();
            let differences =
                differences_between(&schema, document, component, !sent.contains(name));
            found.insert(format!("{api}::{name}"), differences);
        }
    }
    assert!(found.len() > 40, "{}", found.len());
    assert_accepted(&found, &[ACCEPTED_IN_BINDINGS]);
}
