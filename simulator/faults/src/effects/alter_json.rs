use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rewritten::{Rewritten, check_pointer};
use crate::{
    fault::Problem,
    json::{items, members},
};

/// Changes one field in the JSON of replies: adds to its number, puts another value in its place, or removes it. One
/// of `add`, `set` and `remove` is given. Every other value stays as it was sent.
///
/// A reply without such a field is recorded as unfit, and so is one where the change changes nothing, and one with
/// `add` whose field is no whole number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlterJson {
    /// JSON pointer to the field, such as `/data/total_cents`. A step `*` is every item of a list.
    pub at: String,
    /// Whole number that is added to the field's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<i64>,
    /// Value in the place of the field's. TOML has no null: `remove` the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Value>,
    /// True removes the field from its object, or the item from its list.
    #[serde(default, skip_serializing_if = "is_false")]
    pub remove: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(remove: &bool) -> bool {
    !remove
}

impl AlterJson {
    pub(super) fn check(&self) -> Result<(), Problem> {
        check_pointer("does.alter_json.at", &self.at)?;
        let given = u8::from(self.add.is_some()) + u8::from(self.set.is_some()) + u8::from(self.remove);
        match (given, self.add) {
            (1, Some(0)) => Err(Problem::new("does.alter_json.add", 0, "another number than 0")),
            (1, _) if self.remove && self.at.is_empty() => Err(Problem::new(
                "does.alter_json.at",
                "\"\"",
                "a pointer to a part of the reply, to remove it",
            )),
            (1, _) => Ok(()),
            _ => Err(Problem::new(
                "does.alter_json",
                format!("{given} of add, set and remove"),
                "one of them",
            )),
        }
    }

    pub(super) fn rewrite(&self, content: &str) -> Rewritten {
        let steps: Vec<String> = self
            .at
            .split('/')
            .skip(1)
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .collect();
        match self.altered(content.trim(), &steps) {
            Some(Altered::Changed(changed)) => Rewritten::Changed(changed),
            Some(Altered::Removed) | None => {
                Rewritten::Unfit(format!("the reply has nothing to change at {:?}", self.at))
            }
        }
    }

    /// The text of a value after the change; `None` if nothing in it is changed.
    fn altered(&self, value: &str, steps: &[String]) -> Option<Altered> {
        let Some((step, rest)) = steps.split_first() else {
            return self.replaced(value);
        };
        let mut has_changed = false;
        let mut part = |name: &str, value: &str, text: &mut Vec<String>, prefix: &str| {
            let is_meant = step == name || (step == "*" && prefix.is_empty());
            match is_meant.then(|| self.altered(value, rest)).flatten() {
                Some(Altered::Changed(changed)) => {
                    has_changed = true;
                    text.push(format!("{prefix}{changed}"));
                }
                Some(Altered::Removed) => has_changed = true,
                None => text.push(format!("{prefix}{value}")),
            }
        };
        let mut parts = Vec::new();
        let text = if value.starts_with('{') {
            for (name, value) in members(value)? {
                let prefix = format!("{}:", Value::from(name.as_ref()));
                part(&name, value, &mut parts, &prefix);
            }
            format!("{{{}}}", parts.join(","))
        } else {
            for (index, value) in items(value)?.into_iter().enumerate() {
                part(&index.to_string(), value, &mut parts, "");
            }
            format!("[{}]", parts.join(","))
        };
        has_changed.then_some(Altered::Changed(text))
    }

    fn replaced(&self, value: &str) -> Option<Altered> {
        if self.remove {
            return Some(Altered::Removed);
        }
        let changed = match (&self.set, self.add) {
            (Some(set), _) => set.to_string(),
            (None, Some(add)) => value.parse::<i64>().ok()?.checked_add(add)?.to_string(),
            (None, None) => return None,
        };
        (changed != value).then_some(Altered::Changed(changed))
    }
}

/// A value after a change.
enum Altered {
    Changed(String),
    Removed,
}

#[cfg(test)]
mod tests {
    use super::AlterJson;
    use crate::effects::Rewritten;

    const TEXT: &str = r#"{"data": {"items": [{"cents": 100, "x": 1.0e2}, {"cents": 250}], "n/m": null}}"#;

    fn altered(rest: &str) -> Rewritten {
        let alter: AlterJson = toml::from_str(rest).expect("it reads");
        alter.check().expect("it is right");
        alter.rewrite(TEXT)
    }

    fn changed(text: &str) -> Rewritten {
        Rewritten::Changed(text.to_owned())
    }

    #[test]
    fn one_field_changes_and_every_other_value_keeps_its_text() {
        assert_eq!(
            altered("at = '/data/items/*/cents'\nadd = -1"),
            changed(r#"{"data":{"items":[{"cents":99,"x":1.0e2},{"cents":249}],"n/m":null}}"#)
        );
        assert_eq!(
            altered("at = '/data/items/1/cents'\nset = 'much'"),
            changed(r#"{"data":{"items":[{"cents": 100, "x": 1.0e2},{"cents":"much"}],"n/m":null}}"#)
        );
        assert_eq!(
            altered("at = '/data/n~1m'\nremove = true"),
            changed(r#"{"data":{"items":[{"cents": 100, "x": 1.0e2}, {"cents": 250}]}}"#)
        );
        assert_eq!(altered("at = ''\nset = 7"), changed("7"));
    }

    #[test]
    fn what_is_not_there_is_unfit_and_so_is_a_change_that_changes_nothing() {
        for rest in [
            "at = '/data/none'\nadd = 1",
            "at = '/data/*'\nremove = true",
            "at = '/data/items/0/x'\nadd = 1",
            "at = '/data/items/1/cents'\nset = 250",
            "at = '/data/items/2'\nremove = true",
        ] {
            assert!(matches!(altered(rest), Rewritten::Unfit(_)), "{rest}");
        }
    }
}
