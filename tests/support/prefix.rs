//! The prefix of the paths, which a document can also have in the URLs of its servers.

use serde_json::Value;

/// Moves the prefix from the URLs of the servers to the paths, without a change of meaning.
pub(crate) fn from_servers_to_paths(document: &mut Value, prefix: &str) {
    for server in document["servers"].as_array_mut().unwrap() {
        let url = server["url"].as_str().unwrap().trim_end_matches(prefix);
        server["url"] = url.to_owned().into();
    }
    let paths = document["paths"].as_object_mut().unwrap();
    *paths = std::mem::take(paths)
        .into_iter()
        .map(|(path, item)| (format!("{prefix}{path}"), item))
        .collect();
}
