use std::collections::{BTreeMap, BTreeSet};

use commerce::RecordedEvent;
use shared::events::{DeadLetter, DeadLetterState};

use super::{
    recorder::{Effect, token_of},
    violation::{Property, Violation},
    watched::Read,
};

/// Everything observed of one consumer, and the log itself.
pub(super) struct Evidence<'a> {
    pub(super) whom: &'static str,
    pub(super) log: &'a [RecordedEvent],
    pub(super) reads: &'a [Read],
    pub(super) effects: &'a [Effect],
    pub(super) letters: &'a [DeadLetter],
    pub(super) handed: &'a BTreeSet<String>,
    /// By aggregate, the first version that can't be handled.
    pub(super) poison: &'a BTreeMap<String, i64>,
}

impl Evidence<'_> {
    /// Violations of properties that hold at any time.
    pub(super) fn always(&self) -> Vec<Violation> {
        let mut found: Vec<_> = self.reads().into_iter().collect();
        found.extend(self.strangers());
        found.extend(self.order());
        found.extend(self.gaps());
        found
    }

    /// Violations of properties that hold once the consumer is at the end of the log.
    pub(super) fn settled(&self) -> Vec<Violation> {
        let mut found = self.always();
        found.extend(self.missing());
        found.extend(self.dead_letters());
        found
    }

    fn reads(&self) -> Option<Violation> {
        self.reads
            .iter()
            .find_map(|read| self.read(read))
            .map(|what| self.violated(Property::VisibleInOrder, what))
    }

    fn read(&self, read: &Read) -> Option<String> {
        let Read { after, limit, .. } = read;
        let begin = self.log.partition_point(|recorded| recorded.position <= *after);
        let place = format!("a read of {limit} after {after}");
        if read.shown.len() > *limit as usize {
            return Some(format!("{place} showed {}", read.shown.len()));
        }
        let real: Vec<_> = self.log[begin..].iter().take(read.shown.len()).collect();
        if !real.iter().copied().eq(&read.shown) {
            let positions = |recorded: Vec<&RecordedEvent>| recorded.iter().map(|one| one.position).collect::<Vec<_>>();
            let (shown, real) = (positions(read.shown.iter().collect()), positions(real));
            return Some(format!("{place} showed {shown:?}, and the log has {real:?} there"));
        }
        // A read that does not wait may be empty: a log behind a broker arrives later.
        let is_blind = read.shown.is_empty() && !read.wait.is_zero() && *after < read.committed;
        is_blind.then(|| {
            format!(
                "{place} waited and showed nothing, and {} was committed before",
                read.committed
            )
        })
    }

    fn strangers(&self) -> Vec<Violation> {
        let known: BTreeSet<_> = self
            .log
            .iter()
            .map(|RecordedEvent { event, .. }| (&*event.aggregate_id, event.version, token_of(event)))
            .collect();
        let stranger = |one: &&Effect| !known.contains(&(&*one.aggregate, one.version, &*one.token));
        let strangers = self.effects.iter().filter(stranger);
        strangers
            .map(|one| {
                self.violated(
                    Property::OnlyCommitted,
                    format!("the log does not have what took effect: {one:?}"),
                )
            })
            .collect()
    }

    fn order(&self) -> Vec<Violation> {
        let mut last: BTreeMap<&str, i64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for effect in self.effects {
            if !seen.insert((&*effect.aggregate, effect.version)) {
                found.push(self.violated(Property::EffectOnce, format!("this took effect again: {effect:?}")));
                continue;
            }
            let before = last.insert(&effect.aggregate, effect.version).unwrap_or(0);
            if before > effect.version {
                found.push(self.violated(
                    Property::Order,
                    format!("version {before} took effect before {effect:?}"),
                ));
            }
        }
        found
    }

    fn gaps(&self) -> Option<Violation> {
        let gap = self.letters.iter().find(|one| one.state == DeadLetterState::Gap)?;
        Some(self.violated(
            Property::VisibleInOrder,
            format!("an event before this one was not shown: {}", told(gap)),
        ))
    }

    fn missing(&self) -> Vec<Violation> {
        let done: BTreeSet<_> = self.effects.iter().map(|effect| &*effect.token).collect();
        let mut found = Vec::new();
        for recorded in self.log {
            let (event, token) = (&recorded.event, token_of(&recorded.event));
            let poison = self.poison.get(&event.aggregate_id).copied().unwrap_or(i64::MAX);
            let what = || {
                format!(
                    "position {}, version {} of {}",
                    recorded.position, event.version, event.aggregate_id
                )
            };
            if event.version <= poison && !self.handed.contains(token) {
                found.push(self.violated(
                    Property::AtLeastOnce,
                    format!("this never reached the handler: {}", what()),
                ));
            }
            if event.version < poison && !done.contains(token) {
                found.push(self.violated(Property::NothingLost, format!("this never took effect: {}", what())));
            }
        }
        found
    }

    fn dead_letters(&self) -> Vec<Violation> {
        let mut due: BTreeMap<i64, DeadLetterState> = BTreeMap::new();
        for RecordedEvent { position, event } in self.log {
            match self.poison.get(&event.aggregate_id) {
                Some(poison) if event.version == *poison => drop(due.insert(*position, DeadLetterState::Dead)),
                Some(poison) if event.version > *poison => drop(due.insert(*position, DeadLetterState::Parked)),
                _ => {}
            }
        }
        let there: BTreeMap<_, _> = self.letters.iter().map(|one| (one.position, one.state)).collect();
        if there == due {
            return Vec::new();
        }
        let letters: Vec<_> = self.letters.iter().map(told).collect();
        vec![self.violated(
            Property::Poison,
            format!("dead letters are {letters:?}, wanted {due:?}"),
        )]
    }

    fn violated(&self, property: Property, what: String) -> Violation {
        Violation::new(property, self.whom, what)
    }
}

fn told(letter: &DeadLetter) -> String {
    let DeadLetter {
        position,
        state,
        version,
        aggregate_id,
        reason,
        ..
    } = letter;
    format!("{state:?} at {position}, version {version} of {aggregate_id}: {reason}")
}
