//! The grammar of templates, the same in topologies, scenarios and files of providers: `${name}` stands for a value,
//! and `$${` for `${` itself.

use thiserror::Error;

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    /// Text that stays as it is.
    Text(&'t str),
    /// The name between `${` and `}`.
    Name(&'t str),
}

/// A template with a `${` that no `}` closes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' has a ${{ without its }}; write $${{ where ${{ itself is meant")]
pub(crate) struct Unclosed(pub(crate) String);

/// Takes a template apart. Pieces without text are left out.
///
/// # Errors
/// When a `${` has no `}`.
pub(crate) fn parse(template: &str) -> Result<Vec<Part<'_>>, Unclosed> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("${") {
        parts.push(Part::Text(&rest[..start]));
        let (brace, inside) = (&rest[start + 1..start + 2], &rest[start + 2..]);
        if rest[..start].ends_with('$') {
            // The dollar that escapes is the one that stays.
            parts.push(Part::Text(brace));
            rest = inside;
            continue;
        }
        let (name, tail) = inside.split_once('}').ok_or_else(|| Unclosed(template.to_owned()))?;
        parts.push(Part::Name(name));
        rest = tail;
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::{Part::*, *};

    #[test]
    fn names_are_told_from_text_and_a_doubled_dollar_is_text() {
        assert_eq!(
            parse("a ${b}${c.d} $${e} $"),
            Ok(vec![
                Text("a "),
                Name("b"),
                Name("c.d"),
                Text(" $"),
                Text("{"),
                Text("e} $")
            ])
        );
        assert_eq!(parse(""), Ok(vec![]));
    }

    #[test]
    fn a_name_without_its_end_is_refused_with_what_to_write() {
        let refusal = parse("x ${name").unwrap_err().to_string();
        assert_eq!(
            refusal,
            "'x ${name' has a ${ without its }; write $${ where ${ itself is meant"
        );
        assert!(parse("$${name").is_ok());
    }
}
