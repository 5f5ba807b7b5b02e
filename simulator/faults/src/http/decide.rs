//! Decisions about one request.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering::SeqCst},
};

use super::head::RequestHead;
use crate::{
    Effect, Faults, Outcome,
    draw::unit,
    effects::Rewritten,
    faults::{Memory, Standing},
    operations::Schema,
    selector::Which,
};

/// The effects on one request and its reply; at most one of each kind.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// By their place in the order of evaluation.
    choices: BTreeMap<usize, Choice>,
    /// Faults that have requests overtake each other, which this one may do.
    pub(super) crossings: Vec<Arc<Standing>>,
}

/// One effect on one request.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    faults: Faults,
    standing: Arc<Standing>,
    /// Numbers of the connection and of the request.
    place: (u64, u64),
    pub(crate) key: u64,
}

impl Choice {
    pub(crate) fn effect(&self) -> &Effect {
        self.standing.fault.does()
    }

    /// State that its fault keeps over all connections.
    pub(crate) fn memory(&self) -> &Memory {
        &self.standing.memory
    }

    pub(crate) fn fire(&self) {
        self.note(Outcome::Fired);
    }

    pub(crate) fn unfit(&self, why: &str) {
        let why = why.to_owned();
        self.note(Outcome::Unfit { why });
    }

    /// Notes what became of an effect that rewrites replies; returns the new content, if there is one.
    pub(crate) fn rewrite(&self, content: &str, schema: Option<Schema<'_>>) -> Option<String> {
        match self.effect().rewrite(content, self.key, schema) {
            Rewritten::Changed(changed) => {
                self.fire();
                return Some(changed);
            }
            Rewritten::Spared => self.note(Outcome::NotDrawn),
            Rewritten::Unfit(why) => self.unfit(&why),
        }
        None
    }

    fn name(&self) -> &str {
        self.standing.fault.name()
    }

    fn note(&self, outcome: Outcome) {
        self.faults.note(self.name(), self.place, outcome);
    }

    fn is_of(&self, standing: &Standing) -> bool {
        standing.laid == self.standing.laid && standing.fault.name() == self.name()
    }
}

impl Chosen {
    /// Decides which of these faults act on a request.
    pub(crate) fn among(standing: &[Arc<Standing>], faults: &Faults, place: (u64, u64), head: &RequestHead) -> Self {
        let mut chosen = Self::default();
        for one in standing {
            let fault = &one.fault;
            let requests = fault.on().http.as_ref();
            if requests.is_some_and(|requests| !requests.fit(head, faults.operations().as_deref())) {
                continue;
            }
            if let Effect::Redeliver(redeliver) = fault.does()
                && let Some((position, _)) = redeliver.asked(&head.target)
            {
                one.memory.asked.remember(head.path(), position);
            }
            if matches!(fault.does(), Effect::Reorder(_)) {
                chosen.crossings.push(Arc::clone(one));
            }
            let number = one.memory.requests.fetch_add(1, SeqCst) + 1;
            let which = requests.map_or(Which::All, |requests| requests.requests);
            if !which.meets(Some(number)) {
                continue;
            }
            faults.note_met(fault.name());
            let key = faults.key(place, fault.name());
            let kind = fault.does().place();
            if !which.takes(unit(key)) {
                faults.note(fault.name(), place, Outcome::NotDrawn);
            } else if let Some(first) = chosen.choices.get(&kind) {
                let by = first.name().to_owned();
                faults.note(fault.name(), place, Outcome::Masked { by });
            } else {
                let choice = Choice {
                    faults: faults.clone(),
                    standing: Arc::clone(one),
                    place,
                    key,
                };
                chosen.choices.insert(kind, choice);
            }
        }
        chosen.mask();
        chosen
    }

    /// Takes the effects of faults out that are no longer laid.
    pub(crate) fn keep(&mut self, standing: &[Arc<Standing>]) {
        self.choices
            .retain(|_, choice| standing.iter().any(|one| choice.is_of(one)));
    }

    /// Returns the effect that `wanted` takes.
    pub(crate) fn find<T>(&self, wanted: impl Fn(&Effect) -> Option<T>) -> Option<(T, &Choice)> {
        let mut choices = self.choices.values();
        choices.find_map(|choice| wanted(choice.effect()).map(|found| (found, choice)))
    }

    /// Returns the effects that rewrite the reply, in the order of evaluation.
    pub(crate) fn rewriting(&self) -> impl Iterator<Item = &Choice> {
        self.choices.values().filter(|choice| choice.effect().rewrites())
    }

    /// Takes effects out that would have nothing to act on: all on the reply, if another fault answers or drops it.
    fn mask(&mut self) {
        let is_end = |effect: &Effect| matches!(effect, Effect::Answer(_) | Effect::DropReply(_));
        let Some(end) = self.choices.values().find(|choice| is_end(choice.effect())).cloned() else {
            return;
        };
        let is_answer = matches!(end.effect(), Effect::Answer(_));
        self.choices.retain(|_, choice| {
            let is_masked = match choice.effect() {
                Effect::Reorder(_) | Effect::Redeliver(_) | Effect::Duplicate(_) => is_answer,
                Effect::DropReply(_) => is_answer && choice.name() != end.name(),
                Effect::DelayReply(_) | Effect::CorruptBody(_) | Effect::TruncateBody(_) => true,
                effect => effect.rewrites(),
            };
            if is_masked {
                let by = end.name().to_owned();
                choice.note(Outcome::Masked { by });
            }
            !is_masked
        });
    }
}
