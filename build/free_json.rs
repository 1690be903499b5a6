//! What is printed of generated types that hold any JSON.

use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::{Attribute, Item, Path, Token};

use super::source::inner_mod;

/// A type that can hold any JSON, such as a choice between shapes that nothing tells apart, can hold a person anywhere
/// in it. So its `Debug` shows its name alone.
pub(crate) fn hide(types: &mut Vec<Item>) {
    if let Some(builders) = inner_mod(types, "builder") {
        hide_in(builders);
    }
    hide_in(types);
}

fn hide_in(items: &mut Vec<Item>) {
    let hidden: Vec<Item> = items.iter_mut().filter_map(hidden).collect();
    items.extend(hidden);
}

/// Takes the derived `Debug` off a type that holds any JSON; gives the one in its place.
fn hidden(item: &mut Item) -> Option<Item> {
    let (attributes, name, content) = match item {
        Item::Struct(item) => {
            let content = item.fields.to_token_stream();
            (&mut item.attrs, &item.ident, content)
        }
        Item::Enum(item) => {
            let content = item.variants.to_token_stream();
            (&mut item.attrs, &item.ident, content)
        }
        _ => return None,
    };
    if !content.to_string().contains("serde_json ::") {
        return None;
    }
    let derived = attributes
        .iter_mut()
        .filter(|a| a.path().is_ident("derive"));
    if !derived.map(drop_debug).fold(false, |any, one| any | one) {
        return None;
    }
    let text = format!("{name}([redacted])");
    Some(syn::parse_quote! {
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(#text)
            }
        }
    })
}

fn drop_debug(derive: &mut Attribute) -> bool {
    let Ok(traits) = derive.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) else {
        return false;
    };
    let is_debug = |path: &Path| path.segments.last().is_some_and(|s| s.ident == "Debug");
    let others: Vec<_> = traits.iter().filter(|path| !is_debug(path)).collect();
    let found = others.len() < traits.len();
    *derive = syn::parse_quote!(#[derive(#(#others),*)]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_that_hold_any_json_are_hidden() {
        let mut file: syn::File = syn::parse_quote! {
            pub mod types {
                #[derive(Clone, Debug)]
                pub struct Any(pub ::serde_json::Value);
                #[derive(Clone, Debug)]
                pub struct Text(pub String);
                #[derive(Debug)]
                pub enum Either { Map(::serde_json::Map<String, ::serde_json::Value>), None }
                pub mod builder {
                    #[derive(Clone, Debug)]
                    pub struct Any { part: Result<::serde_json::Value, String> }
                }
            }
        };
        hide(inner_mod(&mut file.items, "types").unwrap());
        let wanted: syn::File = syn::parse_quote! {
            pub mod types {
                #[derive(Clone)]
                pub struct Any(pub ::serde_json::Value);
                #[derive(Clone, Debug)]
                pub struct Text(pub String);
                #[derive()]
                pub enum Either { Map(::serde_json::Map<String, ::serde_json::Value>), None }
                pub mod builder {
                    #[derive(Clone)]
                    pub struct Any { part: Result<::serde_json::Value, String> }
                    impl ::std::fmt::Debug for Any {
                        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                            f.write_str("Any([redacted])")
                        }
                    }
                }
                impl ::std::fmt::Debug for Any {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("Any([redacted])")
                    }
                }
                impl ::std::fmt::Debug for Either {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("Either([redacted])")
                    }
                }
            }
        };
        assert_eq!(prettyplease::unparse(&file), prettyplease::unparse(&wanted));
    }
}
