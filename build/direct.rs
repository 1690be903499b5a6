//! Requests that are written where they are read, and not by way of reqwest's builder.

use quote::ToTokens as _;
use syn::{Expr, ExprMethodCall, Lit, Local, Stmt};

use super::prepare::is_let;
use super::source::PLAIN;

/// `let request = client.client.post(url).header(…).json(&body).build()?;` becomes statements about a
/// `crate::call::Template`, which is what the wrapper sends from: reqwest's builder is moved with each word, and makes
/// a map of headers that are then put into another. Where a chain says anything else it stays.
pub(crate) fn direct(stmts: &mut Vec<Stmt>) {
    let at = stmts.iter().position(|stmt| is_let(stmt, "request"));
    if let Some(at) = at
        && let Some(Stmt::Local(local)) = stmts.get(at)
        && let Some(written) = written(local)
    {
        stmts.splice(at..=at, written);
    }
}

fn written(local: &Local) -> Option<Vec<Stmt>> {
    let Expr::Try(built) = &*local.init.as_ref()?.expr else {
        return None;
    };
    let mut calls = Vec::new();
    let mut rest = &*built.expr;
    while let Expr::MethodCall(call) = rest {
        calls.push(call);
        rest = &*call.receiver;
    }
    let (first, others) = calls.split_last()?;
    let (last, words) = others.split_first()?;
    if !matches!(rest, Expr::Field(client) if client.member.to_token_stream().to_string() == "client")
        || last.method != "build"
    {
        return None;
    }
    let method = first.method.to_string();
    if !PLAIN.contains(&&*method) {
        return None;
    }
    let method = quote::format_ident!("{}", method.to_uppercase());
    let url = &first.args;
    let attributes = &local.attrs;
    let mut stmts: Vec<Stmt> = vec![syn::parse_quote!(
        #(#attributes)*
        let mut request = crate::call::Template::new(::reqwest::Method::#method, #url);
    )];
    for word in words.iter().rev() {
        stmts.push(said(word)?);
    }
    Some(stmts)
}

fn said(word: &ExprMethodCall) -> Option<Stmt> {
    let arguments = &word.args;
    match word.method.to_string().as_str() {
        "header" if accepts_json(word) => Some(syn::parse_quote!(request.accept_json();)),
        "header" => Some(syn::parse_quote!(request.headers_mut().insert(#arguments);)),
        "json" => Some(syn::parse_quote!(request.json(#arguments)?;)),
        _ => None,
    }
}

fn accepts_json(word: &ExprMethodCall) -> bool {
    let (Some(Expr::Path(name)), Some(Expr::Call(value))) = (word.args.first(), word.args.last())
    else {
        return false;
    };
    let text = match value.args.first() {
        Some(Expr::Lit(literal)) => &literal.lit,
        _ => return false,
    };
    name.path
        .segments
        .last()
        .is_some_and(|last| last.ident == "ACCEPT")
        && matches!(text, Lit::Str(text) if text.value() == "application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mut block: syn::Block) -> String {
        direct(&mut block.stmts);
        block.to_token_stream().to_string()
    }

    #[test]
    fn a_chain_becomes_statements() {
        let chain = syn::parse_quote!({
            let url = u();
            #[allow(unused_mut)]
            let mut request = _client
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .header(A, b)
                .json(&body)
                .build()?;
            request.headers_mut().insert("Size", value);
        });
        let wanted: syn::Block = syn::parse_quote!({
            let url = u();
            #[allow(unused_mut)]
            let mut request = crate::call::Template::new(::reqwest::Method::POST, url);
            request.accept_json();
            request.headers_mut().insert(A, b);
            request.json(&body)?;
            request.headers_mut().insert("Size", value);
        });
        assert_eq!(of(chain), wanted.to_token_stream().to_string());
    }

    #[test]
    fn what_is_not_known_stays() {
        for chain in [
            "{ let request = c.client.get(url).query(&q).build()?; }",
            "{ let request = c.client.post(url).body(b).build()?; }",
            "{ let request = c.client.request(m, url).build()?; }",
            "{ let request = c.client.get(url).build(); }",
            "{ let request = c.get(url).build()?; }",
            "{ let request = c.client.get(url)?; }",
            "{ let other = c.client.get(url).build()?; }",
        ] {
            let block: syn::Block = syn::parse_str(chain).unwrap();
            let before = block.to_token_stream().to_string();
            assert_eq!(of(block), before);
        }
    }
}
