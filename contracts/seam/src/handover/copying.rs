use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    Aggregate, CopyReport, Difference, Handover, HandoverError, Key, Outline, Range, SetReport, Summary, Taken,
};

/// Carries the data of a module from one side to the other, range by range.
///
/// A range in which both sides have the same count and digest is passed over, so a copy that was given up goes on where
/// it was when it is begun again. Of any other range, what the receiving side lacks or has in an older state is carried
/// over, and the range is compared again. Nothing is locked: a range that somebody writes to meanwhile may end uneven,
/// and the next run settles it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copying {
    batch: u32,
}

/// The reason why a copy could not go on. What was carried over until then stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The sides do not hold the same kind of data. Nothing was carried over.
    #[error("{0}")]
    Obstacle(String),
    /// The giving side failed.
    #[error("the giving side: {0}")]
    From(#[source] HandoverError),
    /// The receiving side failed.
    #[error("the receiving side: {0}")]
    To(#[source] HandoverError),
    /// A switch was cut off by this error, and neither side acts.
    #[error("{0}; NEITHER SIDE ACTS NOW: switch again, in either direction, to end that")]
    NobodyActs(#[source] Box<CopyError>),
}

impl Default for Copying {
    fn default() -> Self {
        Self { batch: 200 }
    }
}

impl Copying {
    /// A copy with ranges of so many aggregates, 1 to 1,000. The default is 200.
    pub fn in_ranges_of(batch: u32) -> Self {
        Self {
            batch: batch.clamp(1, 1_000),
        }
    }

    /// Carries over all sets. `watch` sees the figures of a set after each of its ranges.
    ///
    /// Fails if the sides have different layouts, and if one of them fails.
    pub async fn run(
        &self,
        from: &dyn Handover,
        to: &dyn Handover,
        mut watch: impl FnMut(&SetReport) + Send,
    ) -> Result<CopyReport, CopyError> {
        let ours = from.layout().await.map_err(CopyError::From)?;
        let theirs = to.layout().await.map_err(CopyError::To)?;
        if let Some(obstacle) = ours.obstacle(&theirs) {
            return Err(CopyError::Obstacle(obstacle));
        }
        let mut report = CopyReport {
            module: ours.module,
            sets: Vec::new(),
        };
        for set in ours.sets {
            let mut figures = SetReport {
                set: set.name.clone(),
                ..SetReport::default()
            };
            let mut range = Range::all(set.name);
            loop {
                let end = self.copy(from, to, range.clone(), &mut figures).await?;
                watch(&figures);
                let Some(last) = end else { break };
                range = range.after(last);
            }
            report.sets.push(figures);
        }
        Ok(report)
    }

    /// Copies the first part of the range. Returns the key with which it ends; `None` at the end of the range.
    async fn copy(
        &self,
        from: &dyn Handover,
        to: &dyn Handover,
        range: Range,
        figures: &mut SetReport,
    ) -> Result<Option<Key>, CopyError> {
        let (mut ours, theirs) = self.summaries(from, to, range).await?;
        let mut even = ours.agrees(&theirs);
        if !even {
            // The receiving side has more in this range than fits one answer: take the part that does.
            let part = theirs.range;
            mend(from, to, &part, figures).await?;
            let seen = self.both(from, to, &part).await?;
            even = seen.0.agrees(&seen.1);
            ours = Summary { range: part, ..seen.0 };
        }
        figures.ranges += 1;
        figures.even += u64::from(even);
        figures.aggregates += ours.aggregates;
        figures.rows += ours.rows;
        Ok(ours.range.until)
    }

    /// Summarises the first part of the range on both sides: of the giving side one batch, of the other side what it
    /// has of that.
    pub(super) async fn summaries(
        &self,
        from: &dyn Handover,
        to: &dyn Handover,
        range: Range,
    ) -> Result<(Summary, Summary), CopyError> {
        let ours = from.summarize(range, self.batch).await.map_err(CopyError::From)?;
        let theirs = to
            .summarize(ours.range.clone(), self.batch)
            .await
            .map_err(CopyError::To)?;
        Ok((ours, theirs))
    }

    async fn both(
        &self,
        from: &dyn Handover,
        to: &dyn Handover,
        range: &Range,
    ) -> Result<(Summary, Summary), CopyError> {
        // Twice the batch: the sum of what one side has and what the other had beside it.
        let limit = self.batch.saturating_mul(2);
        let ours = from.summarize(range.clone(), limit).await.map_err(CopyError::From)?;
        let theirs = to.summarize(range.clone(), limit).await.map_err(CopyError::To)?;
        Ok((ours, theirs))
    }
}

/// Carries over what the receiving side lacks in this range.
async fn mend(from: &dyn Handover, to: &dyn Handover, range: &Range, figures: &mut SetReport) -> Result<(), CopyError> {
    // The receiving side first: what another copy brings it meanwhile is then on the giving side too.
    let theirs = to.outline(range.clone()).await.map_err(CopyError::To)?;
    let ours = from.outline(range.clone()).await.map_err(CopyError::From)?;
    let plan = Plan::of(ours, theirs);
    figures.newer += plan.newer;
    for (key, reason) in plan.different {
        figures.differs(difference(&range.set, key, reason));
    }
    if plan.wanted.is_empty() {
        return Ok(());
    }
    let given = from
        .give(range.set.clone(), plan.wanted)
        .await
        .map_err(CopyError::From)?;
    let keys: Vec<Key> = given
        .iter()
        .map(|aggregate: &Aggregate| aggregate.outline.key.clone())
        .collect();
    let taken = to.take(range.set.clone(), given).await.map_err(CopyError::To)?;
    for (key, taken) in keys.into_iter().zip(taken) {
        match taken {
            Taken::Added => figures.added += 1,
            Taken::Updated => figures.updated += 1,
            Taken::Same => {}
            Taken::Older => figures.newer += 1,
            Taken::Refused => figures.differs(difference(&range.set, key, APART)),
        }
    }
    Ok(())
}

const APART: &str =
    "both sides have changed it, or the receiving side can't hold it; decide by hand which one is right";
pub(super) const ONLY_THERE: &str = "only the receiving side has it";

fn difference(set: &str, key: Key, reason: &str) -> Difference {
    Difference {
        set: set.to_owned(),
        key,
        reason: reason.to_owned(),
    }
}

/// What is to be done with the aggregates of a range.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) wanted: Vec<Key>,
    pub(super) newer: u64,
    pub(super) different: Vec<(Key, &'static str)>,
}

impl Plan {
    pub(super) fn of(ours: Vec<Outline>, theirs: Vec<Outline>) -> Self {
        let known: BTreeMap<&Key, &Outline> = theirs.iter().map(|outline| (&outline.key, outline)).collect();
        let mut plan = Self::default();
        for outline in &ours {
            let Some(there) = known.get(&outline.key) else {
                plan.wanted.push(outline.key.clone());
                continue;
            };
            match outline.progress.partial_cmp(&there.progress) {
                Some(Ordering::Greater) => plan.wanted.push(outline.key.clone()),
                Some(Ordering::Less) => plan.newer += 1,
                Some(Ordering::Equal) if outline.digest == there.digest => {}
                Some(Ordering::Equal) | None => plan.different.push((outline.key.clone(), APART)),
            }
        }
        let here: BTreeSet<&Key> = ours.iter().map(|outline| &outline.key).collect();
        let alone = theirs.iter().filter(|outline| !here.contains(&outline.key));
        plan.different
            .extend(alone.map(|outline| (outline.key.clone(), ONLY_THERE)));
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handover::Progress;

    fn outline(key: &str, progress: &[i64], digest: &str) -> Outline {
        Outline {
            key: Key::from([key]),
            progress: Progress(progress.to_vec()),
            digest: digest.to_owned(),
        }
    }

    #[test]
    fn what_is_missing_or_older_there_is_wanted_and_nothing_that_is_newer_or_apart() {
        let ours = vec![
            outline("apart", &[2, 1], "a"),
            outline("behind", &[2, 2], "a"),
            outline("changed", &[1, 1], "a"),
            outline("missing", &[1, 1], "a"),
            outline("newer", &[1, 1], "a"),
            outline("same", &[1, 1], "a"),
        ];
        let theirs = vec![
            outline("alone", &[1, 1], "b"),
            outline("apart", &[1, 2], "b"),
            outline("behind", &[1, 2], "b"),
            outline("changed", &[1, 1], "b"),
            outline("newer", &[2, 1], "b"),
            outline("same", &[1, 1], "a"),
        ];

        let plan = Plan::of(ours, theirs);

        assert_eq!(plan.wanted, [Key::from(["behind"]), Key::from(["missing"])]);
        assert_eq!(plan.newer, 1);
        let apart = |key: &str| (Key::from([key]), APART);
        let alone = (Key::from(["alone"]), ONLY_THERE);
        assert_eq!(plan.different, [apart("apart"), apart("changed"), alone]);
    }
}
