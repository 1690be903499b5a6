//! The prefix of all paths, from the server's URL or from the paths.

use serde_json::{Map, Value, json};

use super::super::document::{Document, METHODS, escape, note, object, text};
use super::super::error::Error;

pub(crate) const NAME: &str = "absolute-paths";
pub(crate) const REASON: &str = "a path prefix moves between `servers` and `paths` from version to version; as a part of the path, it does not change the path of an operation";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    let shared = document.root.get("servers").map(first_prefix).transpose()?;
    let shared = shared.unwrap_or_default();
    if let Some(Value::Array(servers)) = document.root.get_mut("servers") {
        for server in servers.iter_mut() {
            let whole = server_url(server);
            let origin = whole[..origin_length(&whole)].to_owned();
            object(server).insert("url".to_owned(), origin.into());
            object(server).remove("variables");
        }
    }
    let Some(Value::Object(paths)) = document.root.get_mut("paths") else {
        return Ok(());
    };
    let is_in_paths = !shared.is_empty()
        && paths.keys().all(|path| {
            clean(path)
                .strip_prefix(&shared)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
    let mut notes = Vec::new();
    let mut absolute = Map::new();
    for (path, mut item) in std::mem::take(paths) {
        let own = item.as_object_mut().and_then(|item| item.remove("servers"));
        let own = own.map(|servers| first_prefix(&servers)).transpose()?;
        let pointer = format!("/paths/{}", escape(&path));
        if path.contains(['?', '#']) {
            let fault = "a path cannot have a query or a fragment";
            return Err(Error::unreadable(
                pointer,
                fault,
                "describe each parameter of the query with `in: query`",
            ));
        }
        if METHODS.iter().any(|method| {
            item.get(method)
                .and_then(|operation| operation.get("servers"))
                .is_some()
        }) {
            let fault = "an operation with its own servers cannot be generated";
            return Err(Error::at(pointer, fault, "move the servers to its path"));
        }
        let prefix = match &own {
            Some(own) => own.as_str(),
            None if is_in_paths => "",
            None => &shared,
        };
        let full = clean(&format!("{prefix}{}", clean(&path)));
        if full != path {
            notes.push(note(&pointer, format!("full path: {full}")));
        }
        if absolute.contains_key(&full) {
            let fault = format!("the path {full} is described twice");
            return Err(Error::at(
                pointer,
                fault,
                "keep one of the two descriptions",
            ));
        }
        absolute.insert(full, item);
    }
    *paths = absolute;
    document.add_notes(notes);
    Ok(())
}

/// Returns the path with one leading slash, no doubled slash and no slash at the end.
fn clean(path: &str) -> String {
    let steps: Vec<&str> = path
        .split('/')
        .map(str::trim)
        .filter(|step| !step.is_empty())
        .collect();
    format!("/{}", steps.join("/"))
}

fn first_prefix(servers: &Value) -> Result<String, Error> {
    let mut prefixes = servers.as_array().into_iter().flatten().map(|server| {
        let url = server_url(server);
        clean(&url[origin_length(&url)..])
    });
    let Some(first) = prefixes.next() else {
        return Ok(String::new());
    };
    if let Some(other) = prefixes.find(|other| *other != first) {
        return Err(Error::at(
            "/servers",
            format!("the servers have different path prefixes: {first} and {other}"),
            "give all servers the same path",
        ));
    }
    Ok(if first == "/" { String::new() } else { first })
}

/// Returns the server's URL with the defaults of its variables.
fn server_url(server: &Value) -> String {
    let mut url = text(server, "url").unwrap_or_default().trim().to_owned();
    let variables = server.get("variables").and_then(Value::as_object);
    for (name, variable) in variables.into_iter().flatten() {
        let default = variable.get("default").unwrap_or(&json!("")).clone();
        let default = default
            .as_str()
            .map_or_else(|| default.to_string(), str::to_owned);
        url = url.replace(&format!("{{{name}}}"), &default);
    }
    let end = url.find(['?', '#']).unwrap_or(url.len());
    url.truncate(end);
    url
}

/// Returns the length of the scheme and host of the URL.
fn origin_length(url: &str) -> usize {
    let Some(host) = url.find("//").map(|at| at + 2) else {
        return 0;
    };
    url[host..].find('/').map_or(url.len(), |at| host + at)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply as run, becomes, leaves};
    use super::*;

    #[test]
    fn a_prefix_in_the_server_moves_to_the_paths() {
        becomes(
            apply,
            "
            servers: [{url: 'https://api.example.com/qr/'}, {url: 'https://{env}.example.com{base}', variables: {env: {default: test}, base: {default: /qr}}}]
            paths: {/v1: {get: {}}, v1/x: {get: {}}}
            ",
            "
            servers: [{url: 'https://api.example.com'}, {url: 'https://test.example.com'}]
            paths: {/qr/v1: {get: {}}, /qr/v1/x: {get: {}}}
            ",
        );
    }

    #[test]
    fn a_prefix_in_the_paths_stays_there() {
        leaves(
            apply,
            "{servers: [{url: 'https://api.example.com'}], paths: {/qr/v1: {get: {}}}}",
        );
        leaves(apply, "paths: {/qr/v1: {get: {}}}");
        let both = run(
            apply,
            "{servers: [{url: '//api.example.com/qr'}], paths: {/qr/v1: {get: {}}}}",
        )
        .unwrap();
        assert!(both.root["paths"].get("/qr/v1").is_some());
    }

    #[test]
    fn servers_of_a_path_replace_those_of_the_document() {
        becomes(
            apply,
            "{servers: [{url: /a}], paths: {/x: {servers: [{url: /b}], get: {}}, /y: {get: {}}}}",
            "{servers: [{url: ''}], paths: {/b/x: {get: {}}, /a/y: {get: {}}}}",
        );
    }

    #[test]
    fn paths_that_cannot_be_generated_are_refused() {
        for paths in [
            "{/a: {}, a/: {}}",
            "{/a: {get: {servers: [{url: /b}]}}}",
            "{'/a?b={b}': {get: {}}}",
        ] {
            run(apply, &format!("paths: {paths}")).unwrap_err();
        }
    }

    #[test]
    fn servers_that_disagree_are_refused() {
        let error = run(
            apply,
            "{servers: [{url: 'https://a/x'}, {url: 'https://b/y'}], paths: {}}",
        )
        .unwrap_err();
        assert_eq!(error.pointer, "/servers");
    }
}
