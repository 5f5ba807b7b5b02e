use std::collections::BTreeSet;

/// The words behind which a table is named. SQL is written in capitals here, prose is not.
const BEFORE_A_TABLE: &[&str] = &["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "REFERENCES"];

/// The tables that a piece of SQL names, each with the number of lines before it.
pub(crate) fn tables(sql: &str) -> Vec<(usize, String)> {
    let words = words(sql);
    let own: BTreeSet<&str> = queries_with_a_name(&words);
    let mut found = Vec::new();
    for (at, (_, word)) in words.iter().enumerate() {
        if !BEFORE_A_TABLE.contains(word) {
            continue;
        }
        let mut next = at + 1;
        while words
            .get(next)
            .is_some_and(|(_, word)| ["IF", "NOT", "EXISTS"].contains(word))
        {
            next += 1;
        }
        // `FROM a, b` names two; a name before a parenthesis is a function.
        while let Some((line, name)) = words.get(next).filter(|(_, word)| is_name(word)) {
            let behind = words.get(next + 1).map(|(_, word)| *word);
            let is_function = behind == Some("(") && ["FROM", "JOIN"].contains(word);
            if !is_function && !own.contains(name) {
                found.push((*line, (*name).to_owned()));
            }
            if behind != Some(",") || *word != "FROM" {
                break;
            }
            next += 2;
        }
    }
    found
}

/// The tables that a piece of SQL creates.
pub(crate) fn created(sql: &str) -> Vec<String> {
    let created = sql.split("CREATE TABLE ").skip(1);
    let names = created.map(|rest| rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest));
    names
        .map(|rest| rest.chars().take_while(|next| is_part(*next)).collect())
        .collect()
}

/// The names that `WITH name AS (` gives to queries.
fn queries_with_a_name<'a>(words: &[(usize, &'a str)]) -> BTreeSet<&'a str> {
    let named = words.windows(3).filter(|three| three[1].1 == "AS" && three[2].1 == "(");
    named.map(|three| three[0].1).collect()
}

fn words(sql: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    for (line, mut rest) in sql.lines().enumerate() {
        rest = rest.split("--").next().unwrap_or(rest);
        while let Some(first) = rest.chars().next() {
            let length = rest
                .find(|next| !is_part(next))
                .unwrap_or(rest.len())
                .max(first.len_utf8());
            if !first.is_whitespace() {
                words.push((line, &rest[..length]));
            }
            rest = &rest[length..];
        }
    }
    words
}

/// A lower-case name, with its schema if it has one.
fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') && word.chars().all(is_part)
}

fn is_part(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '.'
}

#[test]
fn tables_are_found_wherever_sql_names_them_and_nothing_else_is() {
    for (sql, wanted) in [
        ("SELECT a FROM x WHERE b IN (SELECT c FROM y)", &["x", "y"][..]),
        (
            "INSERT INTO x (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = x.a",
            &["x"],
        ),
        (
            "WITH due AS (SELECT 1 FROM x) DELETE FROM y WHERE a IN (SELECT a FROM due)",
            &["x", "y"],
        ),
        (
            "SELECT 1 FROM x, other.y LEFT JOIN z ON true FOR UPDATE SKIP LOCKED",
            &["x", "other.y", "z"],
        ),
        (
            "CREATE TABLE IF NOT EXISTS x (a BIGINT REFERENCES y (a)) -- FROM z",
            &["x", "y"],
        ),
        ("SELECT value FROM json_each($1)", &[]),
        ("a message from orders, which update stock", &[]),
    ] {
        let found: Vec<String> = tables(sql).into_iter().map(|(_, table)| table).collect();
        assert_eq!(found, wanted, "{sql}");
    }
}
