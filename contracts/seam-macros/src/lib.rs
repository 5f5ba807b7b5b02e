//! The `#[seam::contract]` attribute. Its documentation is at its re-export in `seam`.

mod arguments;
mod classification;
mod expansion;
mod method;
mod model;
mod problems;
mod types;

use proc_macro::TokenStream;
use syn::{ItemTrait, parse_macro_input};

/// Makes a trait a contract. Use it as `seam::contract`: procedural macros need a separate crate.
#[proc_macro_attribute]
pub fn contract(arguments: TokenStream, input: TokenStream) -> TokenStream {
    let item = parse_macro_input!(input as ItemTrait);
    match model::Model::of(arguments.into(), &item) {
        Ok(model) => expansion::expand(&model),
        Err(error) => expansion::refuse(&item, &error),
    }
    .into()
}
