use super::{CopyError, CopyReport, Copying, Duty, Handover, Range};

/// Most rounds of copying for what still comes in on the giving side once the other one acts.
const ROUNDS: u32 = 10;

/// The result of a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    /// What the last copy found. It may be uneven while the giving side still gets calls: copy again once it gets none.
    pub report: CopyReport,
    /// The duty of the receiving side; `None` if the giving side acts again, because of the report's differences.
    pub acts: Option<Duty>,
}

/// Moves the duty to act from one side to the other, with everything that the first one knows: copies while it acts,
/// lets it end, copies the rest, and lets the other one begin. Nobody acts in between; what comes in meanwhile waits.
///
/// Once the giving side has ended to act, one copy without a difference is enough: whatever comes in after that is an
/// intent that nobody has acted on, and is carried over next. With a difference, the giving side acts again. A switch
/// that was cut off is finished by another one in either direction. The way back is the same switch with the sides
/// exchanged.
///
/// Fails if the receiving side acts, unless it is new: in epoch 0 and without a row.
pub async fn switch(copying: Copying, from: &dyn Handover, to: &dyn Handover) -> Result<Switched, CopyError> {
    let ours = from.duty().await.map_err(CopyError::From)?;
    let mut theirs = to.duty().await.map_err(CopyError::To)?;
    if theirs.acts {
        if theirs.epoch > 0 || !is_empty(to).await? {
            return Err(CopyError::Obstacle(format!(
                "the receiving side {theirs} and the giving side {ours}; a switch goes from the side that acts to one \
                 that stands by or is empty"
            )));
        }
        let epoch = ours.epoch.saturating_add(1);
        to.stand_by(epoch).await.map_err(CopyError::To)?;
        theirs = Duty { epoch, acts: false };
    }
    if ours.acts {
        copying.run(from, to, |_| ()).await?;
    }
    let epoch = ours.epoch.max(theirs.epoch).saturating_add(1);
    let release = from.stand_by(epoch).await.map_err(CopyError::From)?;
    let mut report = copying.run(from, to, |_| ()).await?;
    if report.different() > 0 {
        let back = to.stand_by(epoch.saturating_add(1)).await.map_err(CopyError::To)?;
        from.act(back).await.map_err(CopyError::From)?;
        return Ok(Switched { report, acts: None });
    }
    let acts = to.act(release).await.map_err(CopyError::To)?;
    for _ in 0..ROUNDS {
        if report.is_settled() {
            break;
        }
        report = copying.run(from, to, |_| ()).await?;
    }
    Ok(Switched {
        report,
        acts: Some(acts),
    })
}

async fn is_empty(side: &dyn Handover) -> Result<bool, CopyError> {
    for set in side.layout().await.map_err(CopyError::To)?.sets {
        let summary = side.summarize(Range::all(set.name), 1).await.map_err(CopyError::To)?;
        if summary.aggregates > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
