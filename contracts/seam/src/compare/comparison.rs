use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::{
    Mismatch, Rule,
    renaming::{Conflict, Renaming},
    rule::RuleKind,
};

/// The comparison of one subject with the reference, over one sequence of replies, under rules.
///
/// It remembers the ids and timestamps that the subject generated, so each sequence takes a new one.
#[derive(Clone, Debug)]
pub struct Comparison<'r> {
    rules: &'r [Rule],
    applied: Vec<bool>,
    tracking: Tracking,
    renaming: Renaming,
    /// The number of replies compared.
    replies: usize,
}

/// The treatment of values that a subject generates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tracking {
    /// They are remembered, and must be used consistently.
    Tracked,
    /// Any value is accepted.
    Untracked,
}

impl<'r> Comparison<'r> {
    /// Starts a comparison. The first rule that is about a field decides.
    pub fn under(rules: &'r [Rule]) -> Self {
        Self {
            rules,
            applied: vec![false; rules.len()],
            tracking: Tracking::Tracked,
            renaming: Renaming::default(),
            replies: 0,
        }
    }

    /// Starts a comparison for replies whose order is unknown: a renamed field or a timestamp may have any value.
    pub fn untracked(rules: &'r [Rule]) -> Self {
        Self {
            tracking: Tracking::Untracked,
            ..Self::under(rules)
        }
    }

    /// The rules that have allowed a difference so far, by their position.
    pub fn applied(&self) -> &[bool] {
        &self.applied
    }

    /// The resolution of the slowest clock, if a rule is about clocks. Wait this long between two calls, so
    /// that timestamps first seen in different replies can be told apart.
    pub fn tick(&self) -> Option<Duration> {
        let resolutions = self.rules.iter().filter_map(|rule| match rule.kind {
            RuleKind::Clock { resolution } => Some(resolution),
            _ => None,
        });
        resolutions.max()
    }

    /// Compares the next reply of both sides.
    ///
    /// Equal replies are not even converted to JSON, unless a rule has values to track in them. Replies that
    /// differ in something that their JSON does not show are a mismatch, because no rule can be about it.
    pub fn same<R: PartialEq + Serialize>(&mut self, expected: &R, seen: &R) -> Result<(), Mismatch> {
        let equal = expected == seen;
        if equal && !self.is_tracking() {
            return Ok(());
        }
        let json = |reply| serde_json::to_value(reply).ok();
        let (wanted, got) = (json(expected), json(seen));
        if !equal && wanted == got {
            return Err(Mismatch {
                reason: Some("equal replies, and these differ in something that their JSON does not show".to_owned()),
                ..Mismatch::new(&[], wanted.as_ref(), got.as_ref())
            });
        }
        self.compare(&wanted.unwrap_or_default(), &got.unwrap_or_default())
    }

    /// Compares the next values of both sides: replies, or lists of effects. Returns the first mismatch,
    /// objects in the order of the reference's fields.
    pub fn compare(&mut self, expected: &Value, seen: &Value) -> Result<(), Mismatch> {
        self.differences(expected, seen, 1).pop().map_or(Ok(()), Err)
    }

    /// Compares the next values of both sides, as [`Comparison::compare`] does. Returns the first `most` mismatches.
    pub fn differences(&mut self, expected: &Value, seen: &Value, most: usize) -> Vec<Mismatch> {
        self.replies += 1;
        let mut found = Vec::new();
        // An error says only that there are enough.
        let _ = self.at(&mut Vec::new(), Some(expected), Some(seen), &mut |mismatch| {
            found.push(mismatch);
            if found.len() < most { Ok(()) } else { Err(Enough) }
        });
        found
    }

    /// Returns `true` if equal replies have something to teach: the ids and timestamps that the subject uses.
    fn is_tracking(&self) -> bool {
        self.rules.iter().any(|rule| rule.kind.is_tracked())
    }

