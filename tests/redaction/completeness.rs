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
    values::refused_values_show_no_marker();
    values::accepted_values_show_no_marker();
    values::callbacks_show_no_marker();
    values::webhooks_show_no_marker();
    operations::successful_operations_show_no_marker();
    operations::failed_operations_show_no_marker();
    epayment::epayment_values_show_no_marker();
    epayment::successful_epayment_operations_show_no_marker();
    epayment::failed_epayment_operations_show_no_marker();
    raw::generated_types_show_no_marker();
    raw::raw_calls_show_no_marker();
    simulator::simulated_payments_show_no_marker();
    store::token_stores_show_no_marker();
    recorder::unknown_members_show_no_marker();
    recorder::phone_number_is_hidden_in_the_whole_request();
    recorder::secret_callback_paths_are_hidden();
    types::plain_values_show_no_marker();
    types::personal_values_show_no_marker();
    types::handles_show_no_marker();
    types::simulator_values_show_no_marker();
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
