use syn::{GenericArgument, PathArguments, Type};

/// Finds the part of a type that can't be in a call, with the type to write instead.
pub(crate) fn unfit(kind: &Type) -> Option<(&Type, &'static str)> {
    match kind {
        Type::Reference(_) => Some((
            kind,
            "is a reference, which can't cross a wire: take it by value, `String` for `&str`, `Vec<T>` for `&[T]`",
        )),
        Type::ImplTrait(_) => Some((
            kind,
            "is generic, and a value of its call could not be written down: name the type",
        )),
        Type::TraitObject(_) => Some((
            kind,
            "is a trait object, which can't cross a wire: use an enum of what it may be",
        )),
        Type::Ptr(_) | Type::BareFn(_) => Some((kind, "is a pointer, which can't cross a wire: send the data")),
        Type::Path(path) => path.path.segments.iter().find_map(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(inner) => inner.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(kind) => unfit(kind),
                _ => None,
            }),
            _ => None,
        }),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(unfit),
        Type::Array(array) => unfit(&array.elem),
        Type::Paren(inner) => unfit(&inner.elem),
        Type::Group(inner) => unfit(&inner.elem),
        _ => None,
    }
}

/// Returns `true` for a type written as a `Result`, of any crate and with any number of arguments.
pub(crate) fn is_result(kind: &Type) -> bool {
    match kind {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "Result"),
        Type::Paren(inner) => is_result(&inner.elem),
        Type::Group(inner) => is_result(&inner.elem),
        _ => false,
    }
}
