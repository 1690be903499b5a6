//! What is kept beside the code: the snapshots.

use std::fs;
use std::path::Path;

use super::support::SECRETS;
use super::*;

#[test]
fn snapshots() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let mut shown = Shown::start();
    let mut masked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let snapshot = fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        shown.text(&name, &snapshot);
        for secret in SECRETS {
            assert!(!snapshot.contains(secret), "{secret} is in {name}");
        }
        // Tokens of any kind stand there by number alone.
        assert!(!snapshot.contains("eyJ"), "{name}");
        for (at, _) in snapshot.match_indices("Bearer ") {
            assert!(snapshot[at..].starts_with("Bearer [token "), "{name}");
            masked += 1;
        }
    }
    assert!(masked > 30, "{masked}");
    shown.end(45);
}
