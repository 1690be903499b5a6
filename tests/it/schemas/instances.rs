//! Values generated from the schemas. The document accepts what a builder's schema accepts, and
//! rejects what it rejects. Values that the schema of a response accepts can be read.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use serde_json::{Map, Value, json};
use vipps::callback::{PaymentUpdate, ShippingRequest};
use vipps::ecom::{Address, Event, PaymentDetails, ShippingDetails, UserDetails};
use vipps::types::Kroner;
use vipps::{Amount, Currency};

use super::comparison::SENT;
use super::{problems, schemas, validator};

/// Generates values that a schema allows. Length limits are applied afterwards.
fn instance(root: &Value, schema: &Value) -> BoxedStrategy<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return instance(root, target);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return Union::new(choices.iter().map(|choice| instance(root, choice))).boxed();
    }
    if let Some(words) = schema["enum"].as_array() {
        return select(words.clone()).boxed();
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    let of_kind = |kind: &Value| of_kind(root, schema, kind.as_str().unwrap());
    Union::new(kinds.iter().map(of_kind)).boxed()
}

fn of_kind(root: &Value, schema: &Value, kind: &str) -> BoxedStrategy<Value> {
    match kind {
        "null" => Just(Value::Null).boxed(),
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => {
            let min = schema["minimum"].as_i64().unwrap_or(i64::from(i32::MIN));
            let max = schema["maximum"].as_i64().unwrap_or(i64::from(i32::MAX));
            prop_oneof![min..=max, Just(min), Just(max)]
                .prop_map(Value::from)
                .boxed()
        }
        "number" => (0..2_147_483_647_i64)
            .prop_map(|ore| json!(Kroner::new(Amount::minor(ore, Currency::NOK)).unwrap()))
            .boxed(),
        "string" => string(schema),
        "array" => {
            let min = schema["minItems"].as_u64().map_or(0, usize_of);
            let max = schema["maxItems"].as_u64().map_or(3, usize_of);
            vec(instance(root, &schema["items"]), min..=max)
                .prop_map(Value::from)
                .boxed()
        }
        "object" => object(root, schema),
        other => panic!("{other}"),
    }
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

fn string(schema: &Value) -> BoxedStrategy<Value> {
    let max = schema["maxLength"].as_u64().map_or(60, usize_of);
    let min = schema["minLength"].as_u64().map_or(0, usize_of);
    let examples = schema["examples"].as_array().cloned().unwrap_or_default();
    if !examples.is_empty() {
        let is_accepted = select(examples);
        return prop_oneof![3 => is_accepted, 1 => "[A-Z_]{1,12}".prop_map(Value::from)].boxed();
    }
    let texts = match schema["pattern"].as_str() {
        // The generator does not support anchors: it always generates the whole text.
        Some(pattern) => {
            // The character classes of the generator contain all scripts.
            let pattern = pattern.replace(r"\w", "a-zA-Z0-9_");
            let pattern = pattern.replace(r"\d", "[0-9]").replace(r"\s", " ");
            let whole = pattern.trim_start_matches('^').trim_end_matches('$');
            proptest::string::string_regex(whole).unwrap().boxed()
        }
        None => "[ -~æøå]{0,40}".boxed(),
    };
    let at_the_limit = "[a-z]".prop_map(move |letter: String| letter.repeat(max));
    let texts = match schema["pattern"].as_str() {
        None if max < 300 => prop_oneof![9 => texts, 1 => at_the_limit].boxed(),
        _ => texts,
    };
    let has_length = move |text: &String| (min..=max).contains(&text.chars().count());
    texts
        .prop_filter("a length", has_length)
        .prop_map(Value::from)
        .boxed()
}

fn object(root: &Value, schema: &Value) -> BoxedStrategy<Value> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let members = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let members: Vec<_> = members
        .iter()
        .map(|(name, schema)| {
            let needed = required.contains(&json!(name));
            let name = name.clone();
            let is_present = if needed {
                Just(true).boxed()
            } else {
                any::<bool>().boxed()
            };
            (is_present, instance(root, schema))
                .prop_map(move |(is_present, value)| is_present.then(|| (name.clone(), value)))
        })
        .collect();
    members
        .prop_map(|members| members.into_iter().flatten().collect::<Map<_, _>>().into())
        .boxed()
}

