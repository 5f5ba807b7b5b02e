use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, Ident, ItemTrait, LitStr, Type, spanned::Spanned};

use crate::{
    classification::Kind,
    method::{Argument, Method},
    model::{Model, unmarked},
};

/// Generates the trait and everything beside it.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let item = &model.item;
    let values = values(model);
    let contract = contract(model);
    let via = via(model);
    quote! {
        #[::seam::async_trait]
        #item
        #values
        #contract
        #via
    }
}

/// Generates the errors, and the trait as well: without it every use of the trait would be another error.
pub(crate) fn refuse(item: &ItemTrait, error: &Error) -> TokenStream {
    let item = unmarked(item);
    let errors = error.to_compile_error();
    quote! {
        #errors
        #[::seam::async_trait]
        #item
    }
}

fn values(model: &Model) -> TokenStream {
    let visibility = &model.item.vis;
    let (of, call, reply) = model.names();
    let calls = model.methods.iter().map(|method| call_variant(of, method));
    let replies = model.methods.iter().map(|method| reply_variant(of, method));
    let derives = quote! {
        #[derive(
            ::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq,
            ::seam::private::serde::Serialize, ::seam::private::serde::Deserialize,
        )]
        #[serde(crate = "::seam::private::serde", deny_unknown_fields)]
        #[allow(clippy::large_enum_variant, clippy::derive_partial_eq_without_eq)]
    };
    let (call_doc, reply_doc) = (
        format!("A call of [`{of}`], as a value."),
        format!("What a method of [`{of}`] returned."),
    );
    quote! {
        #[doc = #call_doc]
        #derives
        #visibility enum #call { #(#calls)* }
        #[doc = #reply_doc]
        #derives
        #visibility enum #reply { #(#replies)* }
    }
}

