//! The form of a scenario's queries: one statement that only reads. SQLite's `query_only` guards the tables, but
//! neither the files that an `ATTACH` makes nor what follows a semicolon.

/// Words that a query begins with.
const OPENINGS: [&str; 3] = ["SELECT", "WITH", "VALUES"];
/// Signs of parameters. Nothing binds them, and a name such as `$a(')` may hide a quotation mark.
const PARAMETERS: [char; 5] = ['$', '@', '#', ':', '?'];

/// The one statement of a text, without a semicolon or comments at its end.
///
/// # Errors
/// When it is not one query; the text says what is wrong.
pub(super) fn one_query(sql: &str) -> Result<&str, String> {
    let bare = bare(sql);
    let end = bare
        .trim_end_matches(|last: char| last == ';' || last.is_ascii_whitespace())
        .len();
    let bare = &bare[..end];
    let first = bare
        .split(|next: char| !next.is_ascii_alphanumeric())
        .find(|word| !word.is_empty());
    let first = first.unwrap_or_default();
    if !OPENINGS.iter().any(|opening| opening.eq_ignore_ascii_case(first)) {
        return Err(format!("begins with {first:?}, wanted {}", OPENINGS.join(", ")));
    }
    if bare.contains(';') {
        return Err("is more than one statement, wanted one query".to_owned());
    }
    if let Some(sign) = bare.chars().find(|sign| PARAMETERS.contains(sign)) {
        return Err(format!("has a {sign:?} outside quotation marks, wanted no parameters"));
    }
    Ok(&sql[..end])
}

/// A text of the same length, with spaces for comments, and marks for everything in quotation marks.
fn bare(sql: &str) -> String {
    let mut bare = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let hidden = match first {
            '\'' | '"' | '`' => Some((quoted(rest, first), '\'')),
            '[' => Some((quoted(rest, ']'), '\'')),
            '-' if rest.starts_with("--") => Some((rest.find('\n').unwrap_or(rest.len()), ' ')),
            '/' if rest.starts_with("/*") => Some((rest[2..].find("*/").map_or(rest.len(), |end| end + 4), ' ')),
            _ => None,
        };
        if let Some((length, shown)) = hidden {
            bare.extend(std::iter::repeat_n(shown, length));
            rest = &rest[length..];
        } else {
            bare.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    bare
}

/// The length of a text in quotation marks. A doubled mark ends it, and the next one begins at once.
fn quoted(text: &str, end: char) -> usize {
    text[1..].find(end).map_or(text.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_stays_as_it_is_and_loses_its_end() {
        for (sql, wanted) in [
            ("SELECT 1", "SELECT 1"),
            (
                "\n-- why; not\nselect ';', \";\", [;], `;` /* ; */ ; -- end;\n",
                "\n-- why; not\nselect ';', \";\", [;], `;`",
            ),
            (
                "WITH a AS (VALUES (1)) SELECT doc ->> '$.a' FROM a;;",
                "WITH a AS (VALUES (1)) SELECT doc ->> '$.a' FROM a",
            ),
            ("(VALUES ('it''s; ok'))", "(VALUES ('it''s; ok'))"),
        ] {
            assert_eq!(one_query(sql), Ok(wanted));
        }
    }

    #[test]
    fn all_else_is_refused_with_what_is_wrong() {
        for (sql, wanted) in [
            ("", "begins with \"\""),
            (
                "ATTACH '/x' AS y",
                "begins with \"ATTACH\", wanted SELECT, WITH, VALUES",
            ),
            ("/* SELECT */ PRAGMA query_only = OFF", "begins with \"PRAGMA\""),
            ("SELECT 1; ATTACH '/x' AS y", "more than one statement"),
            ("SELECT '''; ATTACH '; ATTACH '/x' AS y", "more than one statement"),
            ("SELECT $a('); ATTACH 'x' AS y --'", "has a '$'"),
            ("SELECT ?1", "has a '?'"),
        ] {
            let said = one_query(sql).unwrap_err();
            assert!(said.contains(wanted), "{sql}: {said}");
        }
    }
}
