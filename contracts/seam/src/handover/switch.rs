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
/// Once the giving side has ended to act, one copy is enough in which the receiving side could take all that it lacks:
/// whatever comes in after that is an intent that nobody has acted on, and is carried over next. What only the
/// receiving side has keeps nobody from acting there. If the receiving side could not take something, or an error cuts
/// the copy off, the giving side acts again; [`CopyError::NobodyActs`] says that it could not. A switch that was cut
/// off is finished by another one in either direction. The way back is the same switch with the sides exchanged.
///
/// Fails if the receiving side acts, unless it is new: in epoch 0 and without a row.
pub async fn switch(copying: Copying, from: &dyn Handover, to: &dyn Handover) -> Result<Switched, CopyError> {
    let ours = from.duty().await.map_err(CopyError::From)?;
    let theirs = standing_by(ours, to).await?;
    // A side that did not act last may lack what the other one did: it must not get the duty back.
    let acted_last = ours.acts || ours.epoch > theirs.epoch;
    if ours.acts {
        copying.run(from, to, |_| ()).await?;
    }
    let epoch = ours.epoch.max(theirs.epoch).saturating_add(1);
    let stranded = |error: CopyError| CopyError::NobodyActs(Box::new(error));
    let release = from.stand_by(epoch).await.map_err(CopyError::From);
    let release = release.map_err(|error| if ours.acts { stranded(error) } else { error })?;
    let copied = copying.run(from, to, |_| ()).await;
    let mut report = match copied {
        Ok(report) if report.apart() == 0 => report,
        Ok(report) if acted_last => {
            give_back(epoch, from, to).await.map_err(stranded)?;
            return Ok(Switched { report, acts: None });
        }
        Ok(report) => {
            let differ = format!(
                "the sides differ in {}; switch from the side that acted last",
                report.apart()
            );
            return Err(stranded(CopyError::Obstacle(differ)));
        }
        Err(error) if ours.acts => {
            return Err(match give_back(epoch, from, to).await {
                Ok(()) => error,
                Err(_second) => stranded(error),
            });
        }
        Err(error) => return Err(stranded(error)),
    };
    let acts = to.act(release).await.map_err(|error| stranded(CopyError::To(error)))?;
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

/// The duty of a receiving side, which stands by, or is new and does so from now on.
async fn standing_by(ours: Duty, to: &dyn Handover) -> Result<Duty, CopyError> {
    let theirs = to.duty().await.map_err(CopyError::To)?;
    if !theirs.acts {
        return Ok(theirs);
    }
    if theirs.epoch > 0 || !is_empty(to).await? {
        return Err(CopyError::Obstacle(format!(
            "the receiving side {theirs} and the giving side {ours}; a switch goes from the side that acts to one that \
             stands by or is empty"
        )));
    }
    // Not later than the giving side's: that it acted last must still show.
    let epoch = ours.epoch.max(1);
    to.stand_by(epoch).await.map_err(CopyError::To)?;
    Ok(Duty { epoch, acts: false })
}

/// Lets the giving side act again, after it has given the epoch away and before the other one took it.
async fn give_back(epoch: i64, from: &dyn Handover, to: &dyn Handover) -> Result<(), CopyError> {
    let back = to.stand_by(epoch.saturating_add(1)).await.map_err(CopyError::To)?;
    from.act(back).await.map_err(CopyError::From)?;
    Ok(())
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
