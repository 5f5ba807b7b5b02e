use super::{
    Workload,
    file::{SteadyTable, StopTable, WorkloadTable},
    plan::{Steady, Stop},
};

/// Failed journeys that are evidence enough where a file does not say another number.
const ENOUGH_FAILED: u64 = 20;

/// Requests before a share of errors counts where a file does not say another number.
const ENOUGH_REQUESTS: u64 = 20;

/// Most journeys that can be started in each second.
const HIGHEST_RATE: f64 = 100_000.0;

/// Makes the workload that a file means.
///
/// # Errors
/// When there would be none.
pub(super) fn workload(table: &WorkloadTable) -> Result<Workload, String> {
    let (count, concurrency) = match (table.count, table.concurrency, &table.command) {
        (Some(count), Some(concurrency), None) => (count, concurrency),
        (None, None, Some(_)) if table.rate.is_none() => (0, 1),
        _ => {
            return Err("[workload] needs count and concurrency, with or without rate, or a command alone".to_owned());
        }
    };
    if table.command.is_none() && count == 0 || concurrency == 0 {
        return Err("[workload] has a count or a concurrency of 0, wanted 1 or more".to_owned());
    }
    if let Some(rate) = table.rate
        && !(rate > 0.0 && rate <= HIGHEST_RATE)
    {
        return Err(format!(
            "[workload] has a rate of {rate} journeys in a second, wanted more than 0 and at most {HIGHEST_RATE}"
        ));
    }
    Ok(Workload {
        count,
        concurrency,
        rate: table.rate,
        patience: std::time::Duration::from_millis(table.patience_ms),
        answer_within: std::time::Duration::from_millis(table.answer_within_ms),
    })
}

/// Makes the phase before the faults.
///
/// # Errors
/// When it would last longer than the journeys.
pub(super) fn steady(table: &SteadyTable, journeys: u64) -> Result<Steady, String> {
    let steady = table.journeys.unwrap_or_default();
    if steady >= journeys && steady > 0 {
        return Err(format!(
            "[steady] has {steady} of {journeys} journeys, so no fault could be laid; wanted fewer"
        ));
    }
    Ok(Steady {
        time: table.time.map(|time| time.0).unwrap_or_default(),
        journeys: steady,
    })
}

/// Makes the conditions under which the run is given up.
///
/// # Errors
/// When one says both or neither, or a share that can't be.
pub(super) fn stops(tables: &[StopTable]) -> Result<Vec<Stop>, String> {
    let mut stops = Vec::new();
    for table in tables {
        stops.push(
            match (table.failed_journeys, table.errors_above, table.after_requests) {
                (Some(number @ 1..), None, None) => Stop::FailedJourneys(number),
                (None, Some(above), after) if (0.0..1.0).contains(&above) => Stop::Errors {
                    above,
                    after: after.unwrap_or(ENOUGH_REQUESTS),
                },
                (None, Some(above), _) => {
                    return Err(format!(
                        "[[stop]] has errors_above = {above}, wanted a share from 0 to below 1"
                    ));
                }
                _ => {
                    return Err(
                        "[[stop]] needs one of failed_journeys, 1 or more, and errors_above, with or without \
                     after_requests"
                            .to_owned(),
                    );
                }
            },
        );
    }
    if !stops.iter().any(|stop| matches!(stop, Stop::FailedJourneys(_))) {
        stops.push(Stop::FailedJourneys(ENOUGH_FAILED));
    }
    Ok(stops)
}
