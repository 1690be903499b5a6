//! The build of an invalid document ends with code or with an error. It never panics and never runs
//! forever.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::rng::Rng;

fn originals() -> Vec<Value> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    [
        "openapi/qr.yaml",
        "openapi/ecom.yaml",
        "openapi/access-token.yaml",
        "tests/specs/library.yaml",
        "tests/specs/meters.yaml",
    ]
    .iter()
    .map(|file| {
        crate::build::load::parse(&std::fs::read_to_string(own.join(file)).unwrap()).unwrap()
    })
    .collect()
}

/// Collects every place in the document.
fn pointers(value: &Value, target: &str, all: &mut Vec<String>) {
    all.push(target.to_owned());
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                pointers(
                    inner,
                    &format!("{target}/{}", key.replace('~', "~0").replace('/', "~1")),
                    all,
                );
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                pointers(inner, &format!("{target}/{index}"), all);
            }
        }
        _ => {}
    }
}

/// Keeps one or two operations, so that thousands of documents can be built.
fn reduce(root: &mut Value, rng: &mut Rng) {
    let keep = 1 + rng.below(2);
    let Some(paths) = root["paths"].as_object_mut() else {
        return;
    };
    let names: Vec<String> = paths.keys().cloned().collect();
    let kept: Vec<String> = (0..keep).map(|_| rng.pick(&names).clone()).collect();
    paths.retain(|path, _| kept.contains(path));
    let text = root.to_string();
    if let Some(schemas) = root["components"]["schemas"].as_object_mut() {
        // A few unreferenced schemas stay.
        schemas.retain(|name, _| {
            text.contains(&format!("/{name}\"")) && rng.below(8) > 0 || rng.below(6) == 0
        });
    }
}

const UNUSUAL_TEXTS: [&str; 12] = [
    "", " ", "/", "#/", "~", "ø", "a\nb", "{", "type", "self", "\"", "*/",
];

/// Makes one random change.
fn mutate(root: &mut Value, rng: &mut Rng) {
    let mut all = Vec::new();
    pointers(root, "", &mut all);
    let (target, donor) = (rng.pick(&all).clone(), rng.pick(&all).clone());
    let other = root.pointer(&donor).cloned().unwrap_or_default();
    let Some(node) = root.pointer_mut(&target) else {
        return;
    };
    match rng.below(12) {
        0 => *node = Value::Null,
        // Retype.
        1 => {
            *node = match rng.below(6) {
                0 => json!(7),
                1 => json!(true),
                2 => json!(*rng.pick(&UNUSUAL_TEXTS)),
                3 => json!([]),
                4 => json!({}),
                _ => json!(-1.5),
            }
        }
        // Swap or copy.
        2 | 3 => *node = other,
        // Nest.
        4 => *node = json!({ *rng.pick(&["allOf", "oneOf", "anyOf"]): [node.clone(), other] }),
        5 => *node = json!({ "type": "array", "items": node.clone() }),
        6 => *node = json!({ "properties": { "nested": node.clone() } }),
        7 => *node = json!([node.clone(), other]),
        // Drop or rename a member, or add one.
        8 | 9 => {
            if let Value::Object(map) = node {
                let keys: Vec<String> = map.keys().cloned().collect();
                if let Some(key) = keys.get(rng.index(keys.len())) {
                    let value = map.remove(key);
                    if rng.below(2) == 0 {
                        let name = if rng.below(2) == 0 {
                            (*rng.pick(&UNUSUAL_TEXTS)).to_owned()
                        } else {
                            key.to_uppercase()
                        };
                        map.insert(name, value.unwrap_or_default());
                    }
                }
            } else if let Value::Array(list) = node {
                let at = rng.index(list.len());
                if !list.is_empty() {
                    list.remove(at);
                }
            }
        }
        10 => {
            if let Value::Object(map) = node {
                let key = *rng.pick(&[
                    "$ref",
                    "type",
                    "enum",
                    "required",
                    "default",
                    "nullable",
                    "additionalProperties",
                    "not",
                    "const",
                    "format",
                    "title",
                    "in",
                    "name",
                ]);
                let value = if rng.below(2) == 0 {
                    other
                } else {
                    json!(*rng.pick(&UNUSUAL_TEXTS))
                };
                map.insert(key.to_owned(), value);
            }
        }
        // Point somewhere else.
        _ => {
            let mut reference = Map::new();
            reference.insert("$ref".to_owned(), format!("#{donor}").into());
            *node = Value::Object(reference);
        }
    }
}

/// Returns the document with this number, with a few mutations.
fn document(number: u64, originals: &[Value]) -> String {
    let mut rng = Rng::new(number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut root = rng.pick(originals).clone();
    reduce(&mut root, &mut rng);
    for _ in 0..=rng.below(4) {
        mutate(&mut root, &mut rng);
    }
    root.to_string()
}

/// Returns the number of documents: 500, or the value of `VIPPS_SPEC_MUTATIONS`.
fn count() -> usize {
    std::env::var("VIPPS_SPEC_MUTATIONS").map_or(500, |text| text.parse().expect("a number"))
}

/// Builds the document with this number. Returns true if the build generated code.
fn run(number: u64, originals: &[Value]) -> bool {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| {
        ["openapi", "tests/specs"]
            .iter()
            .find_map(|folder| std::fs::read_to_string(own.join(folder).join(name)).ok())
    };
    let text = document(number, originals);
    if std::env::var_os("VIPPS_SPEC_MUTATIONS_SHOW").is_some() {
        eprintln!("document {number}");
    }
    let outcome = std::panic::catch_unwind(|| crate::build::build_text(&text, "api", &read));
    match outcome.unwrap_or_else(|_| panic!("document {number} made the build panic: {text}")) {
        Ok(api) => {
            assert!(api.tables.contains("SPEC_VERSION"), "document {number}");
            true
        }
        Err(error) => {
            let message = error.in_file("api.yaml").to_string();
            assert!(
                message.starts_with("api.yaml"),
                "document {number}: {message}"
            );
            assert!(
                !message.contains('\n') && message.len() < 1000,
                "document {number}: {message}"
            );
            false
        }
    }
}

#[test]
fn build_of_an_invalid_document_ends_in_code_or_an_error() {
    let originals = originals();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let generated: usize = std::thread::scope(|scope| {
        let work = |worker: usize| {
            let originals = &originals;
            move || {
                (worker..count())
                    .step_by(workers)
                    .filter(|number| run(*number as u64, originals))
                    .count()
            }
        };
        let running: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(work(worker)))
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a document failed, see above"))
            .sum()
    });
    let refused = count() - generated;
    eprintln!("{generated} generated, {refused} refused");
    assert!(
        generated > refused / 8 && refused > 0,
        "{generated} generated, {refused} refused: the mutations are too weak or too strong"
    );
}
