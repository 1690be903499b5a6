//! The texts of enumerations, for where they become a part of a path or a header.

use quote::ToTokens as _;
use syn::{Expr, File, Ident, ImplItem, Item, Lit, LitStr, Pat, Stmt, Type};

use super::source::inner_mod;

/// Gives `crate::raw::Part` the texts of each enumeration that is a parameter: those that its `Display` has.
pub(crate) fn texts(file: &mut File) {
    let builder = inner_mod(&mut file.items, "builder");
    let parameters: Vec<String> = builder
        .into_iter()
        .flatten()
        .filter(|item| matches!(item, Item::Struct(_)))
        .map(|item| item.to_token_stream().to_string())
        .collect();
    let is_parameter = |name: &Ident| {
        let path = format!("types :: {name} ");
        parameters.iter().any(|builder| builder.contains(&path))
    };
    let Some(types) = inner_mod(&mut file.items, "types") else {
        return;
    };
    let texts = types.iter().filter_map(of_enumeration).collect::<Vec<_>>();
    for (name, texts) in texts.into_iter().filter(|(name, _)| is_parameter(name)) {
        let (variants, texts): (Vec<Ident>, Vec<LitStr>) = texts.into_iter().unzip();
        types.push(syn::parse_quote!(
            impl crate::raw::Part<'_, #name> {
                #[allow(dead_code)]
                pub(super) fn text(&self) -> &'static str {
                    match *self.0 {
                        #(#name::#variants => #texts,)*
                    }
                }
            }
        ));
    }
}

/// The variants and their texts, where this is the `Display` of an enumeration and says nothing else.
fn of_enumeration(item: &Item) -> Option<(Ident, Vec<(Ident, LitStr)>)> {
    let Item::Impl(block) = item else {
        return None;
    };
    let (of, ..) = block.trait_.as_ref()?;
    let Type::Path(ty) = &*block.self_ty else {
        return None;
    };
    if of.segments.last()?.ident != "Display" {
        return None;
    }
    let Some(ImplItem::Fn(method)) = block.items.first() else {
        return None;
    };
    let [Stmt::Expr(Expr::Match(cases), None)] = &*method.block.stmts else {
        return None;
    };
    let texts = cases.arms.iter().map(|arm| {
        let (Pat::Path(variant), Expr::MethodCall(written)) = (&arm.pat, &*arm.body) else {
            return None;
        };
        let Some(Expr::Lit(text)) = written.args.first() else {
            return None;
        };
        match &text.lit {
            Lit::Str(text) if written.method == "write_str" => {
                Some((variant.path.segments.last()?.ident.clone(), text.clone()))
            }
            _ => None,
        }
    });
    Some((ty.path.get_ident()?.clone(), texts.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enumeration_that_is_a_parameter_tells_its_texts() {
        let mut file: File = syn::parse_quote! {
            pub mod types {
                pub enum Accept { Png, Svg }
                impl Display for Accept {
                    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                        match *self {
                            Self::Png => f.write_str("image/png"),
                            Self::Svg => f.write_str("image/svg+xml"),
                        }
                    }
                }
                impl Display for NoParameter {
                    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                        match *self {
                            Self::A => f.write_str("a"),
                        }
                    }
                }
                impl Display for Else {
                    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                        match *self {
                            Self::A => f.write_str("a"),
                            Self::B(ref b) => b.fmt(f),
                        }
                    }
                }
            }
            pub mod builder {
                pub struct Get { accept: Result<types::Accept, String>, other: Result<types::Else, String> }
            }
        };
        let mut wanted = file.clone();
        let told = syn::parse_quote! {
            impl crate::raw::Part<'_, Accept> {
                #[allow(dead_code)]
                pub(super) fn text(&self) -> &'static str {
                    match *self.0 {
                        Accept::Png => "image/png",
                        Accept::Svg => "image/svg+xml",
                    }
                }
            }
        };
        inner_mod(&mut wanted.items, "types").unwrap().push(told);
        super::texts(&mut file);
        assert_eq!(prettyplease::unparse(&file), prettyplease::unparse(&wanted));
    }
}
