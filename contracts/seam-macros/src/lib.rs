//! The `#[seam::contract]` attribute.

use proc_macro::TokenStream;
use quote::quote;
use syn::{ItemTrait, TraitItem, parse_macro_input};

/// Makes a trait a contract.
#[proc_macro_attribute]
pub fn contract(_args: TokenStream, input: TokenStream) -> TokenStream {
    let mut item = parse_macro_input!(input as ItemTrait);
    for method in &mut item.items {
        if let TraitItem::Fn(method) = method {
            method
                .attrs
                .retain(|a| !a.path().is_ident("read") && !a.path().is_ident("write"));
        }
    }
    quote! { #[::seam::async_trait] #item }.into()
}
