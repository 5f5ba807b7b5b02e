use proc_macro2::TokenStream;
use syn::{Error, Ident, ItemTrait, LitStr, Result, TraitItem, TypeParamBound, spanned::Spanned};

use crate::{arguments, classification, method::Method, problems::Problems};

/// A contract that was checked: the source of all generated code.
pub(crate) struct Model {
    /// The trait without the attributes of this macro.
    pub(crate) item: ItemTrait,
    pub(crate) name: LitStr,
    pub(crate) methods: Vec<Method>,
}

impl Model {
    pub(crate) fn of(arguments: TokenStream, item: &ItemTrait) -> Result<Self> {
        let mut problems = Problems::default();
        let name = problems.keep(arguments::name(arguments));
        problems.keep(shape(item));
        let mut methods = Vec::new();
        for part in &item.items {
            methods.extend(problems.keep(method(part)));
        }
        problems.none()?;
        let name = name.ok_or_else(|| Error::new(item.ident.span(), "the contract has no name"))?;
        Ok(Self {
            item: unmarked(item),
            name,
            methods,
        })
    }

    /// The name of an enum beside the trait.
    pub(crate) fn names(&self) -> (&Ident, Ident, Ident) {
        let of = &self.item.ident;
        (
            of,
            Ident::new(&format!("{of}Call"), of.span()),
            Ident::new(&format!("{of}Reply"), of.span()),
        )
    }
}

/// The trait without the attributes that only this macro knows.
pub(crate) fn unmarked(item: &ItemTrait) -> ItemTrait {
    let mut item = item.clone();
    for part in &mut item.items {
        if let TraitItem::Fn(method) = part {
            method.attrs.retain(|attribute| !classification::is_marker(attribute));
        }
    }
    item
}

fn method(part: &TraitItem) -> Result<Method> {
    match part {
        TraitItem::Fn(method) => Method::of(method),
        other => Err(Error::new(
            other.span(),
            "a contract has methods only: put constants and types beside the trait",
        )),
    }
}

fn shape(item: &ItemTrait) -> Result<()> {
    let name = &item.ident;
    if !item.generics.params.is_empty() || item.generics.where_clause.is_some() {
        return Err(Error::new(
            name.span(),
            format!("{name} is generic, and a contract is one: name the types"),
        ));
    }
    if item.items.is_empty() {
        return Err(Error::new(
            name.span(),
            format!("{name} promises nothing: give it a method"),
        ));
    }
    let bound = |wanted: &str| {
        item.supertraits.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => bound
                .path
                .segments
                .last()
                .is_some_and(|segment| segment.ident == wanted),
            _ => false,
        })
    };
    match bound("Send") && bound("Sync") {
        true => Ok(()),
        false => Err(Error::new(
            name.span(),
            format!("a service is shared by tasks: write `trait {name}: Send + Sync`"),
        )),
    }
}
