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
