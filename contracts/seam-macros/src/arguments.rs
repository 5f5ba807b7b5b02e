use proc_macro2::{Span, TokenStream};
use syn::{
    Error, Ident, LitStr, Result, Token,
    parse::{Parse, ParseStream, Parser},
};

const WANTED: &str = "name the contract: write #[seam::contract(name = \"orders\")]";

/// The name in `#[seam::contract(name = "...")]`.
pub(crate) fn name(arguments: TokenStream) -> Result<LitStr> {
    if arguments.is_empty() {
        return Err(Error::new(Span::call_site(), WANTED));
    }
    let Name(name) = Name::parse.parse2(arguments)?;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !name.value().starts_with(|c: char| c.is_ascii_lowercase()) || !name.value().chars().all(legal) {
        let seen = format!(
            "contract name is {:?}, wanted a-z, then a-z, 0-9, - and _: write name = \"orders\"",
            name.value()
        );
        return Err(Error::new(name.span(), seen));
    }
    Ok(name)
}

struct Name(LitStr);

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let wanted = |_| Error::new(Span::call_site(), WANTED);
        let ident: Ident = input.parse().map_err(wanted)?;
        if ident != "name" {
            return Err(Error::new(ident.span(), format!("unknown argument {ident}; {WANTED}")));
        }
        input.parse::<Token![=]>().map_err(wanted)?;
        let name = input.parse().map_err(wanted)?;
        input.parse::<Option<Token![,]>>()?;
        match input.is_empty() {
            true => Ok(Self(name)),
            false => Err(input.error(format!("the name is the only argument; {WANTED}"))),
        }
    }
}
