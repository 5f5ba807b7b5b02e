use std::fmt;

use serde::Deserialize;

use crate::{
    steps::Variables,
    template::{Part, parse},
};

/// A description of messages, in the grammar of [`crate::template`], with at most one `${name}`. The name stands for
/// the rest of a description and becomes a variable.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern {
    source: String,
    before: String,
    /// The name and the text after it.
    name: Option<(String, String)>,
}

impl Pattern {
    /// The variables of a description that fits the pattern; `None` if it does not fit.
    pub(super) fn reads(&self, description: &str) -> Option<Variables> {
        let rest = description.strip_prefix(&self.before)?;
        match &self.name {
            None => rest.is_empty().then(Variables::new),
            Some((name, after)) => {
                let text = rest.strip_suffix(after.as_str())?;
                Some(Variables::from([(name.clone(), text.into())]))
            }
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        let (mut before, mut name) = (String::new(), None::<(String, String)>);
        for part in parse(&source).map_err(|error| error.to_string())? {
            match (part, &mut name) {
                (Part::Text(text), None) => before.push_str(text),
                (Part::Text(text), Some((_, after))) => after.push_str(text),
                (Part::Name(found), None) => name = Some((found.to_owned(), String::new())),
                (Part::Name(second), Some((first, _))) => {
                    return Err(format!(
                        "description {source:?} has the names {first:?} and {second:?}, wanted one at most"
                    ));
                }
            }
        }
        Ok(Self { source, before, name })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn a_name_stands_for_the_rest_of_a_description() {
        let read = pattern("event ${event} happened").reads("event paid happened");
        assert_eq!(read, Some(Variables::from([("event".to_owned(), "paid".into())])));
        assert_eq!(pattern("event ${event} happened").reads("event paid"), None);
        assert_eq!(pattern("an event").reads("an event"), Some(Variables::new()));
        assert_eq!(pattern("an event").reads("an event of note"), None);
        assert_eq!(pattern("costs $${n}").reads("costs ${n}"), Some(Variables::new()));
    }

    #[test]
    fn two_names_are_refused() {
        let refusal = Pattern::try_from("${a} of ${b}".to_owned()).unwrap_err();
        assert!(refusal.contains("wanted one at most"), "{refusal}");
    }
}
