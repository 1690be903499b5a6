//! Every public type is searched.

use super::*;

/// The paths of all public structs and enums, from the list that `.ci/public-api` keeps. The
/// generated types have tests of their own.
fn public_types() -> BTreeSet<&'static str> {
    include_str!("../surface/public-api.txt")
        .lines()
        .filter_map(|line| {
            let item = line.strip_prefix("#[non_exhaustive] ").unwrap_or(line);
            let path = ["pub struct ", "pub enum "]
                .iter()
                .find_map(|kind| item.strip_prefix(kind))?;
            path.split(['<', '(', ' ']).next()
        })
        .collect()
}

/// Public paths that are not part of the path of their type, with that path.
const REEXPORTED: [(&str, &str); 12] = [
    ("vipps::ecom::Address", "vipps::types::address::Address"),
    ("vipps::epayment::Address", "vipps::types::address::Address"),
    (
        "vipps::ecom::PollInterval",
        "vipps::payment::poll::PollInterval",
    ),
    (
        "vipps::ecom::PollTrigger",
        "vipps::payment::poll::PollTrigger",
    ),
    (
        "vipps::epayment::PollInterval",
        "vipps::payment::poll::PollInterval",
    ),
    (
        "vipps::epayment::PollTrigger",
        "vipps::payment::poll::PollTrigger",
    ),
    (
        "vipps::ecom::AirlineData",
        "vipps::types::airline_data::AirlineData",
    ),
    (
        "vipps::epayment::AirlineData",
        "vipps::types::airline_data::AirlineData",
    ),
    (
        "vipps::epayment::QrFormat",
        "vipps::types::qr_format::QrFormat",
    ),
    ("vipps::qr::QrFormat", "vipps::types::qr_format::QrFormat"),
    ("vipps::raw::Context", "vipps::call::context::Context"),
    ("vipps::raw::Endpoint", "vipps::operation::Endpoint"),
];

/// Returns true if a type name is the type with this public path. A type name contains the path of
/// private modules.
fn is_at(public: &str, type_name: &str) -> bool {
    if REEXPORTED.contains(&(public, type_name)) {
        return true;
    }
    let is_generated = type_name.starts_with("vipps::raw::") && type_name.contains("::types::");
    let mut steps = type_name.split("::");
    !is_generated
        && type_name.rsplit("::").next() == public.rsplit("::").next()
        && public.split("::").all(|step| steps.any(|s| s == step))
}

#[test]
fn every_public_type_is_searched() {
    // Runs all searches, even if the test runner has already run some of them.
    values::values_that_are_refused();
    values::values_that_are_taken();
    values::callbacks();
    values::webhooks();
    operations::operations_that_succeed();
    operations::operations_that_fail();
    epayment::values_of_epayment();
    epayment::operations_of_epayment_that_succeed();
    epayment::operations_of_epayment_that_fail();
    raw::generated_types();
    raw::raw_calls();
    simulator::payments_and_check_ins_leak_nothing();
    store::stores_and_their_errors();
    kit::markers_in_unknown_places();
    kit::marked_number_is_hidden_in_the_whole_request();
    kit::secret_callback_paths_are_hidden();
    types::plain_values();
    types::values_about_a_person();
    types::handles();
    types::simulator();
    let searched: BTreeSet<String> = {
        let searched = SEARCHED.lock().unwrap();
        let named = searched
            .iter()
            .flat_map(|name| name.split(['<', '>', '&', ' ', ',', '(', ')', '[', ']', ';']));
        named
            .filter(|name| name.starts_with("vipps::"))
            .map(str::to_owned)
            .collect()
    };
    let public = public_types();
    assert!(public.len() > 100, "{}", public.len());
    let missing: Vec<_> = public
        .iter()
        .filter(|path| !searched.iter().any(|name| is_at(path, name)))
        .collect();
    assert!(missing.is_empty(), "not searched: {missing:#?}");
}

#[test]
fn a_public_path_fits_its_own_type_only() {
    let details = "vipps::ecom::details::PaymentDetails";
    assert!(is_at("vipps::ecom::PaymentDetails", details));
    assert!(is_at("vipps::PaymentDetails", details));
    assert!(!is_at("vipps::qr::PaymentDetails", details));
    assert!(!is_at("vipps::ecom::Details", details));
    assert!(!is_at("vipps::Amount", "vipps::raw::ecom::types::Amount"));
}
