use std::{collections::HashMap, fmt::Debug};

use proptest::{
    strategy::ValueTree,
    test_runner::{Reason, TestRunner},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    guide::Guide,
    model::{CallOf, Model, ReplyOf},
};
use crate::{
    Contract,
    compare::{Rule, pointer},
};

/// A call of a sequence, with references to earlier replies for some of its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step<Call> {
    pub(crate) call: Call,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) from: Vec<Reference>,
}

/// A value of a call that is taken from an earlier reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reference {
    /// The JSON pointer into the call.
    pub(crate) at: String,
    /// The position of the earlier step, from 0.
    pub(crate) step: usize,
    /// The JSON pointer into that step's reply.
    pub(crate) value: String,
}

/// The model's replies and effects for a sequence.
pub(crate) struct Expected<M: Model> {
    pub(crate) replies: Vec<ExpectedReply<M>>,
    pub(crate) effects: Vec<Value>,
}

/// The model's reply to one call, and the cell that the call met.
pub(crate) struct ExpectedReply<M: Model> {
    pub(crate) call: CallOf<M>,
    pub(crate) reply: ReplyOf<M>,
    pub(crate) cell: super::Cell,
}

impl<M: Model> Expected<M> {
    /// Runs the model from its initial state.
    pub(crate) fn of(initial: &M, steps: &[Step<CallOf<M>>]) -> Self {
        let mut model = initial.clone();
        let mut replies = Vec::with_capacity(steps.len());
        let mut expected = Vec::with_capacity(steps.len());
        for step in steps {
            let call = resolve::<M>(step, &replies);
            let reply = expected_reply(&mut model, call);
            replies.push(json_if_needed::<M>(steps, &reply.reply));
            expected.push(reply);
        }
        Self {
            replies: expected,
            effects: model.effects(),
        }
    }
}

/// Applies a call to the model.
pub(super) fn expected_reply<M: Model>(model: &mut M, call: CallOf<M>) -> ExpectedReply<M> {
    let state = model.state(&call);
    let reply = model.apply(&call);
    let cell = super::Cell::new(state, M::Contract::method(&call).name, M::outcome(&reply));
    ExpectedReply { call, reply, cell }
}

/// A reply as JSON, or `null` if no step refers to a reply.
pub(crate) fn json_if_needed<M: Model>(steps: &[Step<CallOf<M>>], reply: &ReplyOf<M>) -> Value {
    if steps.iter().any(|step| !step.from.is_empty()) {
        serde_json::to_value(reply).unwrap_or_default()
    } else {
        Value::Null
    }
}

/// Fills the references of a call in from `replies`. A value that the reply does not have stays as it was drawn.
pub(crate) fn resolve<M: Model>(step: &Step<CallOf<M>>, replies: &[Value]) -> CallOf<M> {
    if step.from.is_empty() {
        return step.call.clone();
    }
    let Ok(mut json) = serde_json::to_value(&step.call) else {
        return step.call.clone();
    };
    for reference in &step.from {
        let found = replies
            .get(reference.step)
            .and_then(|reply| reply.pointer(&reference.value));
        if let (Some(found), Some(place)) = (found, json.pointer_mut(&reference.at)) {
            place.clone_from(found);
        }
    }
    serde_json::from_value(json).unwrap_or_else(|_| step.call.clone())
}

/// A sequence that can still be shrunk: its calls as value trees, and the replies in which their values were
/// generated.
pub(crate) struct Drawn<M: Model> {
    pub(crate) draws: Vec<Draw<CallOf<M>>>,
    generated: GeneratedIds,
}

/// One call of a drawn sequence.
pub(crate) struct Draw<Call> {
    /// The position at which it was drawn. It stays when other calls are removed.
    id: usize,
    pub(crate) call: Shape<Call>,
}

pub(crate) enum Shape<Call> {
    Shrinking(Box<dyn ValueTree<Value = Call>>),
    Settled(Call),
}

impl<Call: Clone + Debug> Draw<Call> {
    pub(crate) fn current(&self) -> Call {
        match &self.call {
            Shape::Shrinking(tree) => tree.current(),
            Shape::Settled(call) => call.clone(),
        }
    }
}

