//! Files of environment variables: `NAME=value` lines, as shells and container tools read them.

use std::{fs, path::Path};

use super::{Flaw, Template};

/// Reads a file. A line is `NAME=value`, `NAME='value'` or `NAME="value"`, may begin with `export `, and is left out
/// if it is empty or begins with `#`. Values are taken as they are: nothing in them is filled in.
pub(super) fn read(file: &Path) -> Result<Vec<(String, Template)>, Flaw> {
    let flaw = |reason: String| Flaw::EnvFile {
        file: file.to_owned(),
        reason,
    };
    let text = fs::read_to_string(file).map_err(|error| flaw(error.to_string()))?;
    let mut variables = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // The line may hold a secret, so it is not shown.
        let parsed = variable(line).ok_or_else(|| flaw(format!("line {number} is not NAME=value")))?;
        variables.push(parsed);
    }
    Ok(variables)
}

fn variable(line: &str) -> Option<(String, Template)> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(fits) {
        return None;
    }
    let value = value.trim();
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
    Some((name.to_owned(), Template::literal(value)))
}
