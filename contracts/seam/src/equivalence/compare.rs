use std::{fmt, time::Duration};

use serde_json::Value;

use super::{
    Rule,
    own::{Clash, Own},
    rule::Kind,
};

/// The first place where two values part.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Where, as a JSON pointer (RFC 6901).
    pub at: String,
    /// What the model has there; none if it has nothing.
    pub expected: Option<Value>,
    /// What the subject has there; none if it has nothing.
    pub seen: Option<Value>,
    /// Why a rule does not allow it, if one might have.
    pub reason: Option<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        let at = if self.at.is_empty() { "/" } else { &self.at };
        write!(
            f,
            "at {at}: wanted {}, got {}",
            shown(&self.expected),
            shown(&self.seen)
        )?;
        match &self.reason {
            Some(reason) => write!(f, "; wanted {reason}"),
            None => Ok(()),
        }
    }
}

/// Compares what one subject says in one sequence with what the model says, under the rules.
#[derive(Clone)]
pub(crate) struct Comparison<'r> {
    rules: &'r [Rule],
    /// Which rules made a difference allowed.
    pub(crate) applied: Vec<bool>,
    names: Names,
    own: Own,
    /// How many replies were compared.
    replies: usize,
}

/// Whether what subjects mint is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Followed,
    Unknown,
}

impl<'r> Comparison<'r> {
    pub(crate) fn under(rules: &'r [Rule]) -> Self {
        Self {
            rules,
            applied: vec![false; rules.len()],
            names: Names::Followed,
            own: Own::default(),
            replies: 0,
        }
    }

    /// For one reply alone: what has a name of its own there may be anything.
    pub(crate) fn loosely(rules: &'r [Rule]) -> Self {
        Self {
            names: Names::Unknown,
            ..Self::under(rules)
        }
    }

    /// Whether a rule lets subjects have names of their own, which even equal replies teach.
    pub(crate) fn has_names(&self) -> bool {
        self.rules.iter().any(|rule| rule.kind.is_own())
    }

    /// How long the slowest clock may take to tick, if a rule is about clocks.
    pub(crate) fn tick(&self) -> Option<Duration> {
        let resolutions = self.rules.iter().filter_map(|rule| match rule.kind {
            Kind::Clock { resolution } => Some(resolution),
            _ => None,
        });
        resolutions.max()
    }

    pub(crate) fn compare(&mut self, expected: &Value, seen: &Value) -> Result<(), Mismatch> {
        self.replies += 1;
        self.at(&mut Vec::new(), Some(expected), Some(seen))
    }

    fn at(&mut self, path: &mut Vec<String>, expected: Option<&Value>, seen: Option<&Value>) -> Result<(), Mismatch> {
        if let (Some(expected), Some(seen)) = (expected, seen)
            && let Some(rule) = self.rules.iter().position(|rule| rule.is_about(path))
        {
            return self.allowed(rule, path, expected, seen);
        }
        match (expected, seen) {
            (Some(Value::Object(wanted)), Some(Value::Object(got))) => {
                let more = got.keys().filter(|name| !wanted.contains_key(*name));
                for name in wanted.keys().chain(more) {
                    path.push(name.clone());
                    self.at(path, wanted.get(name), got.get(name))?;
                    path.pop();
                }
                Ok(())
            }
            (Some(Value::Array(wanted)), Some(Value::Array(got))) => {
                for position in 0..wanted.len().max(got.len()) {
                    path.push(position.to_string());
                    self.at(path, wanted.get(position), got.get(position))?;
                    path.pop();
                }
                Ok(())
            }
            (expected, seen) if expected == seen => Ok(()),
            (expected, seen) => Err(mismatch(path, expected, seen)),
        }
    }

