//! Decisions about one request.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering::SeqCst},
};

use super::head::RequestHead;
use crate::{Effect, Faults, Outcome, draw::unit, faults::Standing, selector::Which};

/// The effects on one request and its reply; at most one of each kind.
#[derive(Debug, Default)]
pub(crate) struct Chosen(BTreeMap<usize, Choice>);

/// One effect on one request.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    faults: Faults,
    fault: String,
    /// Version in which the fault was laid.
    laid: u64,
    /// Numbers of the connection and of the request.
    place: (u64, u64),
    pub(crate) effect: Effect,
    pub(crate) key: u64,
}

impl Choice {
    pub(crate) fn fire(&self) {
        self.faults.note(&self.fault, self.place, Outcome::Fired);
    }

    pub(crate) fn unfit(&self, why: &str) {
        let why = why.to_owned();
        self.faults.note(&self.fault, self.place, Outcome::Unfit { why });
    }
}

impl Chosen {
    /// Decides which of these faults act on a request.
    pub(crate) fn among(standing: &[Arc<Standing>], faults: &Faults, place: (u64, u64), head: &RequestHead) -> Self {
        let mut chosen = Self::default();
        for one in standing {
            let fault = &one.fault;
            let requests = fault.on().http.as_ref();
            if requests.is_some_and(|requests| !requests.fit(head)) {
                continue;
            }
            let number = one.requests.fetch_add(1, SeqCst) + 1;
            let which = requests.map_or(Which::All, |requests| requests.requests);
            if !which.meets(Some(number)) {
                continue;
            }
            faults.note_met(fault.name());
            let key = faults.key(place, fault.name());
            let kind = fault.does().place();
            if !which.takes(unit(key)) {
                faults.note(fault.name(), place, Outcome::NotDrawn);
            } else if let Some(first) = chosen.0.get(&kind) {
                let by = first.fault.clone();
                faults.note(fault.name(), place, Outcome::Masked { by });
            } else {
                let choice = Choice {
                    faults: faults.clone(),
                    fault: fault.name().to_owned(),
                    laid: one.laid,
                    place,
                    effect: fault.does().clone(),
                    key,
                };
                chosen.0.insert(kind, choice);
            }
        }
        chosen.mask();
        chosen
    }

    /// Takes the effects of faults out that are no longer laid.
    pub(crate) fn keep(&mut self, standing: &[Arc<Standing>]) {
        self.0.retain(|_, choice| {
            let mut standing = standing.iter();
            standing.any(|one| one.laid == choice.laid && one.fault.name() == choice.fault)
        });
    }

    /// Returns the effect that `wanted` takes.
    pub(crate) fn find<T>(&self, wanted: impl Fn(&Effect) -> Option<T>) -> Option<(T, &Choice)> {
        let mut choices = self.0.values();
        choices.find_map(|choice| wanted(&choice.effect).map(|found| (found, choice)))
    }

    /// Takes effects out that would have nothing to act on: all on the reply, if another fault answers or drops it.
    fn mask(&mut self) {
        let is_end = |effect: &Effect| matches!(effect, Effect::Answer(_) | Effect::DropReply(_));
        let Some(end) = self.0.values().find(|choice| is_end(&choice.effect)).cloned() else {
            return;
        };
        let is_answer = matches!(end.effect, Effect::Answer(_));
        self.0.retain(|_, choice| {
            let is_masked = match choice.effect {
                Effect::Duplicate(_) | Effect::DropReply(_) if choice.fault != end.fault => is_answer,
                Effect::DelayReply(_) | Effect::CorruptBody(_) | Effect::TruncateBody(_) => true,
                _ => false,
            };
            if is_masked {
                let by = end.fault.clone();
                choice.faults.note(&choice.fault, choice.place, Outcome::Masked { by });
            }
            !is_masked
        });
    }
}