/// Values that subjects generate themselves, with the replies of the model that named them.
#[derive(Default)]
struct GeneratedIds {
    renamed: Vec<Rule>,
    /// By value: the drawn call and the JSON pointer into its reply.
    places: HashMap<String, Vec<(usize, String)>>,
}

impl<M: Model> Drawn<M> {
    /// Draws `length` calls after those of the setup, each in the state that those before it lead to.
    pub(crate) fn draw(
        initial: &M,
        setup: &[CallOf<M>],
        rules: &[Rule],
        length: usize,
        (guide, runner): (&mut Guide, &mut TestRunner),
    ) -> Result<(Self, Expected<M>), Reason> {
        let renamed: Vec<Rule> = rules.iter().filter(|rule| rule.kind.is_tracked()).cloned().collect();
        let mut generated = GeneratedIds {
            renamed,
            places: HashMap::new(),
        };
        let mut model = initial.clone();
        let mut draws = Vec::with_capacity(setup.len() + length);
        let mut replies = Vec::with_capacity(setup.len() + length);
        for id in 0..setup.len() + length {
            let (call, reply) = match setup.get(id) {
                Some(call) => {
                    let reply = expected_reply(&mut model, call.clone());
                    guide.met(&reply.cell);
                    (Shape::Settled(call.clone()), reply)
                }
                None => {
                    let (tree, reply) = guide.draw(&mut model, runner)?;
                    (Shape::Shrinking(tree), reply)
                }
            };
            generated.learn::<M>(id, &reply.reply);
            draws.push(Draw { id, call });
            replies.push(reply);
        }
        let effects = model.effects();
        Ok((Self { draws, generated }, Expected { replies, effects }))
    }

    /// The sequence as it now stands. `None` if a call names a generated value that no earlier reply names any more.
    pub(crate) fn steps(&self) -> Option<Vec<Step<CallOf<M>>>> {
        let positions: HashMap<usize, usize> = self.draws.iter().enumerate().map(|(at, draw)| (draw.id, at)).collect();
        let steps = self.draws.iter().map(|draw| {
            let call = draw.current();
            let from = self.generated.references::<M>(&call, draw.id, &positions)?;
            Some(Step { call, from })
        });
        steps.collect()
    }
}

impl GeneratedIds {
    fn learn<M: Model>(&mut self, id: usize, reply: &ReplyOf<M>) {
        if self.renamed.is_empty() {
            return;
        }
        let json = serde_json::to_value(reply).unwrap_or_default();
        let Self { renamed, places } = self;
        leaves(&json, &mut Vec::new(), &mut |path, value| {
            if renamed.iter().any(|rule| rule.is_about(path)) && !value.is_null() {
                places.entry(value.to_string()).or_default().push((id, pointer(path)));
            }
        });
    }

    /// Refers each value of the call that was generated before the call was drawn to the first reply that still
    /// names it.
    ///
    /// `None` if there is no such reply: then the sequence must not be tried, because in a shorter sequence the
    /// model may generate the same value for something else. A value that was generated only later is the
    /// call's own, and names something that does not exist yet.
    fn references<M: Model>(
        &self,
        call: &CallOf<M>,
        drawn: usize,
        positions: &HashMap<usize, usize>,
    ) -> Option<Vec<Reference>> {
        let mut found = Some(Vec::new());
        if self.places.is_empty() {
            return found;
        }
        let json = serde_json::to_value(call).unwrap_or_default();
        leaves(&json, &mut Vec::new(), &mut |path, value| {
            let places = self.places.get(&value.to_string()).into_iter().flatten();
            let mut before = places.filter(|(id, _)| *id < drawn).peekable();
            if before.peek().is_none() {
                return;
            }
            let reference = before.find_map(|(id, value)| {
                Some(Reference {
                    at: pointer(path),
                    step: *positions.get(id)?,
                    value: value.clone(),
                })
            });
            found = found.take().zip(reference).map(|(mut found, reference)| {
                found.push(reference);
                found
            });
        });
        found
    }
}

fn leaves(value: &Value, path: &mut Vec<String>, visit: &mut impl FnMut(&[String], &Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                path.push(name.clone());
                leaves(field, path, visit);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                path.push(position.to_string());
                leaves(item, path, visit);
                path.pop();
            }
        }
        leaf => visit(path, leaf),
    }
}
