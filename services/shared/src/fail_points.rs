//! Points at which a process ends at once, as after `kill -9`, so that a test can have it die just there. Compiled only
//! with the feature `fail-points`.
//!
//! [`fail_point!`](crate::fail_point) names a point; without the feature it is nothing. `SEAM_FAIL_POINT=NAME` arms one
//! for the process: it dies when it passes there first, or with `NAME:N` for the Nth time. If `SEAM_FAIL_POINT_FILE`
//! names a file, only passes while that file is there count, and only who removes it dies. So `seam run` arms a point
//! by making the file, at any moment, and knows a death there from any other by its absence; a process that is started
//! again goes on.
//!
//! These are fifty lines instead of the crate `fail`, whose actions are panics, pauses and early returns. A panic is
//! caught by tasks and answers, so that it would try another thing than a crash.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

const POINT: &str = "SEAM_FAIL_POINT";
const FILE: &str = "SEAM_FAIL_POINT_FILE";

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

/// The point at which this process dies.
#[derive(Debug)]
struct Armed {
    name: String,
    nth: u64,
    passed: AtomicU64,
    /// Passes count while it is there; who removes it dies.
    file: Option<PathBuf>,
}

impl Armed {
    fn is_there(&self) -> bool {
        self.file.as_ref().is_none_or(|file| file.exists())
    }

    /// True for one process only, however many pass at once.
    fn is_mine(&self) -> bool {
        self.file.as_ref().is_none_or(|file| fs::remove_file(file).is_ok())
    }
}

/// Arms the point that the environment names. `points` are those of the program. The name of another program's point is
/// passed over, since one environment may be that of several; one that begins with `program` must be known.
///
/// # Errors
/// What was seen, what was wanted, and what to do.
pub(crate) fn arm(program: &str, points: &[&str]) -> Result<(), String> {
    let armed = match env::var(POINT) {
        Ok(text) => Some(parse(&text)?),
        Err(_) => None,
    };
    if let Some(armed) = &armed
        && armed.name.split('.').next() == Some(program)
        && !points.contains(&armed.name.as_str())
    {
        let name = &armed.name;
        return Err(format!(
            "{POINT} is {name:?}, which is no fail point; {program} --fail-points lists all"
        ));
    }
    // A second program in one process does not arm another point.
    let _ = ARMED.set(armed);
    Ok(())
}

fn parse(text: &str) -> Result<Armed, String> {
    let (name, nth) = match text.split_once(':') {
        None => (text, Some(1)),
        Some((name, nth)) => (name, nth.parse().ok().filter(|nth| *nth > 0)),
    };
    match nth {
        Some(nth) if !name.is_empty() => Ok(Armed {
            name: name.to_owned(),
            nth,
            passed: AtomicU64::new(0),
            file: env::var_os(FILE).map(PathBuf::from),
        }),
        _ => Err(format!("{POINT} is {text:?}, wanted NAME or NAME:N with N from 1")),
    }
}

/// Passes a point, or dies there.
#[doc(hidden)]
pub fn pass(name: &str) {
    let Some(Some(armed)) = ARMED.get() else { return };
    if armed.name != name || !armed.is_there() {
        return;
    }
    if armed.passed.fetch_add(1, SeqCst) + 1 >= armed.nth && armed.is_mine() {
        // No destructor, no drain, no answer: the system closes what was open.
        process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_point_is_a_name_and_the_pass_at_which_it_kills() {
        let seen = |text| parse(text).map(|armed| (armed.name, armed.nth));
        assert_eq!(seen("orders.a"), Ok(("orders.a".to_owned(), 1)));
        assert_eq!(seen("orders.a:7"), Ok(("orders.a".to_owned(), 7)));
        for malformed in ["", ":1", "orders.a:", "orders.a:0", "orders.a:-1", "orders.a:x"] {
            let refusal = seen(malformed).unwrap_err();
            assert!(
                refusal.contains(&format!("{malformed:?}, wanted NAME or NAME:N")),
                "{refusal}"
            );
        }
    }
}
