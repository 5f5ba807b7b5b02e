use syn::{Attribute, Error, Expr, Ident, Member, Meta, Result, Token, TraitItemFn, parse::ParseStream};

const KEY_WANTED: &str =
    "a key is an argument, or a field of one: write #[read(key = order_id)] or #[write(key = order.key)]";
const IDEMPOTENT_WANTED: &str = "after the key only `idempotent` may stand, and only for a write that may be sent \
                                 again: write #[write(key = order.key, idempotent)]";

/// The content of `#[read]` or `#[write]` on a method.
pub(crate) struct Classification {
    pub(crate) kind: Kind,
    pub(crate) key: Option<Key>,
    /// Declared to have no further effect when the same call is made again.
    pub(crate) idempotent: bool,
}

#[derive(PartialEq)]
pub(crate) enum Kind {
    Read,
    Write,
}

/// The argument, or the field of one, that is the key of a call.
pub(crate) struct Key {
    pub(crate) argument: Ident,
    pub(crate) expression: Expr,
}

/// Returns `true` for an attribute of this macro, which the compiler must not see.
pub(crate) fn is_marker(attribute: &Attribute) -> bool {
    attribute.path().is_ident("read") || attribute.path().is_ident("write")
}

impl Classification {
    pub(crate) fn of(method: &TraitItemFn) -> Result<Self> {
        let name = &method.sig.ident;
        let mut markers = method.attrs.iter().filter(|attribute| is_marker(attribute));
        let Some(marker) = markers.next() else {
            let wanted = format!(
                "say what {name} does: write #[read] above it if it changes nothing, or #[write] if it may; \
                 with its key, where it has one: #[read(key = order_id)]"
            );
            return Err(Error::new(name.span(), wanted));
        };
        if let Some(second) = markers.next() {
            let seen = format!("{name} is classified twice: keep one of #[read] and #[write]");
            return Err(Error::new_spanned(second, seen));
        }
        let kind = if marker.path().is_ident("read") {
            Kind::Read
        } else {
            Kind::Write
        };
        let (key, idempotent) = match &marker.meta {
            Meta::Path(_) => (None, None),
            Meta::List(_) => {
                let (key, idempotent) = marker.parse_args_with(facts)?;
                (Some(key), idempotent)
            }
            Meta::NameValue(_) => return Err(Error::new_spanned(marker, KEY_WANTED)),
        };
        match idempotent {
            Some(word) if kind == Kind::Read => Err(Error::new(word.span(), IDEMPOTENT_WANTED)),
            idempotent => Ok(Self {
                kind,
                key,
                idempotent: idempotent.is_some(),
            }),
        }
    }
}

/// Reads `key = order.key`, and `, idempotent` after it.
fn facts(input: ParseStream<'_>) -> Result<(Key, Option<Ident>)> {
    let key = key(input)?;
    if !input.peek(Token![,]) {
        return match input.is_empty() {
            true => Ok((key, None)),
            false => Err(Error::new(input.span(), KEY_WANTED)),
        };
    }
    input.parse::<Token![,]>()?;
    let start = input.span();
    let word: Ident = input.parse().map_err(|_| Error::new(start, IDEMPOTENT_WANTED))?;
    match word == "idempotent" && input.is_empty() {
        true => Ok((key, Some(word))),
        false => Err(Error::new(word.span(), IDEMPOTENT_WANTED)),
    }
}

fn key(input: ParseStream<'_>) -> Result<Key> {
    let wanted = |span| Error::new(span, KEY_WANTED);
    let start = input.span();
    let ident: Ident = input.parse().map_err(|_| wanted(start))?;
    if ident != "key" {
        return Err(wanted(ident.span()));
    }
    input.parse::<Token![=]>().map_err(|_| wanted(start))?;
    let expression: Expr = input.parse().map_err(|_| wanted(start))?;
    let argument = root(&expression)
        .cloned()
        .ok_or_else(|| Error::new_spanned(&expression, KEY_WANTED))?;
    Ok(Key { argument, expression })
}

fn root(expression: &Expr) -> Option<&Ident> {
    match expression {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Field(field) => match &field.member {
            Member::Named(_) | Member::Unnamed(_) => root(&field.base),
        },
        _ => None,
    }
}