    fn at(
        &mut self,
        path: &mut Vec<String>,
        expected: Option<&Value>,
        seen: Option<&Value>,
        report: Report<'_>,
    ) -> Result<(), Enough> {
        if let (Some(expected), Some(seen)) = (expected, seen)
            && let Some(rule) = self.rules.iter().position(|rule| rule.is_about(path))
        {
            return self.allowed(rule, path, expected, seen).or_else(report);
        }
        match (expected, seen) {
            (Some(Value::Object(wanted)), Some(Value::Object(got))) => {
                let more = got.keys().filter(|name| !wanted.contains_key(*name));
                for name in wanted.keys().chain(more) {
                    path.push(name.clone());
                    self.at(path, wanted.get(name), got.get(name), report)?;
                    path.pop();
                }
                Ok(())
            }
            (Some(Value::Array(wanted)), Some(Value::Array(got))) => {
                for position in 0..wanted.len().max(got.len()) {
                    path.push(position.to_string());
                    self.at(path, wanted.get(position), got.get(position), report)?;
                    path.pop();
                }
                Ok(())
            }
            (expected, seen) if expected == seen => Ok(()),
            (expected, seen) => report(Mismatch::new(path, expected, seen)),
        }
    }

    fn allowed(&mut self, rule: usize, path: &[String], expected: &Value, seen: &Value) -> Result<(), Mismatch> {
        let kind = self.rules[rule].kind;
        let is_permitted = match kind {
            RuleKind::Unordered => self.has_same_elements(path, expected, seen),
            RuleKind::Tolerance(bound) => expected == seen || bound.holds(expected, seen),
            RuleKind::Ignored | RuleKind::Renamed | RuleKind::Clock { .. } => true,
        };
        if !is_permitted {
            return Err(Mismatch::new(path, Some(expected), Some(seen)));
        }
        if kind.is_tracked() && !(expected.is_null() && seen.is_null()) {
            // An absent value is not an id: null stands for null only.
            if expected.is_null() || seen.is_null() {
                return Err(Mismatch::new(path, Some(expected), Some(seen)));
            }
            if self.tracking == Tracking::Untracked {
                return Ok(());
            }
            let accepted = match kind {
                RuleKind::Clock { .. } => self.renaming.moment(self.replies, expected, seen),
                _ => self.renaming.name(rule, expected, seen),
            };
            accepted.map_err(|Conflict { wanted, reason }| Mismatch {
                reason,
                ..Mismatch::new(path, Some(&wanted), Some(seen))
            })?;
        }
        self.applied[rule] |= expected != seen;
        Ok(())
    }

    /// Returns `true` if both are lists that can be matched element by element, as the other rules permit. Each element
    /// takes the first of the others that is left, so a rule that makes different elements equal never matters twice.
    fn has_same_elements(&mut self, path: &[String], expected: &Value, seen: &Value) -> bool {
        let (Value::Array(wanted), Value::Array(got)) = (expected, seen) else {
            return expected == seen;
        };
        let mut left: Vec<&Value> = got.iter().collect();
        let mut other: Vec<(usize, &Value)> = Vec::new();
        // Equal ones first: they must not be taken by an element that is only permitted to be the same.
        for (position, element) in wanted.iter().enumerate() {
            match left.iter().position(|candidate| *candidate == element) {
                Some(at) => drop(left.swap_remove(at)),
                None => other.push((position, element)),
            }
        }
        other.len() == left.len()
            && other.into_iter().all(|(position, element)| {
                let mut place = path.to_vec();
                place.push(position.to_string());
                let found = left
                    .iter()
                    .position(|candidate| self.is_element(&mut place, element, candidate));
                found.is_some_and(|at| {
                    left.swap_remove(at);
                    true
                })
            })
    }

    /// Compares on a copy, which replaces this comparison if the elements are the same.
    fn is_element(&mut self, path: &mut Vec<String>, expected: &Value, seen: &Value) -> bool {
        let mut trial = self.clone();
        let same = trial.at(path, Some(expected), Some(seen), &mut |_| Err(Enough)).is_ok();
        if same {
            *self = trial;
        }
        same
    }
}

