//! What the generated source does at every call and need not do.

use quote::ToTokens as _;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{
    Expr, ExprStruct, Field, File, ImplItem, ImplItemFn, Item, Lit, Local, Member, Pat, Stmt, Token,
};

use super::polish::drop_headers_call;
use super::source::{inner_mod, is_named};
use super::texts::texts;

/// - A client shares its base URL with the others instead of copying it, and is made by `of` alone.
/// - A URL is made from the base URL as it is, which is not read anew; each segment of a path is encoded on its way into
///   it, by the crate's own rule, since progenitor's leaves `\`, `+` and `;`, which parsers and servers take for
///   something else.
/// - Headers go onto the request, and not into a map that is then copied into it. What is a text already, or a value of an
///   enumeration, is not formatted on its way into a path or a header.
/// - Builders begin with an empty message for each member that is missing. The sentence about it is made where it is
///   read, for the one call that needs it.
pub(crate) fn lean(file: &mut File) {
    share_base_url(&mut file.items);
    if let Some(types) = inner_mod(&mut file.items, "types")
        && let Some(builder) = inner_mod(types, "builder")
    {
        for method in methods(builder) {
            let body = &mut method.block.stmts;
            if method.sig.ident == "default" {
                literal(body).into_iter().for_each(begin_empty);
            } else if method.sig.ident == "try_from" {
                literal(body).into_iter().for_each(name_missing_members);
            }
        }
    }
    texts(file);
    if let Some(builder) = inner_mod(&mut file.items, "builder") {
        builder.insert(
            0,
            syn::parse_quote!(
                #[allow(unused_imports)]
                use crate::raw::Shown as _;
            ),
        );
        for method in methods(builder) {
            let body = &mut method.block.stmts;
            if method.sig.ident == "new" {
                literal(body).into_iter().for_each(begin_empty);
            } else if method.sig.ident == "send" {
                for stmt in body.iter_mut() {
                    if let Stmt::Local(local) = stmt {
                        name_missing_parameter(local);
                        build_url(local);
                    }
                }
                set_headers_in_place(body);
            }
        }
    }
}

