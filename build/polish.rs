//! What is corrected in the generated source rather than in the document.

use quote::ToTokens as _;
use serde_json::Value;
use syn::{Attribute, Expr, ExprCall, Field, File, ImplItem, Item, Lit, Meta, Stmt, UseTree};

use super::document::{Document, text};
use super::free_json;
use super::lean::methods;
use super::names::pascal;
use super::source::{inner_mod, is_named, wire_name};

/// - Fields whose type is a component of its own get the property's description.
/// - The `api-version` header goes: the generator sends the document's version with every call,
///   which the API does not know.
/// - Examples that are never compiled are marked as text, or each would be listed as an ignored
///   test of whoever runs doctests.
/// - `Client::new` goes: it follows redirects, and a redirect would carry the subscription key
///   to another host.
/// - `encode_path` becomes the crate's own: progenitor's leaves `\`, `+` and `;` in a path segment,
///   which parsers and servers take for something else.
/// - Responses are read by the crate's own function: the generator's reads a struct from a JSON array
///   too, member by member.
/// - The `Debug` of types that hold any JSON goes, see [`free_json`].
pub(crate) fn polish(file: &mut File, document: &Document) {
    if let Some(types) = inner_mod(&mut file.items, "types") {
        describe_fields(types, document);
        free_json::hide(types);
    }
    if let Some(builder) = inner_mod(&mut file.items, "builder") {
        drop_version_header(builder);
        read_objects_only(builder);
    }
    let mut encodes_paths = false;
    for item in &mut file.items {
        if let Item::Use(item) = item
            && drop_import(&mut item.tree, "encode_path")
        {
            encodes_paths = true;
        }
        if let Item::Impl(block) = item
            && block.trait_.is_none()
            && is_named(&block.self_ty, "Client")
        {
            block
                .items
                .retain(|item| !matches!(item, ImplItem::Fn(method) if method.sig.ident == "new"));
            for item in &mut block.items {
                if let ImplItem::Fn(method) = item {
                    method.attrs.iter_mut().for_each(example_as_text);
                }
            }
        }
    }
    if encodes_paths {
        file.items.push(syn::parse_quote!(
            #[allow(unused_imports)]
            use crate::raw::encode_path;
        ));
    }
}

/// Takes a name out of a `use`, and tells whether it was there.
fn drop_import(tree: &mut UseTree, name: &str) -> bool {
    match tree {
        UseTree::Path(path) => drop_import(&mut path.tree, name),
        UseTree::Group(group) => {
            let before = group.items.len();
            let kept = std::mem::take(&mut group.items);
            group.items = kept
                .into_iter()
                .filter(|item| !matches!(item, UseTree::Name(item) if item.ident == name))
                .collect();
            group.items.len() < before
        }
        _ => false,
    }
}

