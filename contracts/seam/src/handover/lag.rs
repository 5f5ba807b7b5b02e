use std::fmt;

use serde::Serialize;

use super::{
    CopyError, Copying, Handover, Key, Range,
    copying::{ONLY_THERE, Plan},
};

/// What each side lacks of the other one's data, as [`Copying::lag`] finds it. A copy would carry it over, one way or
/// the other; without the side that has it, it would be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// Aggregates of the giving side that were compared.
    pub aggregates: u64,
    /// Aggregates that the receiving side lacks, or has in an older state.
    pub there: u64,
    /// Aggregates that the giving side lacks, or has in an older state.
    pub here: u64,
    /// Aggregates in which the sides differ for good.
    pub apart: u64,
}

impl Copying {
    /// Compares all sets, and changes nothing. Ranges with the same count and digest on both sides are passed over, as
    /// a copy passes them over. What is written meanwhile may count or not.
    ///
    /// Fails if the sides have different layouts, and if one of them fails.
    pub async fn lag(&self, from: &dyn Handover, to: &dyn Handover) -> Result<Lag, CopyError> {
        let ours = from.layout().await.map_err(CopyError::From)?;
        let theirs = to.layout().await.map_err(CopyError::To)?;
        if let Some(obstacle) = ours.obstacle(&theirs) {
            return Err(CopyError::Obstacle(obstacle));
        }
        let mut lag = Lag::default();
        for set in ours.sets {
            let mut range = Range::all(set.name);
            while let Some(last) = self.compare(from, to, range.clone(), &mut lag).await? {
                range = range.after(last);
            }
        }
        Ok(lag)
    }

    /// Compares the first part of the range. Returns the key with which it ends; `None` at the end of the range.
    async fn compare(
        &self,
        from: &dyn Handover,
        to: &dyn Handover,
        range: Range,
        lag: &mut Lag,
    ) -> Result<Option<Key>, CopyError> {
        let (ours, theirs) = self.summaries(from, to, range).await?;
        if ours.agrees(&theirs) {
            lag.aggregates += ours.aggregates;
            return Ok(ours.range.until);
        }
        // What the receiving side has of the range may end sooner.
        let part = theirs.range;
        let there = to.outline(part.clone()).await.map_err(CopyError::To)?;
        let here = from.outline(part.clone()).await.map_err(CopyError::From)?;
        lag.aggregates += here.len() as u64;
        let plan = Plan::of(here, there);
        let alone = plan.different.iter().filter(|(_, reason)| *reason == ONLY_THERE);
        let alone = alone.count() as u64;
        lag.there += plan.wanted.len() as u64;
        lag.here += plan.newer + alone;
        lag.apart += plan.different.len() as u64 - alone;
        Ok(part.until)
    }
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            aggregates,
            there,
            here,
            apart,
        } = self;
        write!(
            f,
            "{aggregates} compared; the receiving side lacks {there}, the giving side lacks {here}, \
             {apart} differ for good"
        )
    }
}
