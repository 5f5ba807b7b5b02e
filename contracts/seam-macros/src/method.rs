use syn::{
    Attribute, Error, FnArg, Ident, Pat, Result, ReturnType, Signature, TraitItemFn, Type, ext::IdentExt,
    spanned::Spanned,
};

use crate::{
    classification::Classification,
    problems::Problems,
    types::{is_result, unfit},
};

/// A method of a contract that was checked.
pub(crate) struct Method {
    pub(crate) signature: Signature,
    pub(crate) variant: Ident,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) answer: Type,
    pub(crate) classification: Classification,
}

pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) kind: Type,
}

impl Method {
    pub(crate) fn of(item: &TraitItemFn) -> Result<Self> {
        let signature = &item.sig;
        let name = &signature.ident;
        let mut problems = Problems::default();
        let classification = problems.keep(Classification::of(item));
        problems.keep(shape(item));
        problems.keep(receiver(signature));
        let arguments = problems.keep(arguments(signature));
        let answer = problems.keep(answer(signature));
        if let (Some(Classification { key: Some(key), .. }), Some(arguments)) = (&classification, &arguments)
            && !arguments.iter().any(|argument| argument.name == key.argument)
        {
            problems.keep::<()>(Err(Error::new(
                key.argument.span(),
                unknown_key(name, &key.argument, arguments),
            )));
        }
        problems.none()?;
        match (classification, arguments, answer) {
            (Some(classification), Some(arguments), Some(answer)) => Ok(Self {
                signature: signature.clone(),
                variant: variant(name),
                arguments,
                answer,
                classification,
            }),
            _ => Err(Error::new(name.span(), "not a method that a contract can have")),
        }
    }

    pub(crate) fn name(&self) -> String {
        self.signature.ident.unraw().to_string()
    }
}

fn shape(item: &TraitItemFn) -> Result<()> {
    let signature = &item.sig;
    let name = &signature.ident;
    if let Some(attribute) = item.attrs.iter().find(|attribute| is_conditional(attribute)) {
        return Err(Error::new_spanned(
            attribute,
            "a contract is the same for everybody: put #[cfg] on the whole trait",
        ));
    }
    if signature.asyncness.is_none() {
        let wanted = format!("{name} is not async, and a call may cross a network: write `async fn {name}`");
        return Err(Error::new(signature.fn_token.span, wanted));
    }
    if !signature.generics.params.is_empty() || signature.generics.where_clause.is_some() {
        let wanted = format!(
            "{name} is generic, and a value of its call could not be written down: name the types, one method for each"
        );
        return Err(Error::new(name.span(), wanted));
    }
    if let Some(body) = &item.default {
        let wanted =
            format!("{name} has a body, and a contract only promises: move it to an implementation, and end in `;`");
        return Err(Error::new(body.span(), wanted));
    }
    Ok(())
}

fn is_conditional(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}

fn receiver(signature: &Signature) -> Result<()> {
    let name = &signature.ident;
    let wanted = format!("{name} is called on a service that others share: write `async fn {name}(&self, ...)`");
    let Some(FnArg::Receiver(receiver)) = signature.inputs.first() else {
        return Err(Error::new(name.span(), wanted));
    };
    let plain = receiver
        .reference
        .as_ref()
        .is_some_and(|(_, lifetime)| lifetime.is_none());
    match plain && receiver.mutability.is_none() && receiver.colon_token.is_none() {
        true => Ok(()),
        false => Err(Error::new_spanned(receiver, wanted)),
    }
}

fn arguments(signature: &Signature) -> Result<Vec<Argument>> {
    let mut problems = Problems::default();
    let mut arguments = Vec::new();
    for input in &signature.inputs {
        if let FnArg::Typed(input) = input {
            arguments.extend(problems.keep(argument(&input.pat, &input.ty)));
        }
    }
    problems.none().map(|()| arguments)
}

fn argument(pattern: &Pat, kind: &Type) -> Result<Argument> {
    let name = match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => &pattern.ident,
        _ => {
            return Err(Error::new_spanned(
                pattern,
                "an argument is a field of the call: give it a plain name",
            ));
        }
    };
    match unfit(kind) {
        Some((part, advice)) => Err(Error::new_spanned(part, format!("argument {name} {advice}"))),
        None => Ok(Argument {
            name: name.clone(),
            kind: kind.clone(),
        }),
    }
}

fn answer(signature: &Signature) -> Result<Type> {
    let name = &signature.ident;
    let wanted = format!(
        "{name} does not return a Result, and a call may go unanswered: write `-> Result<T, E>` with an error \
         that implements seam::ContractError"
    );
    match &signature.output {
        ReturnType::Type(_, kind) if is_result(kind) => match unfit(kind) {
            Some((part, advice)) => Err(Error::new_spanned(part, format!("the answer of {name} {advice}"))),
            None => Ok((**kind).clone()),
        },
        ReturnType::Type(_, kind) => Err(Error::new_spanned(kind, wanted)),
        ReturnType::Default => Err(Error::new(name.span(), wanted)),
    }
}

fn unknown_key(method: &Ident, key: &Ident, arguments: &[Argument]) -> String {
    let known: Vec<_> = arguments.iter().map(|argument| argument.name.to_string()).collect();
    let advice = match known.as_slice() {
        [] => "it has none: drop the key".to_owned(),
        known => format!(
            "write key = followed by one of {}, or by a field of one",
            known.join(", ")
        ),
    };
    format!("the key of {method} names {key}, which is not an argument; {advice}")
}

fn variant(method: &Ident) -> Ident {
    let mut name = String::new();
    for word in method.unraw().to_string().split('_') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.extend(letters);
    }
    Ident::new(&name, method.span())
}
