//! Requests that are made without being sent.

use quote::ToTokens as _;
use syn::{
    Expr, File, GenericArgument, Ident, ImplItem, ImplItemFn, Item, Lit, Pat, PathArguments,
    ReturnType, Stmt, Type,
};

use super::direct::direct;
use super::source::inner_mod;

/// What each `send` does before it sends becomes a function of its own. The wrapper takes the request from there and
/// sends it itself: what the generated code would do with the answer, it does better, and the memory of the generated
/// future costs more than all the rest of the call.
pub(crate) fn prepare(file: &mut File) {
    let builders = inner_mod(&mut file.items, "builder");
    for item in builders.into_iter().flatten() {
        let Item::Impl(block) = item else { continue };
        let send = block
            .items
            .iter_mut()
            .enumerate()
            .find_map(|(at, item)| match item {
                ImplItem::Fn(method) if method.sig.ident == "send" => Some((at, method)),
                _ => None,
            });
        if let Some((at, send)) = send
            && let Some(made) = split(send)
        {
            block.items.insert(at, ImplItem::Fn(made));
        }
    }
}

/// The beginning of a `send`, up to the request; `None` where it has another form, and stays as it is.
fn split(send: &mut ImplItemFn) -> Option<ImplItemFn> {
    let error = error_of(&send.sig.output)?;
    let stmts = &send.block.stmts;
    let info = stmts.iter().position(|stmt| is_let(stmt, "info"))?;
    stmts
        .get(..info)?
        .iter()
        .find(|stmt| is_let(stmt, "request"))?;
    let id = operation_id(stmts.get(info)?)?;
    let client = client(stmts.first()?)?;

    let rest = send.block.stmts.split_off(info);
    let begin: [Stmt; 2] = [
        syn::parse_quote!(let #client = self.#client;),
        syn::parse_quote!(let mut request = self.prepared_request()?.template.into_request();),
    ];
    let mut before = std::mem::replace(&mut send.block.stmts, begin.into());
    direct(&mut before);
    send.block.stmts.extend(rest);
    Some(syn::parse_quote!(
        pub(crate) fn prepared_request(self) -> Result<crate::call::Prepared, #error> {
            #(#before)*
            Ok(crate::call::Prepared {
                template: request.into(),
                known: const { crate::call::Known::find(super::OPERATIONS, #id) },
            })
        }
    ))
}

/// The second argument of the `Result` that is returned.
fn error_of(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, output) = output else {
        return None;
    };
    let Type::Path(result) = &**output else {
        return None;
    };
    let PathArguments::AngleBracketed(arguments) = &result.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.get(1)? {
        GenericArgument::Type(error) => Some(error.clone()),
        _ => None,
    }
}

pub(super) fn is_let(stmt: &Stmt, wanted: &str) -> bool {
    matches!(stmt, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(name) if name.ident == wanted))
}

/// The id in `let info = OperationInfo { operation_id: "…" };`.
fn operation_id(stmt: &Stmt) -> Option<String> {
    let Stmt::Local(local) = stmt else {
        return None;
    };
    let Expr::Struct(info) = &*local.init.as_ref()?.expr else {
        return None;
    };
    match &info.fields.first()?.expr {
        Expr::Lit(id) => match &id.lit {
            Lit::Str(id) => Some(id.value()),
            _ => None,
        },
        _ => None,
    }
}

/// What the client is called in `let Self { client, … } = self;`, since a parameter may have the name.
fn client(stmt: &Stmt) -> Option<Ident> {
    let Stmt::Local(local) = stmt else {
        return None;
    };
    let Pat::Struct(parts) = &local.pat else {
        return None;
    };
    let name = parts.fields.first()?.member.to_token_stream().to_string();
    (name.trim_start_matches('_') == "client")
        .then(|| syn::parse_str(&name).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_made_before_it_is_sent() {
        let mut file: File = syn::parse_quote! {
            pub mod builder {
                impl<'a> Get<'a> {
                    pub async fn send(self) -> Result<ResponseValue<types::A>, Error<types::B>> {
                        let Self { _client, id, client } = self;
                        let mut request = _client.client.get(id).build()?;
                        request.headers_mut().insert("A", client);
                        let info = OperationInfo { operation_id: "get_it" };
                        _client.pre(&mut request, &info).await?;
                        let result = _client.exec(request, &info).await;
                        result
                    }
                }
            }
        };
        prepare(&mut file);
        let wanted: File = syn::parse_quote! {
            pub mod builder {
                impl<'a> Get<'a> {
                    pub(crate) fn prepared_request(self) -> Result<crate::call::Prepared, Error<types::B>> {
                        let Self { _client, id, client } = self;
                        let mut request = crate::call::Template::new(::reqwest::Method::GET, id);
                        request.headers_mut().insert("A", client);
                        Ok(crate::call::Prepared {
                            template: request.into(),
                            known: const { crate::call::Known::find(super::OPERATIONS, "get_it") },
                        })
                    }
                    pub async fn send(self) -> Result<ResponseValue<types::A>, Error<types::B>> {
                        let _client = self._client;
                        let mut request = self.prepared_request()?.template.into_request();
                        let info = OperationInfo { operation_id: "get_it" };
                        _client.pre(&mut request, &info).await?;
                        let result = _client.exec(request, &info).await;
                        result
                    }
                }
            }
        };
        assert_eq!(prettyplease::unparse(&file), prettyplease::unparse(&wanted));
    }

    #[test]
    fn a_send_of_another_form_is_left_alone() {
        for form in [
            "async fn send(self) -> Result<A, E> { let Self { client } = self; let info = I { id: \"a\" }; }",
            "async fn send(self) -> Result<A, E> { let Self { client } = self; let request = 1; let info = 2; }",
            "async fn send(self) -> Result<A, E> { let Self { id } = self; let request = 1; let info = I { id: \"a\" }; }",
            "async fn send(self) -> Result<A> { let Self { client } = self; let request = 1; let info = I { id: \"a\" }; }",
            "async fn send(self) { let Self { client } = self; let request = 1; let info = I { id: \"a\" }; }",
        ] {
            let mut method: ImplItemFn = syn::parse_str(form).unwrap();
            let before = method.to_token_stream().to_string();
            assert!(split(&mut method).is_none(), "{form}");
            assert_eq!(method.to_token_stream().to_string(), before);
        }
    }
}
