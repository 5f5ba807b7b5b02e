use syn::{Attribute, Error, Expr, Ident, Member, Meta, Result, Token, TraitItemFn, parse::ParseStream};

const KEY_WANTED: &str =
    "a key is an argument, or a field of one: write #[read(key = order_id)] or #[write(key = order.key)]";

/// The content of `#[read]` or `#[write]` on a method.
pub(crate) struct Classification {
    pub(crate) kind: Kind,
    pub(crate) key: Option<Key>,
}

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
        let key = match &marker.meta {
            Meta::Path(_) => None,
            Meta::List(_) => Some(marker.parse_args_with(key)?),
            Meta::NameValue(_) => return Err(Error::new_spanned(marker, KEY_WANTED)),
        };
        Ok(Self { kind, key })
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
    match input.is_empty() {
        true => Ok(Key { argument, expression }),
        false => Err(wanted(input.span())),
    }
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
