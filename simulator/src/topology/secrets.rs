use std::fmt;

use maud::html;

/// Text that stands in the place of a secret.
pub const HIDDEN: &str = "***";

/// Values that are never shown: those of the variables that a topology lists as `secret`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    names: Vec<String>,
    values: Vec<String>,
}

impl Secrets {
    /// Takes these names with their values. An empty value hides nothing.
    pub fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let (names, mut values): (Vec<String>, Vec<String>) = secrets.into_iter().unzip();
        // As JSON and pages write them, too: a quote in a password has a backslash there, or is an entity.
        let escaped = values.iter().map(|value| value.escape_debug().to_string());
        let in_page = values.iter().map(|value| html! { (value) }.into_string());
        let escaped: Vec<String> = escaped.chain(in_page).collect();
        values.extend(escaped);
        values.retain(|value| !value.is_empty());
        // One that contains another goes first, or its rest would be left to see.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self { names, values }
    }

    /// True if the variable of this name is secret.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|secret| secret == name)
    }

    /// The text with [`HIDDEN`] in the place of every secret value.
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), HIDDEN);
            }
        }
        text
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secrets").field(&self.names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_secret_is_hidden_first_and_an_empty_one_hides_nothing() {
        let secrets = ["abc", "abcdef", "", "q\"t"].map(|value| ("name".to_owned(), value.to_owned()));
        let secrets = Secrets::new(secrets);
        assert_eq!(secrets.hide("x abcdef abc y"), "x *** *** y");
        assert_eq!(secrets.hide(r#"{"password":"q\"t"}"#), r#"{"password":"***"}"#);
        assert_eq!(secrets.hide("<b>q&quot;t</b>"), "<b>***</b>");
        assert!(!format!("{secrets:?}").contains("abc"));
    }
}
