//! The `#[seam::contract]` attribute; what it promises stands where it is re-exported, in `seam`.

mod arguments;
mod classification;
mod expansion;
mod method;
mod model;
mod problems;
mod types;

use proc_macro::TokenStream;
use syn::{ItemTrait, parse_macro_input};

/// The macro stands in a crate of its own, as procedural macros must; use it as `seam::contract`.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, input: TokenStream) -> TokenStream {
    let item = parse_macro_input!(input as ItemTrait);
    match model::Model::of(arguments.into(), &item) {
        Ok(model) => expansion::expand(&model),
        Err(error) => expansion::refuse(&item, &error),
    }
    .into()
}
