//! Texts of a compose file: its variables, and the names of services in them.

use std::collections::BTreeMap;

use regex::{Captures, Regex};

/// A piece of a text of compose.
enum Piece<'t> {
    Text(&'t str),
    /// A variable with what stands in its place when it is unset, or when it is set.
    Variable {
        name: &'t str,
        default: Option<&'t str>,
        only_if_set: bool,
    },
}

/// Takes a text apart as compose does: `$$`, `$NAME`, `${NAME}`, and `${NAME:-default}` with its kin.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        pieces.push(Piece::Text(&rest[..at]));
        let after = &rest[at + 1..];
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if let Some(inside) = after.strip_prefix('{') {
            let end = closing(inside).unwrap_or(inside.len());
            pieces.push(variable(&inside[..end]));
            rest = inside.get(end + 1..).unwrap_or_default();
        } else if let Some(escaped) = after.strip_prefix('$') {
            pieces.push(Piece::Text("$"));
            rest = escaped;
        } else {
            let end = after.find(|letter| !is_name(letter)).unwrap_or(after.len());
            let name = &after[..end];
            pieces.push(if name.is_empty() {
                Piece::Text("$")
            } else {
                variable(name)
            });
            rest = &after[end..];
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Place of the brace that ends what was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, letter)| {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        None
    })
}

fn variable(inside: &str) -> Piece<'_> {
    let end = inside.find([':', '-', '?', '+']).unwrap_or(inside.len());
    let (name, tail) = inside.split_at(end);
    let operator = tail.trim_start_matches(':');
    Piece::Variable {
        name,
        default: operator.strip_prefix(['-', '+']),
        only_if_set: operator.starts_with('+'),
    }
}

/// A text as a topology has it. Texts that a topology can't say are noted in `lost`.
pub(super) fn template(text: &str, what: &str, lost: &mut Vec<String>) -> String {
    let mut made = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => made += text,
            Piece::Variable {
                name,
                default,
                only_if_set,
            } => {
                let default = default.unwrap_or_default();
                if only_if_set || default.contains("${") || default.contains('}') {
                    lost.push(format!(
                        "{what}: the default of ${{{name}}}, which holds variables or is for a set one"
                    ));
                    made += &marked(name, "");
                } else {
                    made += &marked(name, default);
                }
            }
        }
    }
    // What compose leaves as `${` is text: a shell of the program's own reads it.
    made.replace("${", "$${").replace(OPEN, "${env.").replace(CLOSE, "}")
}

/// Stand for the ends of a placeholder until all other braces are escaped.
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

fn marked(name: &str, default: &str) -> String {
    format!("{OPEN}{name}:-{default}{CLOSE}")
}

/// A text with the default of each variable in its place, as for a port.
pub(super) fn with_defaults(text: &str) -> String {
    let piece = |piece: Piece<'_>| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Variable {
            default,
            only_if_set: false,
            ..
        } => with_defaults(default.unwrap_or_default()),
        Piece::Variable { .. } => String::new(),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// Services as the texts of others may name them: their ports in the containers, each with the placeholder of its
/// address.
pub(super) type Addresses = BTreeMap<String, BTreeMap<u16, String>>;

/// Uses of services in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// Services whose `name:port` became a placeholder.
    pub(super) linked: Vec<String>,
    /// Services that are named without a port that is known.
    pub(super) unclear: Vec<String>,
}

/// Every `name:port` of a service, and every `//name` with the usual port, replaced by the address of a link.
pub(super) fn linked(text: &str, services: &Addresses) -> (String, Uses) {
    let mut uses = Uses::default();
    let Ok(words) = Regex::new(r"(//|@|^|[\s,;=])([A-Za-z0-9][A-Za-z0-9._-]*)(:(\d{1,5}))?") else {
        return (text.to_owned(), uses);
    };
    let scheme_port = |before: &str| match before.rsplit(char::is_whitespace).next().unwrap_or_default() {
        scheme if scheme.ends_with("http:") => Some(80),
        scheme if scheme.ends_with("https:") => Some(443),
        _ => None,
    };
    let replaced = words.replace_all(text, |found: &Captures<'_>| {
        let whole = found[0].to_owned();
        let (before, name) = (&found[1], &found[2]);
        let Some(ports) = services.get(name) else {
            return whole;
        };
        let start = found.get(0).map_or(0, |it| it.start());
        let end = found.get(0).map_or(0, |it| it.end());
        let is_url = before == "//" || before == "@";
        let is_alone = start == 0 && end == text.len();
        let number: Option<u16> = found.get(4).and_then(|number| number.as_str().parse().ok());
        let usual = if before == "//" {
            scheme_port(&text[..start])
        } else {
            None
        };
        match number.or(usual).and_then(|number| ports.get(&number)) {
            Some(address) => {
                uses.linked.push(name.to_owned());
                format!("{before}{address}")
            }
            None => {
                if is_url || is_alone || number.is_some() {
                    uses.unclear.push(name.to_owned());
                }
                whole
            }
        }
    });
    (replaced.into_owned(), uses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_compose_become_those_of_a_topology() {
        let mut lost = Vec::new();
        let mut made = |text| template(text, "x", &mut lost);
        assert_eq!(
            made("a $$HOME $B ${C} ${D:-e f} ${G-h} ${I:?why}"),
            "a $HOME ${env.B:-} ${env.C:-} \
            ${env.D:-e f} ${env.G:-h} ${env.I:-}"
        );
        assert_eq!(made("echo $${HOME} 5$ $"), "echo $${HOME} 5$ $");
        assert_eq!(made("${A:-${B:-c}}/${D:+e}"), "${env.A:-}/${env.D:-}");
        assert_eq!(lost.len(), 2, "{lost:?}");
        assert_eq!(with_defaults("${PORT:-80${TENS:-80}}:${X}1"), "8080:1");
    }

    #[test]
    fn a_service_with_its_port_becomes_a_link_and_one_without_is_said() {
        let db = BTreeMap::from([(5432, "${link.db}".to_owned())]);
        let web = BTreeMap::from([(80, "${link.web.p80}".to_owned()), (81, "${link.web.p81}".to_owned())]);
        let services = Addresses::from([("db".to_owned(), db), ("web".to_owned(), web)]);
        let made = |text| linked(text, &services).0;
        assert_eq!(made("postgres://u:p@db:5432/x"), "postgres://u:p@${link.db}/x");
        assert_eq!(
            made("http://web/a,http://web:81/b"),
            "http://${link.web.p80}/a,http://${link.web.p81}/b"
        );
        assert_eq!(made("db:5432,web:80"), "${link.db},${link.web.p80}");
        assert_eq!(made("https://web.example/db"), "https://web.example/db");
        let unclear = |text| linked(text, &services).1.unclear;
        assert_eq!(unclear("db"), ["db"]);
        assert_eq!(unclear("db:99"), ["db"]);
        assert_eq!(unclear("the db is here"), [""; 0]);
    }
}
