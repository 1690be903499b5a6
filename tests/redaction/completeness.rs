//! No public type is forgotten: each is searched, or says here why there is nothing in it to find.

use super::*;

/// What is not searched, and why.
const LEFT_OUT: [(&str, &str); 1] = [(
    "vipps::call::context::Context",
    "no path leads to it from outside; the generated clients that carry it are searched",
)];

/// The last steps of the paths of all public types: the list that `tests/public_api.rs` keeps.
fn public_types() -> BTreeSet<String> {
    let list = include_str!("../snapshots/public_api__public_items.snap");
    let mut types = BTreeSet::new();
    for line in list.lines() {
        let Some((module, item)) = line.split_once(": ") else {
            continue;
        };
        let item = item.strip_prefix("open_enum!(pub ").unwrap_or(item);
        let name = ["struct ", "enum "]
            .iter()
            .find_map(|kind| item.strip_prefix(kind));
        let Some(name) = name.filter(|name| !name.contains(": ")) else {
            continue;
        };
        let name = name.split(['<', ' ']).next().unwrap_or_default();
        types.insert(format!("{module}::{name}"));
    }
    types
}

#[test]
fn every_public_type_is_searched() {
    // All searches, whichever of them the test runner has run already.
    values::values_that_are_refused();
    values::values_that_are_taken();
    values::callbacks();
    values::webhooks();
    operations::operations_that_succeed();
    operations::operations_that_fail();
    raw::generated_types();
    raw::raw_calls();
    simulator::a_day_at_the_shop();
    store::stores_and_what_they_say();
    kit::markers_in_places_of_tomorrow();
    kit::a_number_that_is_known_is_hidden_everywhere();
    kit::paths_that_nobody_shall_guess();
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
    let left_out = LEFT_OUT.map(|(name, _)| name);
    let forgotten: Vec<_> = public
        .iter()
        .filter(|name| !searched.contains(*name) && !left_out.contains(&name.as_str()))
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:#?}");
    for name in left_out {
        assert!(public.contains(name), "{name} is no more");
        assert!(!searched.contains(name), "{name} is searched");
    }
}
