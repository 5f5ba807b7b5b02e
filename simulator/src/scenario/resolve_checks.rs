use std::{path::Path, time::Duration};

use super::{
    Check, Invariant,
    check::{CheckWhen, During, How},
    file_checks::{InvariantTable, ProbeTable},
    resolve::{Mistake, or_none},
};
use crate::{
    steps::{Errand, check_pointer},
    topology::LogPattern,
};

/// Pause between two looks where a file names none.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Time of a probe, and of a command, where a file names none.
const PROBE_WITHIN: Duration = Duration::from_secs(5);
const COMMAND_WITHIN: Duration = Duration::from_secs(60);

/// Makes the claims that a file means: those of SQL, and the others. `steps` are the names of the journeys' steps, and
/// `faults` those of the faults.
///
/// # Errors
/// The first entry that contradicts itself.
pub(super) fn invariants(
    tables: Vec<InvariantTable>,
    (steps, faults): (&[&str], &[&str]),
    home: &Path,
) -> Result<(Vec<Invariant>, Vec<Check>), Mistake> {
    let (mut invariants, mut checks) = (Vec::new(), Vec::new());
    for (number, table) in (1..).zip(tables) {
        let offset = table.name.span().start;
        let what = format!("invariant {:?}", table.name.get_ref());
        let wrong = |problem: String| Mistake {
            offset,
            problem: format!("{what}: {problem}"),
        };
        if table.violations.is_some() || table.checked.is_some() || !table.figures.is_empty() {
            invariants.push(sql(table).map_err(wrong)?);
        } else {
            checks.push(check(table, number, (steps, faults), home).map_err(wrong)?);
        }
    }
    Ok((invariants, checks))
}

fn sql(table: InvariantTable) -> Result<Invariant, String> {
    if table.kinds() > 0
        || table.during.is_some()
        || table.when.is_some()
        || table.every.is_some()
        || table.within.is_some()
    {
        return Err(
            "violations, checked and figures are SQL over what is observed in the end; probe, log, latency, errors, \
             command, during, when, every and within belong to an invariant of their own"
                .to_owned(),
        );
    }
    match (table.violations, table.checked) {
        (Some(violations), Some(checked)) => Ok(Invariant {
            name: table.name.into_inner(),
            violations,
            checked,
            figures: table.figures,
        }),
        _ => Err("SQL needs both violations and checked".to_owned()),
    }
}

fn check(
    table: InvariantTable,
    number: usize,
    (steps, faults): (&[&str], &[&str]),
    home: &Path,
) -> Result<Check, String> {
    if table.kinds() != 1 {
        return Err("it needs one of violations (with checked), probe, log, latency, errors and command".to_owned());
    }
    let when = table.when.unwrap_or_default();
    let asks = table.probe.is_some() || table.command.is_some();
    if !asks && (when != CheckWhen::End || table.every.is_some() || table.within.is_some()) {
        return Err(
            "log, latency and errors look back on the whole run; when, every and within are for probe and command"
                .to_owned(),
        );
    }
    if when == CheckWhen::End && table.every.is_some() {
        return Err("every goes with when = \"throughout\" or \"once\"".to_owned());
    }
    if let Some(during) = &table.during {
        if asks {
            return Err(
                "during is for latency, errors and log; a probe and a command see the moment at which they look"
                    .to_owned(),
            );
        }
        if let During::Fault(name) | During::Healed(name, _) = during
            && !faults.contains(&name.as_str())
        {
            let known = or_none(faults);
            return Err(format!("during: no fault is called {name:?}; known: {known}"));
        }
    }
    let default = if table.command.is_some() {
        COMMAND_WITHIN
    } else {
        PROBE_WITHIN
    };
    let every = table.every.map_or(LOOK_AGAIN, |time| time.0);
    let within = table.within.map_or(default, |time| time.0);
    if every.is_zero() || within.is_zero() {
        return Err("every or within is 0s, wanted more".to_owned());
    }
    Ok(Check {
        name: table.name.get_ref().clone(),
        during: table.during.clone(),
        how: how(table, number, steps, home)?,
        when,
        every,
        within,
    })
}

fn how(table: InvariantTable, number: usize, steps: &[&str], home: &Path) -> Result<How, String> {
    let known = |step: &Option<String>| match step {
        Some(step) if !steps.contains(&step.as_str()) => {
            Err(format!("there is no step {step:?}; the steps are {}", steps.join(", ")))
        }
        _ => Ok(()),
    };
    if let Some(probe) = table.probe {
        return self::probe(probe);
    }
    if let Some(log) = table.log {
        let (pattern, must_match) = match (log.must, log.must_not) {
            (Some(pattern), None) => (pattern, true),
            (None, Some(pattern)) => (pattern, false),
            _ => return Err("log needs one of must and must_not, a regular expression".to_owned()),
        };
        return Ok(How::Log {
            node: log.node,
            pattern: LogPattern::new(&pattern)?,
            must_match,
        });
    }
    if let Some(latency) = table.latency {
        known(&latency.step)?;
        if !(latency.percentile > 0.0 && latency.percentile <= 100.0) {
            let seen = latency.percentile;
            return Err(format!(
                "latency.percentile is {seen}, wanted more than 0 and at most 100"
            ));
        }
        return Ok(How::Latency {
            step: latency.step,
            percentile: latency.percentile,
            below: latency.below.0,
        });
    }
    if let Some(errors) = table.errors {
        known(&errors.step)?;
        if !(errors.below > 0.0 && errors.below <= 1.0) {
            return Err(format!(
                "errors.below is {}, wanted a share above 0, such as 0.01",
                errors.below
            ));
        }
        return Ok(How::Errors {
            step: errors.step,
            below: errors.below,
        });
    }
    let words = table.command.unwrap_or_default();
    errand(&format!("invariant-{number}"), words, home).map(How::Command)
}

/// Makes a program of a file's words.
///
/// # Errors
/// When there is none.
pub(super) fn errand(name: &str, words: Vec<String>, home: &Path) -> Result<Errand, String> {
    if words.first().is_none_or(String::is_empty) {
        return Err("command is empty, wanted a program and its arguments".to_owned());
    }
    Ok(Errand {
        name: name.to_owned(),
        words,
        folder: home.to_owned(),
        env: Vec::new(),
    })
}

fn probe(table: ProbeTable) -> Result<How, String> {
    let path = table.path.source();
    if !path.starts_with('/') {
        return Err(format!("probe.path is {path:?}, wanted one from /"));
    }
    if let Some(unknown) = table.path.names().find(|name| !["seed", "run"].contains(name)) {
        return Err(format!("nothing is called {unknown:?} here; known: run, seed"));
    }
    let value = match (table.pointer, table.one_of) {
        (None, None) => None,
        (Some(pointer), Some(values)) if !values.is_empty() => {
            check_pointer(&pointer, "probe.pointer")?;
            Some((pointer, values))
        }
        _ => return Err("probe.pointer and probe.one_of belong together".to_owned()),
    };
    if table.status.is_empty() {
        return Err("probe.status is empty, wanted at least one status".to_owned());
    }
    Ok(How::Probe {
        role: table.node,
        method: table.method.as_str(),
        path: table.path,
        statuses: table.status,
        value,
    })
}