/// Enough mismatches were found.
struct Enough;

/// The taker of mismatches.
type Report<'r> = &'r mut dyn FnMut(Mismatch) -> Result<(), Enough>;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Comparison, Mismatch, Rule};

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
    fn an_untracked_reply_may_have_any_name_and_a_sequence_keeps_to_its_own() {
        let rules = [renamed()];
        let [ours, first, second] = [1, 10, 11].map(|id| json!({ "id": id }));
        let mut tracked = Comparison::under(&rules);
        let mut untracked = Comparison::untracked(&rules);

        assert_eq!(tracked.compare(&ours, &first), Ok(()));
        assert!(tracked.compare(&ours, &second).is_err());
        assert_eq!(untracked.compare(&ours, &first), Ok(()));
        assert_eq!(untracked.compare(&ours, &second), Ok(()));
    }

    #[test]
    fn only_rules_about_names_and_clocks_have_something_to_learn_from_equal_replies() {
        assert!(!Comparison::under(&[ignored()]).is_tracking());
        assert!(Comparison::under(&[ignored(), renamed()]).is_tracking());
        assert!(Comparison::under(&[clock(1)]).is_tracking());
    }

    #[test]
    fn a_list_in_another_order_is_the_same_only_with_the_same_elements() {
        let rules = [Rule::unordered("lines", "nobody", "to see"), ignored()];
        let list = |lines: Value| json!({ "lines": lines });
        let same = |expected: Value, seen: Value| compared(&rules, &list(expected), &list(seen)).is_ok();

        assert!(same(json!([1, 2, 2]), json!([2, 1, 2])));
        assert!(!same(json!([1, 2, 2]), json!([2, 1, 1])));
        assert!(!same(json!([1, 2]), json!([2, 1, 1])));
        assert!(!same(json!([1]), json!(null)));
        let line = |id: u8, text: &str| json!({ "id": id, "text": text });
        assert!(same(
            json!([line(1, "a"), line(2, "b")]),
            json!([line(2, "c"), line(1, "d")])
        ));
        assert!(!same(
            json!([line(1, "a"), line(2, "b")]),
            json!([line(2, "c"), line(2, "d")])
        ));
    }

    #[test]
    fn a_number_within_its_tolerance_is_the_same_and_one_beyond_is_not() {
        let rules = [Rule::tolerance("total", 1.0, "nobody", "to see")];
        let same = |expected: Value, seen: Value| {
            compared(&rules, &json!({ "total": expected }), &json!({ "total": seen })).is_ok()
        };
        assert!(same(json!(450), json!(451)) && same(json!(450), json!(449)) && same(json!(0.5), json!(1.5)));
        assert!(!same(json!(450), json!(452)) && !same(json!(450), json!("451")) && !same(json!(0.5), json!(1.51)));
        assert!(same(json!("a"), json!("a")) && !same(json!("a"), json!("b")));
        // A float can't tell these apart.
        assert!(!same(
            json!(9_007_199_254_740_992_i64),
            json!(9_007_199_254_740_994_i64)
        ));
        let none = Rule::tolerance("total", -1.0, "nobody", "to see");
        assert!(compared(&[none], &json!({ "total": 1 }), &json!({ "total": 2 })).is_err());
    }

    #[test]
    fn all_differences_are_found_up_to_a_number() {
        let (expected, seen) = (
            json!({ "a": 1, "b": 2, "c": [3] }),
            json!({ "a": 0, "b": 2, "c": [4, 5] }),
        );
        let at = |most| {
            let found = Comparison::under(&[]).differences(&expected, &seen, most);
            found.into_iter().map(|mismatch| mismatch.at).collect::<Vec<_>>()
        };
        assert_eq!(at(9), ["/a", "/c/0", "/c/1"]);
        assert_eq!(at(2), ["/a", "/c/0"]);
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
