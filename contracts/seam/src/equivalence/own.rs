use std::{cmp::Ordering, collections::HashMap};

use serde_json::Value;

/// What one subject has of its own in one sequence: names that it gives, moments that its clock shows.
#[derive(Clone, Default)]
pub(crate) struct Own {
    /// By rule and the model's value, the subject's.
    names: HashMap<(usize, String), Value>,
    /// By rule and the subject's value, the model's.
    meanings: HashMap<(usize, String), Value>,
    moments: Vec<Moment>,
}

/// A moment, and the reply that showed it first.
#[derive(Clone)]
struct Moment {
    expected: Value,
    seen: Value,
    reply: usize,
}

/// Why a value is none that the subject may have there.
pub(crate) struct Clash {
    /// What should be there: the subject's own value if it has one already, otherwise the model's.
    pub(crate) wanted: Value,
    pub(crate) reason: Option<String>,
}

impl Own {
    /// Takes `seen` for what the subject calls `expected`, under this rule.
    pub(crate) fn name(&mut self, rule: usize, expected: &Value, seen: &Value) -> Result<(), Clash> {
        let own = self.names.entry((rule, expected.to_string()));
        keeps_to(own.or_insert_with(|| seen.clone()), seen)?;
        let meaning = self.meanings.entry((rule, seen.to_string()));
        let meaning = meaning.or_insert_with(|| expected.clone());
        if meaning == expected {
            return Ok(());
        }
        Err(Clash {
            wanted: expected.clone(),
            reason: Some(format!("a name of its own, and this one stands for {meaning}")),
        })
    }

    /// Takes `seen` for what the subject's clock showed at the model's `expected`, told by this reply.
    pub(crate) fn moment(&mut self, reply: usize, expected: &Value, seen: &Value) -> Result<(), Clash> {
        if let Some(known) = self.moments.iter().find(|known| known.expected == *expected) {
            return keeps_to(&known.seen, seen);
        }
        for known in &self.moments {
            let (wanted, found) = (in_order(&known.expected, expected), in_order(&known.seen, seen));
            let untold = found == Some(Ordering::Equal) && known.reply == reply;
            let side = match wanted {
                _ if found.is_some() && (found == wanted || untold) => continue,
                Some(Ordering::Less) if found.is_some() => "later than",
                Some(Ordering::Greater) if found.is_some() => "earlier than",
                _ => "that can be compared with",
            };
            return Err(Clash {
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

fn keeps_to(own: &Value, seen: &Value) -> Result<(), Clash> {
    if own == seen {
        return Ok(());
    }
    Err(Clash {
        wanted: own.clone(),
        reason: None,
    })
}

/// Which of two moments comes first; none if they can't be compared.
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

    use super::Own;

    /// Why the second moment can't follow the first: the model's and the subject's of each.
    fn clash(first: [Value; 2], second: [Value; 2]) -> Option<String> {
        let mut own = Own::default();
        assert!(own.moment(1, &first[0], &first[1]).is_ok());
        own.moment(2, &second[0], &second[1]).err()?.reason
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
            assert_eq!(clash([json!(1), early.clone()], [json!(2), late.clone()]), None);
            assert_eq!(clash([json!(2), late.clone()], [json!(1), early.clone()]), None);
            let later = clash([json!(1), late.clone()], [json!(2), early.clone()]);
            assert_eq!(later, Some(format!("a moment later than {late}, which stands for 1")));
            let earlier = clash([json!(2), early.clone()], [json!(1), late.clone()]);
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
                let reason = clash([json!(first), json!(10)], [json!(second), seen]);
                let wanted = format!("a moment that can be compared with 10, which stands for {first}");
                assert_eq!(reason, Some(wanted));
            }
        }
    }
}
