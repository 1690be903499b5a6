//! Reading the generated source.

use syn::{Item, Type};

/// The items of a module of the file.
pub(crate) fn inner_mod<'a>(items: &'a mut [Item], name: &str) -> Option<&'a mut Vec<Item>> {
    items.iter_mut().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => {
            module.content.as_mut().map(|(_, items)| items)
        }
        _ => None,
    })
}

pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}

/// What reqwest has a method of the client for.
pub(super) const PLAIN: [&str; 6] = ["get", "put", "post", "delete", "head", "patch"];