fn example_as_text(attribute: &mut Attribute) {
    if let Meta::NameValue(pair) = &attribute.meta
        && pair.path.is_ident("doc")
        && let Expr::Lit(literal) = &pair.value
        && let Lit::Str(text) = &literal.lit
    {
        let text = text.value().replace("\n```ignore\n", "\n\n```text\n");
        *attribute = syn::parse_quote!(#[doc = #text]);
    }
}

/// A reference carries no description for the generator, though the document may have one.
fn describe_fields(types: &mut Vec<Item>, document: &Document) {
    for item in types {
        let Item::Struct(item) = item else { continue };
        let schema = document
            .schemas()
            .find(|(name, _)| item.ident == pascal(name));
        let properties = schema
            .and_then(|(_, schema)| schema.get("properties"))
            .and_then(Value::as_object);
        let Some(properties) = properties else {
            continue;
        };
        for field in &mut item.fields {
            let property = wire_name(field).and_then(|name| properties.get(&name));
            let description = property
                .filter(|property| property.get("$ref").is_some())
                .and_then(|property| text(property, "description"));
            if let Some(description) = description {
                add_doc(field, description);
            }
        }
    }
}

fn add_doc(field: &mut Field, description: &str) {
    if field
        .attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("doc"))
    {
        return;
    }
    let doc: Attribute = syn::parse_quote!(#[doc = #description]);
    field.attrs.insert(0, doc);
}

fn drop_version_header(builder: &mut Vec<Item>) {
    for item in builder {
        let Item::Impl(block) = item else { continue };
        for item in &mut block.items {
            if let ImplItem::Fn(method) = item
                && method.sig.ident == "send"
            {
                method.block.stmts.retain(|stmt| !is_version_append(stmt));
                let others = method.block.stmts.iter().any(mentions_append);
                if !others {
                    method.block.stmts.retain(|stmt| !is_header_map(stmt));
                    for stmt in &mut method.block.stmts {
                        if let Stmt::Local(local) = stmt
                            && let Some(init) = &mut local.init
                        {
                            drop_headers_call(&mut init.expr);
                        }
                    }
                }
            }
        }
    }
}

/// `ResponseValue::from_response(response)` becomes `crate::raw::read(response)`.
fn read_objects_only(builder: &mut [Item]) {
    for method in methods(builder) {
        let Some(Stmt::Expr(Expr::Match(by_status), None)) = method.block.stmts.last_mut() else {
            continue;
        };
        for arm in &mut by_status.arms {
            if let Some(call) = awaited(&mut arm.body)
                && call.func.to_token_stream().to_string() == "ResponseValue :: from_response"
            {
                call.func = syn::parse_quote!(crate::raw::read);
            }
        }
    }
}

/// The call that an arm of a `match` awaits, with or without braces around it.
fn awaited(arm: &mut Expr) -> Option<&mut ExprCall> {
    match arm {
        Expr::Block(block) => match block.block.stmts.as_mut_slice() {
            [Stmt::Expr(only, None)] => awaited(only),
            _ => None,
        },
        Expr::Await(awaited) => match &mut *awaited.base {
            Expr::Call(call) => Some(call),
            _ => None,
        },
        _ => None,
    }
}

fn is_version_append(stmt: &Stmt) -> bool {
    tokens(stmt).contains("from_static (\"api-version\")")
}

fn mentions_append(stmt: &Stmt) -> bool {
    tokens(stmt).contains("header_map . append")
}

fn is_header_map(stmt: &Stmt) -> bool {
    tokens(stmt).starts_with("let mut header_map")
}

fn tokens(stmt: &Stmt) -> String {
    stmt.to_token_stream().to_string()
}

/// Takes `.headers(header_map)` out of the chain of calls.
pub(super) fn drop_headers_call(expr: &mut Expr) {
    match expr {
        Expr::MethodCall(call) if call.method == "headers" => {
            let receiver = (*call.receiver).clone();
            *expr = receiver;
            drop_headers_call(expr);
        }
        Expr::MethodCall(call) => drop_headers_call(&mut call.receiver),
        Expr::Try(inner) => drop_headers_call(&mut inner.expr),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::passes::testing;
    use super::*;

    #[test]
    fn the_source_is_corrected() {
        let document = testing::document(
            "components: {schemas: {A: {properties: {theToken: {$ref: '#/components/schemas/Sensitive', description: Secret.}}}}}",
        );
        let mut file: File = syn::parse_quote! {
            pub mod types {
                pub struct A { #[serde(rename = "theToken")] pub the_token: Sensitive }
            }
            impl Client {
                pub fn new(baseurl: &str) -> Self {}
                #[doc = "Does it.\n```ignore\nclient.it()\n```"]
                pub fn it(&self) {}
            }
            pub mod builder {
                impl Bare {
                    pub async fn send(self) {
                        let mut header_map = HeaderMap::with_capacity(1);
                        header_map.append(HeaderName::from_static("api-version"), version);
                        let mut request = client.get(url).headers(header_map).build()?;
                    }
                }
                impl Sized {
                    pub async fn send(self) {
                        let mut header_map = HeaderMap::with_capacity(2);
                        header_map.append(HeaderName::from_static("api-version"), version);
                        header_map.append("Size", size);
                        let mut request = client.get(url).headers(header_map).build()?;
                        match response.status().as_u16() {
                            200..=299 => { ResponseValue::from_response(response).await }
                            304 => ResponseValue::from_response(response).await,
                            _ => Err(Error::UnexpectedResponse(response)),
                        }
                    }
                }
            }
        };
        polish(&mut file, &document);
        let wanted: File = syn::parse_quote! {
            pub mod types {
                pub struct A { #[doc = "Secret."] #[serde(rename = "theToken")] pub the_token: Sensitive }
            }
            impl Client {
                #[doc = "Does it.\n\n```text\nclient.it()\n```"]
                pub fn it(&self) {}
            }
            pub mod builder {
                impl Bare {
                    pub async fn send(self) {
                        let mut request = client.get(url).build()?;
                    }
                }
                impl Sized {
                    pub async fn send(self) {
                        let mut header_map = HeaderMap::with_capacity(2);
                        header_map.append("Size", size);
                        let mut request = client.get(url).headers(header_map).build()?;
                        match response.status().as_u16() {
                            200..=299 => { crate::raw::read(response).await }
                            304 => crate::raw::read(response).await,
                            _ => Err(Error::UnexpectedResponse(response)),
                        }
                    }
                }
            }
        };
        assert_eq!(prettyplease::unparse(&file), prettyplease::unparse(&wanted));
    }

    #[test]
    fn only_the_named_import_goes() {
        let mut item: syn::ItemUse = syn::parse_quote!(
            use progenitor_client::{encode_path, ClientHooks};
        );
        assert!(drop_import(&mut item.tree, "encode_path"));
        let left = item.to_token_stream().to_string();
        assert_eq!(left, "use progenitor_client :: { ClientHooks } ;");
        assert!(!drop_import(&mut item.tree, "encode_path"));
    }
}
