//! What the build makes of the vendored documents, as snapshots: a new release of a document, of
//! the generator or of a pass shows its effect as a diff that a person can read.

use std::path::Path;

use crate::surface::surface;

fn built(file: &str) -> crate::build::Api {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
    crate::build::build_file(&folder, file).unwrap_or_else(|refusal| panic!("{refusal}"))
}

#[test]
fn generated_surface() {
    for file in ["qr.yaml", "ecom.yaml", "access-token.yaml"] {
        let api = built(file);
        insta::assert_snapshot!(format!("surface_{}", api.name), surface(&api.rust));
    }
}

#[test]
fn changes_by_the_passes() {
    for file in ["qr.yaml", "ecom.yaml", "access-token.yaml"] {
        let api = built(file);
        assert_eq!(api.document.warnings, [""; 0], "{file}");
        insta::assert_snapshot!(format!("passes_{}", api.name), api.log());
    }
}

/// The generator's own function would accept a JSON array in place of an object.
#[test]
fn every_response_is_read_by_the_crates_own_function() {
    for file in ["qr.yaml", "ecom.yaml", "access-token.yaml"] {
        let rust = built(file).rust;
        assert!(!rust.contains("from_response"), "{file}");
        assert!(rust.contains("crate::raw::read(response)"), "{file}");
    }
}

/// No clock, no order of a hash map, no path of this machine.
#[test]
fn the_build_is_the_same_every_time() {
    for file in ["qr.yaml", "ecom.yaml", "access-token.yaml"] {
        let (one, other) = (built(file), built(file));
        assert_eq!(one.rust, other.rust);
        assert_eq!(one.log(), other.log());
        assert_eq!(one.spec, other.spec);
    }
}