/// Returns the schema of a builder, without values that the document is known to reject wrongly.
fn narrowed(name: &str) -> Value {
    fn narrow(schema: &mut Value) {
        if let Some(members) = schema["properties"].as_object_mut() {
            members.remove("category");
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "merchantSerialNumber" => member["pattern"] = json!("^[0-9]{5,6}$"),
                    "amount" => member["minimum"] = json!(100),
                    _ => {}
                }
                narrow(member);
                if member["items"].is_object() {
                    narrow(&mut member["items"]);
                }
            }
        }
    }
    let mut schema = schemas().remove(name).unwrap();
    narrow(&mut schema);
    schema
}

/// A mutation that makes a valid body invalid.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    /// Removes a member.
    Less,
    /// Adds a member.
    More,
    /// Changes the type of a member.
    Other,
    /// Replaces a text or number by a value above any limit.
    Beyond,
    /// Replaces a text by an empty text, or a number by a value below any limit.
    Below,
}

/// Every object in a body, by its pointer.
fn objects(at: &str, value: &Value, found: &mut Vec<String>) {
    if let Some(members) = value.as_object() {
        found.push(at.to_owned());
        for (name, member) in members {
            objects(&format!("{at}/{name}"), member, found);
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        objects(&format!("{at}/{index}"), item, found);
    }
}

/// Returns the body with one mutation, at a place that the number selects.
fn mutated(body: &Value, mutation: Mutation, position: usize) -> Value {
    let mut body = body.clone();
    let mut pointers = Vec::new();
    objects("", &body, &mut pointers);
    let members = body
        .pointer_mut(&pointers[position % pointers.len()])
        .unwrap();
    let members = members.as_object_mut().unwrap();
    let names: Vec<String> = members.keys().cloned().collect();
    let name = names
        .get(position / 7 % names.len().max(1))
        .cloned()
        .unwrap_or_default();
    let old = members.get(&name).cloned().unwrap_or_default();
    match mutation {
        Mutation::Less => drop(members.remove(&name)),
        Mutation::More => drop(members.insert("unheardOf".to_owned(), json!(1))),
        _ if names.is_empty() => {}
        Mutation::Other => drop(members.insert(name, json!([[7]]))),
        Mutation::Beyond if old.is_string() => drop(members.insert(name, json!("x".repeat(5_000)))),
        Mutation::Below if old.is_string() => drop(members.insert(name, json!(""))),
        Mutation::Beyond if old.is_number() => drop(members.insert(name, json!(1_i64 << 40))),
        Mutation::Below if old.is_number() => drop(members.insert(name, json!(-1))),
        Mutation::Beyond | Mutation::Below => {}
    }
    body
}

/// Members for which a builder's schema may accept values that the document rejects, because the
/// document is known to be wrong.
const ACCEPTED_ONLY_BY_BUILDER: [&str; 2] = ["/amount", "/merchantSerialNumber"];

/// A member for which a builder's schema may reject values that the document accepts: the largest
/// cost is the largest amount of the API.
const ACCEPTED_ONLY_BY_DOCUMENT: &str = "/shippingCost";

/// Returns for each builder strict validators of its own schema and of the document.
static VALIDATORS: LazyLock<Vec<(Validator, Validator)>> = LazyLock::new(|| {
    let both = |(name, document, component): &super::comparison::Pair| {
        let of_document = document.strict(document.component(component));
        (validator(name), of_document)
    };
    SENT.iter().map(both).collect()
});

/// Generates a builder, a valid body, and a mutation at a position.
fn bodies() -> impl Strategy<Value = (usize, Value, Mutation, usize)> {
    let mutations = vec![
        Mutation::Less,
        Mutation::More,
        Mutation::Other,
        Mutation::Beyond,
        Mutation::Below,
    ];
    let of = |builder: usize| {
        let schema = narrowed(SENT[builder].0);
        (Just(builder), instance(&schema, &schema)).boxed()
    };
    let bodies = Union::new((0..SENT.len()).map(of));
    (bodies, select(mutations), any::<usize>())
        .prop_map(|((builder, body), mutation, position)| (builder, body, mutation, position))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn documents_allow_each_body_of_a_builder((builder, body, mutation, position) in bodies()) {
        let (name, (of_builder, of_document)) = (SENT[builder].0, &VALIDATORS[builder]);
        prop_assert_eq!(problems(of_builder, &body), [""; 0], "{}", name);
        prop_assert_eq!(problems(of_document, &body), [""; 0], "{}: {}", name, body);

        let bad = mutated(&body, mutation, position);
        let pointers = |validator: &Validator| -> Vec<String> {
            validator.iter_errors(&bad).map(|error| error.instance_path().to_string()).collect()
        };
        let (by_builder, by_document) = (pointers(of_builder), pointers(of_document));
        if by_builder.is_empty() {
            let is_accepted = |at: &String| ACCEPTED_ONLY_BY_BUILDER.iter().any(|is_accepted| at.ends_with(is_accepted));
            prop_assert!(by_document.iter().all(is_accepted), "{name}, {mutation:?}: {by_document:?} in {bad}");
        } else if by_document.is_empty() {
            let is_accepted = by_builder.iter().all(|at| at.ends_with(ACCEPTED_ONLY_BY_DOCUMENT));
            prop_assert!(is_accepted, "{name}, {mutation:?}: {by_builder:?} in {bad}");
        }
    }
}

fn any_of(name: &'static str) -> BoxedStrategy<Value> {
    let schema = schemas().remove(name).unwrap();
    instance(&schema, &schema)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn each_response_of_the_documents_is_read(
        details in any_of("ecom::PaymentDetails"),
        event in any_of("ecom::Event"),
        user in any_of("ecom::UserDetails"),
        shipping in any_of("ecom::ShippingDetails"),
        address in any_of("ecom::Address"),
    ) {
        let id = || "order-1".parse().unwrap();
        prop_assert!(PaymentDetails::from_json(id(), &details.to_string()).is_ok(), "{}", details);
        let amount = event["amount"].as_i64();
        let event: Event = serde_json::from_value(event).unwrap();
        prop_assert_eq!(event.amount.map(vipps::Amount::minor_units), amount);
        let name = user["firstName"].as_str().map(str::to_owned);
        let user: UserDetails = serde_json::from_value(user).unwrap();
        prop_assert_eq!(user.first_name.map(vipps::types::Sensitive::into_inner), name);
        let cost = shipping["shippingCost"].is_number();
        let shipping: ShippingDetails = serde_json::from_value(shipping).unwrap();
        prop_assert_eq!(shipping.shipping_cost.is_some(), cost);
        let city = address["city"].as_str().map(str::to_owned);
        let address: Address = serde_json::from_value(address).unwrap();
        prop_assert_eq!(address.city.map(vipps::types::Sensitive::into_inner), city);
    }

    #[test]
    fn each_callback_of_the_documents_is_read(
        update in any_of("callback::PaymentUpdate"),
        question in any_of("callback::ShippingRequest"),
    ) {
        let read = PaymentUpdate::from_slice(update.to_string().as_bytes());
        let read = read.map_err(|e| TestCaseError::fail(format!("{e}: {update}")))?;
        prop_assert_eq!(read.order_id.as_str(), update["orderId"].as_str().unwrap());
        let id = "order-1".parse().unwrap();
        let read = ShippingRequest::from_slice(id, question.to_string().as_bytes()).unwrap();
        prop_assert_eq!(read.address_id, question["addressId"].as_i64().unwrap());
    }
}