fn call_variant(of: &Ident, method: &Method) -> TokenStream {
    let (name, variant) = (method.name(), &method.variant);
    let doc = format!("Of [`{of}::{name}`].");
    let fields = method.arguments.iter().map(|Argument { name, kind }| {
        let doc = format!("The argument `{name}`.");
        let serde = serde_of(kind);
        quote_spanned! { place(kind) => #[doc = #doc] #serde #name: #kind, }
    });
    quote! { #[doc = #doc] #[serde(rename = #name)] #variant { #(#fields)* }, }
}

fn reply_variant(of: &Ident, method: &Method) -> TokenStream {
    let (name, variant, answer) = (method.name(), &method.variant, &method.answer);
    let doc = format!("By [`{of}::{name}`].");
    let serde = serde_of(answer);
    let field = quote_spanned! { place(answer) => #serde #answer };
    quote! { #[doc = #doc] #[serde(rename = #name)] #variant(#field), }
}

fn serde_of(kind: &Type) -> TokenStream {
    let path = LitStr::new("::seam::private::value", place(kind));
    quote_spanned! { place(kind) => #[serde(with = #path)] }
}

fn contract(model: &Model) -> TokenStream {
    let (of, call, reply) = model.names();
    let name = &model.name;
    let metadata = model.methods.iter().map(metadata);
    let variants: Vec<_> = model.methods.iter().map(|method| &method.variant).collect();
    let indexes = 0..model.methods.len();
    let keys = model.methods.iter().map(|method| key(&call, method));
    let dispatches = model.methods.iter().map(|method| dispatch(model, method));
    let outcomes = model.methods.iter().map(|Method { variant, answer, .. }| {
        quote_spanned! { place(answer) => #reply::#variant(answer) => ::seam::private::Answer::outcome(answer), }
    });
    let refusals = model.methods.iter().map(|Method { variant, answer, .. }| {
        quote_spanned! { place(answer) => #reply::#variant(answer) => ::seam::private::Answer::is_not_done(answer), }
    });
    let failures = model.methods.iter().map(|Method { variant, answer, .. }| {
        quote_spanned! {
            place(answer) => #call::#variant { .. } => #reply::#variant(::seam::private::Answer::none(failure)),
        }
    });
    quote! {
        impl ::seam::Contract for dyn #of {
            type Call = #call;
            type Reply = #reply;
            const NAME: &'static str = #name;
            const METHODS: &'static [::seam::Method] = &[#(#metadata)*];

            fn method(call: &#call) -> &'static ::seam::Method {
                match call { #(#call::#variants { .. } => &<Self as ::seam::Contract>::METHODS[#indexes],)* }
            }
            fn write_key(call: &#call, out: &mut dyn ::core::fmt::Write) -> bool {
                match call { #(#keys)* }
            }
            fn dispatch(&self, call: #call) -> ::seam::BoxFuture<'_, #reply> {
                match call { #(#dispatches)* }
            }
            fn failed(call: &#call, failure: ::seam::TransportFailure) -> #reply {
                match call { #(#failures)* }
            }
            fn outcome(reply: &#reply) -> ::seam::Outcome<(), &(dyn ::std::error::Error + 'static)> {
                match reply { #(#outcomes)* }
            }
            fn is_not_done(reply: &#reply) -> bool {
                match reply { #(#refusals)* }
            }
            fn via(carrier: ::std::sync::Arc<dyn ::seam::Carrier<Self>>) -> ::std::sync::Arc<Self> {
                ::std::sync::Arc::new(::seam::Via(carrier))
            }
        }
    }
}

fn metadata(method: &Method) -> TokenStream {
    let name = method.name();
    let kind = match method.classification.kind {
        Kind::Read => format_ident!("Read"),
        Kind::Write => format_ident!("Write"),
    };
    let keyed = method.classification.key.is_some();
    let idempotent = method.classification.idempotent;
    quote! {
        ::seam::Method { name: #name, kind: ::seam::MethodKind::#kind, keyed: #keyed, idempotent: #idempotent },
    }
}

fn key(call: &Ident, method: &Method) -> TokenStream {
    let variant = &method.variant;
    match &method.classification.key {
        None => quote! { #call::#variant { .. } => false, },
        Some(key) => {
            let (argument, expression) = (&key.argument, &key.expression);
            let written = quote_spanned! { place(expression) => ::seam::private::MethodKey::write(&#expression, out) };
            quote! { #call::#variant { #argument, .. } => #written, }
        }
    }
}

fn dispatch(model: &Model, method: &Method) -> TokenStream {
    let (of, call, reply) = model.names();
    let (variant, name) = (&method.variant, &method.signature.ident);
    let arguments: Vec<_> = method.arguments.iter().map(|argument| &argument.name).collect();
    quote! {
        #call::#variant { #(#arguments),* } => ::std::boxed::Box::pin(async move {
            #reply::#variant(<Self as #of>::#name(self, #(#arguments),*).await)
        }),
    }
}

fn via(model: &Model) -> TokenStream {
    let (of, ..) = model.names();
    let methods = model.methods.iter().map(|method| via_method(model, method));
    quote! {
        #[::seam::async_trait]
        impl<K: ::seam::Carrier<dyn #of>> #of for ::seam::Via<K> { #(#methods)* }
    }
}

fn via_method(model: &Model, method: &Method) -> TokenStream {
    let (of, call, reply) = model.names();
    let (signature, variant, name) = (&method.signature, &method.variant, method.name());
    let arguments: Vec<_> = method.arguments.iter().map(|argument| &argument.name).collect();
    // With one method there is no other reply, and the compiler would say so.
    let otherwise = (model.methods.len() > 1).then(|| {
        let failure = quote! { ::seam::private::mismatch(<dyn #of as ::seam::Contract>::NAME, #name) };
        quote_spanned! { place(&method.answer) => _ => ::seam::private::Answer::none(#failure), }
    });
    quote! {
        #signature {
            match ::seam::Carrier::<dyn #of>::carry(&self.0, #call::#variant { #(#arguments),* }).await {
                #reply::#variant(answer) => answer,
                #otherwise
            }
        }
    }
}

// The span to which the compiler points when the code for this part is wrong. Names are looked up as in the rest.
fn place(part: &impl Spanned) -> Span {
    Span::call_site().located_at(part.span())
}
