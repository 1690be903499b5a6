//! Snapshots of the generated bindings. A new release of a document, of the generator or of a pass
//! shows its effect as a readable diff.

use std::path::Path;

use crate::surface::surface;

/// Every vendored document. `every_vendored_document_is_listed` compares the list with the build.
const DOCUMENTS: [&str; 6] = [
    "access-token.yaml",
    "ecom.yaml",
    "epayment.yaml",
    "qr.yaml",
    "userinfo.yaml",
    "webhooks.yaml",
];

fn built(file: &str) -> crate::build::Api {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
    crate::build::build_file(&folder, file).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_vendored_document_is_listed() {
    let list = include_str!(concat!(env!("OUT_DIR"), "/apis.rs"));
    let modules = list.lines().filter_map(|line| line.trim().split_once(','));
    let modules: Vec<&str> = modules.map(|(module, _)| module).collect();
    let listed = DOCUMENTS.map(|file| file.trim_end_matches(".yaml").replace('-', "_"));
    assert_eq!(modules, listed);
}

#[test]
fn the_generated_surface_matches_its_snapshot() {
    for file in DOCUMENTS {
        let api = built(file);
        insta::assert_snapshot!(format!("surface_{}", api.name), surface(&api.rust));
    }
}

#[test]
fn the_log_of_the_passes_matches_its_snapshot() {
    for file in DOCUMENTS {
        let api = built(file);
        assert_eq!(api.document.warnings, [""; 0], "{file}");
        insta::assert_snapshot!(format!("passes_{}", api.name), api.log());
    }
}

/// The crate includes the output of the generator for the repaired document. Only its layout
/// differs.
#[test]
fn the_bindings_equal_the_output_of_progenitor() {
    for file in DOCUMENTS {
        let api = built(file);
        let path = format!("{}/{}.rs", env!("OUT_DIR"), api.name);
        let included = std::fs::read_to_string(path).unwrap();
        let document = api.document;
        let api = serde_json::from_value(document.root.clone()).unwrap();
        let settings = crate::build::generate::settings(&document);
        let mut generator = progenitor::Generator::new(&settings);
        let tokens = generator.generate_tokens(&api).unwrap();
        let alone = prettyplease::unparse(&syn::parse2(tokens).unwrap());
        assert!(alone == included, "{file}");
    }
}

/// The output depends on no clock, no order of a hash map and no path of this machine.
#[test]
fn two_builds_of_a_document_are_equal() {
    for file in DOCUMENTS {
        let (one, other) = (built(file), built(file));
        assert_eq!(one.rust, other.rust);
        assert_eq!(one.tables, other.tables);
        assert_eq!(one.log(), other.log());
    }
}