    fn allowed(&mut self, rule: usize, path: &[String], expected: &Value, seen: &Value) -> Result<(), Mismatch> {
        let kind = self.rules[rule].kind;
        if kind.is_own() && !(expected.is_null() && seen.is_null()) {
            // An absent value has no name: null stands for null only.
            if expected.is_null() || seen.is_null() {
                return Err(mismatch(path, Some(expected), Some(seen)));
            }
            if self.names == Names::Unknown {
                return Ok(());
            }
            let taken = match kind {
                Kind::Clock { .. } => self.own.moment(self.replies, expected, seen),
                _ => self.own.name(rule, expected, seen),
            };
            taken.map_err(|Clash { wanted, reason }| Mismatch {
                reason,
                ..mismatch(path, Some(&wanted), Some(seen))
            })?;
        }
        self.applied[rule] |= expected != seen;
        Ok(())
    }
}

fn mismatch(path: &[String], expected: Option<&Value>, seen: Option<&Value>) -> Mismatch {
    Mismatch {
        at: pointer(path),
        expected: expected.cloned(),
        seen: seen.cloned(),
        reason: None,
    }
}

/// A JSON pointer (RFC 6901).
pub(crate) fn pointer(path: &[String]) -> String {
    path.iter()
        .map(|segment| format!("/{}", segment.replace('~', "~0").replace('/', "~1")))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Comparison, Mismatch};
    use crate::equivalence::Rule;

    fn ignored() -> Rule {
        Rule::ignored("text", "nobody", "to see")
    }

    fn renamed() -> Rule {
        Rule::renamed("id", "nobody", "to see")
    }

    fn clock(micros: u64) -> Rule {
        Rule::clock("at", Duration::from_micros(micros), "nobody", "to see")
    }

    fn compared(rules: &[Rule], expected: &Value, seen: &Value) -> Result<(), Mismatch> {
        Comparison::under(rules).compare(expected, seen)
    }

    #[test]
    fn what_the_subject_has_and_the_model_has_not_is_a_difference() {
        let more = compared(&[], &json!({ "a": 1 }), &json!({ "a": 1, "b": 2 })).unwrap_err();
        let longer = compared(&[], &json!([1]), &json!([1, 2])).unwrap_err();

        assert_eq!((&*more.at, more.expected, more.seen), ("/b", None, Some(json!(2))));
        assert_eq!(
            (&*longer.at, longer.expected, longer.seen),
            ("/1", None, Some(json!(2)))
        );
    }

    #[test]
    fn an_ignored_field_may_be_null_and_a_name_of_its_own_may_not() {
        for (expected, seen) in [(json!(null), json!("x")), (json!("x"), json!(null))] {
            let text = [json!({ "text": expected }), json!({ "text": seen })];
            let id = [json!({ "id": expected }), json!({ "id": seen })];

            assert_eq!(compared(&[ignored()], &text[0], &text[1]), Ok(()));
            assert_eq!(compared(&[renamed()], &id[0], &id[1]).unwrap_err().at, "/id");
        }
        let none = json!({ "id": null });
        assert_eq!(compared(&[renamed()], &none, &none), Ok(()));
    }

    #[test]
    fn a_reply_alone_may_have_any_name_and_a_sequence_keeps_to_its_own() {
        let rules = [renamed()];
        let [ours, first, second] = [1, 10, 11].map(|id| json!({ "id": id }));
        let mut strictly = Comparison::under(&rules);
        let mut loosely = Comparison::loosely(&rules);

        assert_eq!(strictly.compare(&ours, &first), Ok(()));
        assert!(strictly.compare(&ours, &second).is_err());
        assert_eq!(loosely.compare(&ours, &first), Ok(()));
        assert_eq!(loosely.compare(&ours, &second), Ok(()));
    }

    #[test]
    fn only_rules_about_names_and_clocks_have_something_to_learn_from_equal_replies() {
        assert!(!Comparison::under(&[ignored()]).has_names());
        assert!(Comparison::under(&[ignored(), renamed()]).has_names());
        assert!(Comparison::under(&[clock(1)]).has_names());
    }

    #[test]
    fn the_slowest_clock_says_how_long_a_tick_is() {
        let of = |rules: &[Rule]| Comparison::under(rules).tick();

        assert_eq!(
            of(&[clock(2), renamed(), clock(3), clock(1)]),
            Some(Duration::from_micros(3))
        );
        assert_eq!(of(&[renamed(), ignored()]), None);
    }
}
