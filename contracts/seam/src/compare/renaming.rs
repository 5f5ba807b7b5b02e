use std::{cmp::Ordering, collections::HashMap};

use serde_json::Value;

/// The bijection between the reference's and the subject's generated values, as one sequence has shown it so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Renaming {
    /// The subject's value, by rule and the reference's value.
    names: HashMap<(usize, String), Value>,
    /// The reference's value, by rule and the subject's value.
    meanings: HashMap<(usize, String), Value>,
    moments: Vec<Moment>,
}

/// A timestamp on both sides, and the number of the reply that showed it first.
#[derive(Clone, Debug)]
struct Moment {
    expected: Value,
    seen: Value,
    reply: usize,
}

/// A value that contradicts the bijection, or the order of timestamps.
pub(crate) struct Conflict {
    /// The value that should be there: the subject's own if it is known already, otherwise the reference's.
    pub(crate) wanted: Value,
    pub(crate) reason: Option<String>,
}

impl Renaming {
    /// Records `seen` as the subject's value for `expected`, under this rule.
    pub(crate) fn name(&mut self, rule: usize, expected: &Value, seen: &Value) -> Result<(), Conflict> {
        let own = self.names.entry((rule, expected.to_string()));
        keeps_to(own.or_insert_with(|| seen.clone()), seen)?;
        let meaning = self.meanings.entry((rule, seen.to_string()));
        let meaning = meaning.or_insert_with(|| expected.clone());
        if meaning == expected {
            return Ok(());
        }
        Err(Conflict {
            wanted: expected.clone(),
            reason: Some(format!("an id not used before, and this one stands for {meaning}")),
        })
    }

    /// Records `seen` as the subject's timestamp for `expected`, shown by this reply.
    pub(crate) fn moment(&mut self, reply: usize, expected: &Value, seen: &Value) -> Result<(), Conflict> {
        if let Some(known) = self.moments.iter().find(|known| known.expected == *expected) {
            return keeps_to(&known.seen, seen);
        }
        for known in &self.moments {
            let (wanted, found) = (in_order(&known.expected, expected), in_order(&known.seen, seen));
            // Within one reply the clock need not have ticked.
            let within_a_tick = found == Some(Ordering::Equal) && known.reply == reply;
            let side = match wanted {
                _ if found.is_some() && (found == wanted || within_a_tick) => continue,
                Some(Ordering::Less) if found.is_some() => "later than",
                Some(Ordering::Greater) if found.is_some() => "earlier than",
                _ => "that can be compared with",
            };
            return Err(Conflict {
                wanted: expected.clone(),
                reason: Some(format!(
                    "a moment {side} {}, which stands for {}",
                    known.seen, known.expected
                )),
            });
        }
        self.moments.push(Moment {
            expected: expected.clone(),
            seen: seen.clone(),
            reply,
        });
        Ok(())
    }
}

fn keeps_to(own: &Value, seen: &Value) -> Result<(), Conflict> {
    if own == seen {
        return Ok(());
    }
    Err(Conflict {
        wanted: own.clone(),
        reason: None,
    })
}

/// The order of two timestamps; `None` if they can't be compared.
fn in_order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        (Value::Number(one), Value::Number(other)) => match (one.as_i128(), other.as_i128()) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Renaming;

    /// The reason why the second timestamp can't follow the first; each as the reference's and the subject's.
    fn conflict(first: [Value; 2], second: [Value; 2]) -> Option<String> {
        let mut renaming = Renaming::default();
        assert!(renaming.moment(1, &first[0], &first[1]).is_ok());
        renaming.moment(2, &second[0], &second[1]).err()?.reason
    }

    #[test]
    fn moments_keep_their_order_whether_they_are_numbers_or_texts() {
        for (early, late) in [
            (json!(10), json!(11)),
            (json!(-1.5), json!(1.25)),
            // Beyond what a double can count.
            (json!((1_i64 << 53)), json!((1_i64 << 53) + 1)),
            (json!(i64::MIN), json!(u64::MAX)),
            (json!("2026-01-01T00:00:00Z"), json!("2026-01-01T00:00:01Z")),
        ] {
            assert_eq!(conflict([json!(1), early.clone()], [json!(2), late.clone()]), None);
            assert_eq!(conflict([json!(2), late.clone()], [json!(1), early.clone()]), None);
            let later = conflict([json!(1), late.clone()], [json!(2), early.clone()]);
            assert_eq!(later, Some(format!("a moment later than {late}, which stands for 1")));
            let earlier = conflict([json!(2), early.clone()], [json!(1), late.clone()]);
            assert_eq!(
                earlier,
                Some(format!("a moment earlier than {early}, which stands for 2"))
            );
        }
    }

    #[test]
    fn a_moment_that_nobody_can_compare_with_the_others_is_none() {
        for (first, second) in [(1, 2), (2, 1)] {
            for seen in [json!("noon"), json!(true), json!([10])] {
                let reason = conflict([json!(first), json!(10)], [json!(second), seen]);
                let wanted = format!("a moment that can be compared with 10, which stands for {first}");
                assert_eq!(reason, Some(wanted));
            }
        }
    }
}
