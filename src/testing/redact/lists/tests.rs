use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::Redactor;
use super::*;

const SECRET: &str = "canary-4711";

/// Members of the documents that are hidden, in lower case: secrets and personal data.
const HIDDEN: &[&str] = &[
    "access_token",
    "account_name",
    "account_number",
    "address_type",
    "addressid",
    "addressline1",
    "addressline2",
    "addresstype",
    "authtoken",
    "bank_name",
    "bankidentificationnumber",
    "birthdate",
    "callbackauthorizationtoken",
    "cardbin",
    "city",
    "country",
    "customerphonenumber",
    "customertoken",
    "data",
    "dateofbirth",
    "default",
    "email",
    "email_verified",
    "extrainfo",
    "family_name",
    "firstname",
    "formatted",
    "given_name",
    "lastname",
    "meta",
    "metadata",
    "mobilenumber",
    "msisdn",
    "name",
    "nin",
    "passengername",
    "personalqr",
    "phone_number",
    "phonenumber",
    "postal_code",
    "postcode",
    "qrcode",
    "region",
    "secret",
    "sid",
    "street_address",
    "sub",
    "ticketnumber",
    "token",
    "url",
    "userid",
    "zipcode",
];

/// Listed members that no vendored document describes: errors of the gateway and of the token
/// endpoint, the calls that report a scan, and the category of a code.
const UNDOCUMENTED: &[&str] = &[
    "captureguaranteeduntil",
    "category",
    "correlation_id",
    "error",
    "error_codes",
    "error_description",
    "error_uri",
    "initiatedat",
    "statuscode",
    "trace_id",
    "msn",
];

/// Listed objects that no vendored document describes: the body itself.
const UNDOCUMENTED_OBJECTS: &[&str] = &["body"];

/// Listed headers that no vendored document describes: those of HTTP itself.
const UNDOCUMENTED_HEADERS: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "user-agent",
];

/// Secrets and personal data under the names that the APIs of this company use for them.
const PRIVATE: &[&str] = &[
    "access_token",
    "accounts",
    "address",
    "addressline1",
    "addressline2",
    "authorization",
    "authtoken",
    "bankidentificationnumber",
    "birthdate",
    "city",
    "client_id",
    "client_secret",
    "cookie",
    "country",
    "customer",
    "customerinfo",
    "customerphonenumber",
    "customertoken",
    "dateofbirth",
    "email",
    "familyname",
    "firstname",
    "givenname",
    "id_token",
    "lastname",
    "mobilenumber",
    "msisdn",
    "name",
    "nin",
    "ocp-apim-subscription-key",
    "passengername",
    "phonenumber",
    "postalcode",
    "postcode",
    "qrcode",
    "refresh_token",
    "region",
    "secret",
    "set-cookie",
    "ssn",
    "streetaddress",
    "sub",
    "ticketnumber",
    "token",
    "url",
    "userdetails",
    "userid",
    "vipps-signature",
    "zipcode",
];

/// The members that lead to each value of a schema.
fn leaves(root: &Value, schema: &Value, path: &[String], found: &mut BTreeSet<Vec<String>>) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => match root.pointer(reference.trim_start_matches('#')) {
            Some(schema) => schema,
            None => panic!("{reference} is a dangling reference"),
        },
        None => schema,
    };
    let parts = ["allOf", "anyOf", "oneOf"].map(|key| schema[key].as_array());
    let parts: Vec<_> = parts.into_iter().flatten().flatten().collect();
    for part in &parts {
        leaves(root, part, path, found);
    }
    if let Some(members) = schema["properties"].as_object() {
        for (name, member) in members {
            leaves(
                root,
                member,
                &[path, std::slice::from_ref(name)].concat(),
                found,
            );
        }
    } else if schema["items"].is_object() {
        leaves(root, &schema["items"], path, found);
    } else if parts.is_empty() && !path.is_empty() {
        found.insert(path.to_vec());
    }
}

/// The members of a vendored document: those that the merchant sends, and those that the API
/// sends.
fn members_of(document: &str, calls_merchant: bool) -> [BTreeSet<Vec<String>>; 2] {
    let root: Value = yaml_serde::from_str(document).unwrap();
    let [mut by_merchant, mut by_api] = [BTreeSet::new(), BTreeSet::new()];
    let paths = root["paths"].as_object().unwrap().values();
    let methods = paths.filter_map(Value::as_object).flatten();
    for (_, operation) in methods {
        let responses = operation["responses"].as_object();
        let responses = responses.into_iter().flat_map(|all| all.values());
        let all = responses.map(|response| (response, false));
        for (body, is_request) in all.chain([(&operation["requestBody"], true)]) {
            let found = if is_request == calls_merchant {
                &mut by_api
            } else {
                &mut by_merchant
            };
            let body = match body["$ref"].as_str() {
                Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
                None => body,
            };
            let content = body["content"].as_object();
            for media in content.into_iter().flat_map(|content| content.values()) {
                leaves(&root, &media["schema"], &[], found);
            }
        }
    }
    [by_merchant, by_api]
}