pub(super) fn methods(items: &mut [Item]) -> impl Iterator<Item = &mut ImplItemFn> {
    items
        .iter_mut()
        .filter_map(|item| match item {
            Item::Impl(block) => Some(&mut block.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(method) => Some(method),
            _ => None,
        })
}

fn share_base_url(items: &mut [Item]) {
    for item in items {
        match item {
            Item::Struct(item) if item.ident == "Client" => {
                for field in &mut item.fields {
                    let Field { ident, ty, .. } = field;
                    if ident.as_ref().is_some_and(|name| name == "baseurl") {
                        *ty = syn::parse_quote!(::std::sync::Arc<str>);
                    }
                }
            }
            Item::Impl(block) if is_named(&block.self_ty, "Client") => {
                for item in &mut block.items {
                    let ImplItem::Fn(method) = item else { continue };
                    if method.sig.ident == "baseurl" {
                        method.block = syn::parse_quote!({ &self.baseurl });
                    } else if method.sig.ident == "new_with_client" {
                        *item = syn::parse_quote!(
                            /// The client of one call.
                            pub(crate) fn of(inner: &crate::call::Context) -> Self {
                                Self {
                                    baseurl: inner.base_url(),
                                    client: inner.http(),
                                    inner: inner.clone(),
                                }
                            }
                        );
                    }
                }
            }
            _ => {}
        }
    }
}

/// The struct that a body of one expression makes, by itself or as `Ok`.
fn literal(body: &mut [Stmt]) -> Option<&mut ExprStruct> {
    let [Stmt::Expr(expr, None)] = body else {
        return None;
    };
    let expr = match expr {
        Expr::Call(call) => call.args.first_mut()?,
        other => other,
    };
    match expr {
        Expr::Struct(literal) => Some(literal),
        _ => None,
    }
}

/// `Err("…".to_string())` becomes an error without a text.
fn begin_empty(literal: &mut ExprStruct) {
    for field in &mut literal.fields {
        if let Expr::Call(call) = &field.expr
            && matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err"))
            && let Some(Expr::MethodCall(text)) = call.args.first()
            && matches!(&*text.receiver, Expr::Lit(_))
        {
            field.expr = syn::parse_quote!(Err(::std::string::String::new()));
        }
    }
}

/// `value.member?` says what is missing.
fn name_missing_members(literal: &mut ExprStruct) {
    for field in &mut literal.fields {
        if let (Expr::Try(tried), Member::Named(name)) = (&mut field.expr, &field.member)
            && matches!(&*tried.expr, Expr::Field(_))
        {
            let (value, message) = (&tried.expr, format!("no value supplied for {name}"));
            *tried.expr = syn::parse_quote!(crate::raw::given(#value, #message));
        }
    }
}

/// `let parameter = parameter.map_err(…)?` says what is missing.
fn name_missing_parameter(local: &mut Local) {
    if let Pat::Ident(name) = &local.pat
        && let Some(init) = &mut local.init
        && let Expr::Try(tried) = &mut *init.expr
        && let Expr::MethodCall(call) = &mut *tried.expr
        && call.method == "map_err"
        && matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident(&name.ident))
    {
        let (value, message) = (
            &call.receiver,
            format!("{} was not initialized", name.ident),
        );
        *call.receiver = syn::parse_quote!(crate::raw::given(#value, #message));
    }
}

/// `let url = format!("{}/a/{}", client.baseurl, encode_path(&b.to_string()))` becomes one call.
fn build_url(local: &mut Local) {
    if let Pat::Ident(name) = &local.pat
        && name.ident == "url"
        && let Some(init) = &mut local.init
        && let Expr::Macro(formatted) = &*init.expr
        && formatted.mac.path.is_ident("format")
        && let Some(built) = url(formatted.mac.tokens.clone())
    {
        *init.expr = built;
    }
}

fn url(tokens: proc_macro2::TokenStream) -> Option<Expr> {
    let arguments = Punctuated::<Expr, Token![,]>::parse_terminated
        .parse2(tokens)
        .ok()?;
    let mut arguments = arguments.into_iter();
    let Expr::Lit(format) = arguments.next()? else {
        return None;
    };
    let Lit::Str(format) = format.lit else {
        return None;
    };
    // The base URL, which the context has ready.
    arguments.next()?;
    let (names, texts): (Vec<String>, Vec<Expr>) = arguments
        .map(segment)
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .unzip();
    let format = format.value();
    let path = format.strip_prefix("{}")?;
    let known =
        path.matches("{}").count() == texts.len() && !path.replace("{}", "").contains(['{', '}']);
    known.then(|| {
        syn::parse_quote!(
            client.inner.url(#path, &[#(#names),*], &[#(#texts),*]).map_err(Error::InvalidRequest)?
        )
    })
}

/// The name and the text of the parameter that `encode_path(&parameter.to_string())` encodes.
fn segment(argument: Expr) -> Option<(String, Expr)> {
    let Expr::Call(call) = argument else {
        return None;
    };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let (true, Some(Expr::Reference(text))) = (
        function.path.is_ident("encode_path"),
        call.args.into_iter().next(),
    ) else {
        return None;
    };
    match *text.expr {
        Expr::MethodCall(text) if text.method == "to_string" => {
            let name = text.receiver.to_token_stream().to_string();
            Some((name, as_text(&text.receiver)))
        }
        _ => None,
    }
}

fn as_text(value: &Expr) -> Expr {
    syn::parse_quote!(crate::raw::Part(&#value).text().as_ref())
}

/// `value.to_string().try_into()?` becomes the header's value without a text in between.
fn header_value(value: &mut Expr) {
    if let Expr::Try(tried) = value
        && let Expr::MethodCall(made) = &mut *tried.expr
        && made.method == "try_into"
        && let Expr::MethodCall(text) = &*made.receiver
        && text.method == "to_string"
    {
        let text = as_text(&text.receiver);
        *tried.expr = syn::parse_quote!(::reqwest::header::HeaderValue::from_str(#text));
    }
}

fn set_headers_in_place(body: &mut Vec<Stmt>) {
    let at = |wanted: &str| {
        body.iter().position(|stmt| {
            matches!(stmt, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(name) if name.ident == wanted))
        })
    };
    let (Some(map), Some(request)) = (at("header_map"), at("request")) else {
        return;
    };
    let Some(between) = body.get(map + 1..request) else {
        return;
    };
    let mut set = between.to_vec();
    if !set.iter_mut().all(onto_request) {
        return;
    }
    if let Some(Stmt::Local(local)) = body.get_mut(request)
        && let Some(init) = &mut local.init
    {
        drop_headers_call(&mut init.expr);
    }
    body.splice(request + 1..=request, set);
    body.drain(map..request);
}

/// `header_map.append(…)`, maybe under a condition, becomes an insertion into the request's headers.
fn onto_request(stmt: &mut Stmt) -> bool {
    match stmt {
        Stmt::Expr(Expr::If(branch), _) if branch.else_branch.is_none() => {
            branch.then_branch.stmts.iter_mut().all(onto_request)
        }
        Stmt::Expr(Expr::MethodCall(call), _)
            if call.method == "append"
                && matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("header_map")) =>
        {
            call.method = syn::parse_quote!(insert);
            *call.receiver = syn::parse_quote!(request.headers_mut());
            call.args.iter_mut().for_each(header_value);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn what_every_call_would_do_is_done_where_it_is_needed() {
        let mut file: File = syn::parse_quote! {
            pub mod types {
                pub mod builder {
                    impl Default for A {
                        fn default() -> Self {
                            Self { a: Err("no value supplied for a".to_string()), b: Ok(Default::default()) }
                        }
                    }
                    impl TryFrom<A> for super::A {
                        fn try_from(value: A) -> Result<Self, ConversionError> {
                            Ok(Self { a: value.a?, b: value.b? })
                        }
                    }
                }
            }
            pub struct Client { pub(crate) baseurl: String, pub(crate) client: reqwest::Client }
            impl Client {
                pub fn new_with_client(baseurl: &str, client: reqwest::Client, inner: Context) -> Self {
                    Self { baseurl: baseurl.to_string(), client, inner }
                }
            }
            impl ClientInfo<Context> for Client {
                fn baseurl(&self) -> &str { self.baseurl.as_str() }
            }
            pub mod builder {
                impl Get {
                    pub fn new(client: &super::Client) -> Self {
                        Self { client: client, id: Err("id was not initialized".to_string()) }
                    }
                    pub async fn send(self) {
                        let Self { client, id } = self;
                        let id = id.map_err(Error::InvalidRequest)?;
                        let url = format!("{}/a/{}/b", client.baseurl, encode_path(&id.to_string()),);
                        let other = format!("{}", client.baseurl);
                        let mut header_map = HeaderMap::with_capacity(2usize);
                        header_map.append("Accept", accept.to_string().try_into()?);
                        if let Some(value) = size {
                            header_map.append("Size", value.to_string().try_into()?);
                        }
                        let mut request = client.client.get(url).headers(header_map).build()?;
                        let info = 1;
                    }
                }
            }
        };
        lean(&mut file);
        let wanted: File = syn::parse_quote! {
            pub mod types {
                pub mod builder {
                    impl Default for A {
                        fn default() -> Self {
                            Self { a: Err(::std::string::String::new()), b: Ok(Default::default()) }
                        }
                    }
                    impl TryFrom<A> for super::A {
                        fn try_from(value: A) -> Result<Self, ConversionError> {
                            Ok(Self {
                                a: crate::raw::given(value.a, "no value supplied for a")?,
                                b: crate::raw::given(value.b, "no value supplied for b")?
                            })
                        }
                    }
                }
            }
            pub struct Client { pub(crate) baseurl: ::std::sync::Arc<str>, pub(crate) client: reqwest::Client }
            impl Client {
                /// The client of one call.
                pub(crate) fn of(inner: &crate::call::Context) -> Self {
                    Self { baseurl: inner.base_url(), client: inner.http(), inner: inner.clone(), }
                }
            }
            impl ClientInfo<Context> for Client {
                fn baseurl(&self) -> &str { &self.baseurl }
            }
            pub mod builder {
                #[allow(unused_imports)]
                use crate::raw::Shown as _;
                impl Get {
                    pub fn new(client: &super::Client) -> Self {
                        Self { client: client, id: Err(::std::string::String::new()) }
                    }
                    pub async fn send(self) {
                        let Self { client, id } = self;
                        let id = crate::raw::given(id, "id was not initialized").map_err(Error::InvalidRequest)?;
                        let url = client.inner.url("/a/{}/b", &["id"], &[crate::raw::Part(&id).text().as_ref()]).map_err(Error::InvalidRequest)?;
                        let other = format!("{}", client.baseurl);
                        let mut request = client.client.get(url).build()?;
                        request.headers_mut().insert("Accept", ::reqwest::header::HeaderValue::from_str(crate::raw::Part(&accept).text().as_ref())?);
                        if let Some(value) = size {
                            request.headers_mut().insert("Size", ::reqwest::header::HeaderValue::from_str(crate::raw::Part(&value).text().as_ref())?);
                        }
                        let info = 1;
                    }
                }
            }
        };
        assert_eq!(prettyplease::unparse(&file), prettyplease::unparse(&wanted));
    }

    /// It stays as it was, and the crate's own `encode_path` is what it calls.
    #[test]
    fn a_url_of_another_form_is_left_alone() {
        for form in [
            r#"let url = format!("{}/a/{}", client.baseurl, id);"#,
            r#"let url = format!("{}/a/{id}", client.baseurl);"#,
            r#"let url = format!("{}/a/{}", client.baseurl);"#,
            r#"let url = format!("/a{}", client.baseurl);"#,
            "let url = other(&client.baseurl);",
        ] {
            let Stmt::Local(mut local) = syn::parse_str(form).unwrap() else {
                panic!("no statement")
            };
            let before = local.to_token_stream().to_string();
            build_url(&mut local);
            assert_eq!(local.to_token_stream().to_string(), before);
        }
    }
}
