use std::{
    io::{self, Write},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Shortest time between two lines about trouble.
const PAUSE: Duration = Duration::from_secs(1);

/// Error numbers of a process, and of a machine, that is out of descriptors.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

/// Writes a line about trouble of the whole process to stderr, at most one a second.
pub(crate) fn complain(what: &str, error: &io::Error) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.is_none_or(|last| last.elapsed() >= PAUSE) {
        *last = Some(Instant::now());
        // If stderr is closed, nobody is left to tell.
        let _ = writeln!(io::stderr(), "fault proxy: {what}: {error}");
    }
}

/// Tells if an error is for lack of descriptors.
pub(crate) fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(EMFILE | ENFILE))
}