const DOCUMENTS: [&str; 7] = [
    include_str!("../../../../openapi/access-token.yaml"),
    include_str!("../../../../openapi/ecom.yaml"),
    include_str!("../../../../openapi/ms_import.yaml"),
    include_str!("../../../../openapi/qr.yaml"),
    include_str!("../../../../openapi/userinfo.yaml"),
    include_str!("../../../../openapi/webhooks.yaml"),
    include_str!("../../../../openapi/epayment.yaml"),
];

fn members() -> [BTreeSet<Vec<String>>; 2] {
    let [token, ecom, calls, qr, userinfo, webhooks, epayment] = DOCUMENTS;
    let documents = [
        (token, false),
        (ecom, false),
        (calls, true),
        (qr, false),
        (userinfo, false),
        (webhooks, false),
        (epayment, false),
    ];
    let [mut by_merchant, mut by_api] = [BTreeSet::new(), BTreeSet::new()];
    for (document, calls_merchant) in documents {
        let [sent, read] = members_of(document, calls_merchant);
        by_merchant.extend(sent);
        by_api.extend(read);
    }
    [by_merchant, by_api]
}

fn is_shown(mut redactor: Redactor, path: &[String]) -> bool {
    let leaf = json!(SECRET);
    let inside = |inner: Value, name: &String| json!({ name.clone(): inner });
    let mut body = path.iter().rev().fold(leaf, inside);
    redactor.redact_json(&mut body, &[]);
    body.to_string().contains(SECRET)
}

#[test]
fn every_documented_member_is_listed_as_shown_or_hidden() {
    let [requests, responses] = members();
    assert!(requests.len() > 25 && responses.len() > 70);
    let mut decided: BTreeMap<String, bool> = BTreeMap::new();
    let requests = requests.iter().map(|path| (Redactor::of_requests(), path));
    let responses = responses
        .iter()
        .map(|path| (Redactor::of_responses(), path));
    for (redactor, path) in requests.chain(responses) {
        let name = path.last().unwrap().to_ascii_lowercase();
        let shown = is_shown(redactor, path);
        let is_of_parent = |listed: &&&str| {
            let (parent, last) = listed.split_once('.').unwrap_or_default();
            let mut names = path.iter().rev();
            names.next().is_some_and(|n| n.eq_ignore_ascii_case(last))
                && names.next().is_some_and(|n| n.eq_ignore_ascii_case(parent))
        };
        let is_hidden =
            HIDDEN.contains(&name.as_str()) && RESPONSE_MEMBERS.iter().find(is_of_parent).is_none();
        assert_ne!(shown, is_hidden, "{path:?}");
        *decided.entry(name).or_default() |= shown;
    }
    for name in HIDDEN {
        assert!(decided.contains_key(*name), "{name}: in no document");
    }
    let listed = MEMBERS.iter().chain(RESPONSE_MEMBERS);
    let listed = listed.map(|name| name.rsplit('.').next().unwrap());
    let is_known = |name: &str| decided.get(name) == Some(&true);
    let undocumented: BTreeSet<_> = listed.filter(|name| !is_known(name)).collect();
    assert_eq!(undocumented, UNDOCUMENTED.iter().copied().collect());
}

/// Returns the names of the parameters of all operations in this place, `header` or `query`, in
/// lower case.
fn parameters(place: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for document in DOCUMENTS {
        let root: Value = yaml_serde::from_str(document).unwrap();
        let mut open = vec![&root];
        while let Some(value) = open.pop() {
            if value["in"] == place
                && let Some(name) = value["name"].as_str()
            {
                names.insert(name.to_ascii_lowercase());
            }
            match value {
                Value::Object(members) => open.extend(members.values()),
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
    }
    names
}

/// An undocumented name may be listed only if its values are not private.
#[test]
fn listed_objects_headers_and_parameters_are_documented() {
    let other = |list: &[&'static str], documented: &BTreeSet<String>| -> Vec<&str> {
        let is_other = |name: &&str| !documented.contains(*name);
        list.iter().copied().filter(is_other).collect()
    };
    let [sent, read] = members();
    let objects = sent
        .iter()
        .chain(&read)
        .filter_map(|path| path.split_last());
    let objects = objects.flat_map(|(_, objects)| objects.iter());
    let objects = objects.map(|name| name.to_ascii_lowercase()).collect();
    assert_eq!(other(CONTAINERS, &objects), UNDOCUMENTED_OBJECTS);
    assert_eq!(other(HEADERS, &parameters("header")), UNDOCUMENTED_HEADERS);
    assert_eq!(other(PARAMETERS, &parameters("query")), [""; 0]);
}

#[test]
fn no_secret_and_no_personal_data_is_listed_as_shown() {
    let lists = [MEMBERS, RESPONSE_MEMBERS, CONTAINERS, HEADERS, PARAMETERS];
    for name in lists.into_iter().flatten() {
        assert!(!PRIVATE.contains(name), "{name} is private");
    }
}

#[test]
fn members_in_no_list_are_hidden() {
    for path in [
        &["future"][..],
        &["transaction", "future"],
        &["future", "orderId"],
        &["transaction", "future", "amount"],
        &["userDetails", "scope"],
    ] {
        let path: Vec<_> = path.iter().map(ToString::to_string).collect();
        assert!(!is_shown(Redactor::of_requests(), &path), "{path:?}");
        assert!(!is_shown(Redactor::of_responses(), &path), "{path:?}");
    }
}
