//! Processes that have left the group in which they were started, as `setsid` and daemons do.
//!
//! Most of them still have the id of the run in their environment. A program that shows a title in its place
//! (`redis-server`, PostgreSQL, nginx) or starts with an empty one has not. But `seam` is a subreaper where the system
//! has that: whoever loses its parent becomes its child, in a session that is not its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// Pause between two looks for the children that `seam` has adopted, for the case that it is killed.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Has processes become children of this one when they lose their parent.
pub(super) fn adopt() {
    // On systems without this, those that left their environment too are not found.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Children that a `seam` has adopted, with the moments of their start: the system gives numbers again.
#[derive(Clone, Debug)]
pub(super) struct Adopted {
    seam: i32,
    session: i32,
    known: Arc<Mutex<BTreeMap<i32, u64>>>,
}

/// Line of `/proc` about a process.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: i32,
    session: i32,
    /// In ticks of the system's clock.
    started: u64,
}

impl Adopted {
    /// Looks for the children of the `seam` with this number again and again, on a thread of its own, as long as that
    /// lives. None where there is no `/proc`.
    pub(super) fn watch(seam: Pid) -> Option<Self> {
        let seam = seam.as_raw_nonzero().get();
        let adopted = Self {
            seam,
            session: stat(seam)?.session,
            known: Arc::default(),
        };
        let watching = adopted.clone();
        thread::spawn(move || {
            while stat(seam).is_some_and(|seam| seam.session == watching.session) {
                watching.look();
                thread::park_timeout(LOOK_AGAIN);
            }
        });
        Some(adopted)
    }

    /// Kills all that were seen and all that they started. Looks again until there is no new one.
    pub(super) fn kill(&self) {
        loop {
            self.look();
            let known = std::mem::take(&mut *self.known.lock().unwrap_or_else(PoisonError::into_inner));
            let alive = known
                .into_iter()
                .filter(|(pid, started)| stat(*pid).is_some_and(|stat| stat.started == *started));
            let family = with_offspring(alive.map(|(pid, _)| pid).collect());
            if family.is_empty() {
                return;
            }
            for pid in family.into_iter().filter_map(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    fn look(&self) {
        let adopted = all().filter(|(_, stat)| stat.parent == self.seam && stat.session != self.session);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(adopted.map(|(pid, stat)| (pid, stat.started)));
    }
}

/// Kills the processes that have one of these variables in their environment. Looks again until there is no new one,
/// since a process may start another before it is killed.
pub(super) fn kill_marked(variables: &BTreeSet<String>) {
    let mut killed = BTreeSet::new();
    loop {
        let new: Vec<i32> = marked(variables).filter(|pid| killed.insert(*pid)).collect();
        if new.is_empty() {
            return;
        }
        for pid in new.into_iter().filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn marked(variables: &BTreeSet<String>) -> impl Iterator<Item = i32> {
    numbers().filter(|pid| {
        // One of somebody else can't be read.
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut seen = environment.split(|byte| *byte == 0);
        seen.any(|variable| std::str::from_utf8(variable).is_ok_and(|variable| variables.contains(variable)))
    })
}

fn with_offspring(mut family: BTreeSet<i32>) -> BTreeSet<i32> {
    loop {
        let before = family.len();
        let children: Vec<i32> = all()
            .filter(|(_, stat)| family.contains(&stat.parent))
            .map(|(pid, _)| pid)
            .collect();
        family.extend(children);
        if family.len() == before {
            return family;
        }
    }
}

fn all() -> impl Iterator<Item = (i32, Stat)> {
    numbers().filter_map(|pid| Some((pid, stat(pid)?)))
}

fn numbers() -> impl Iterator<Item = i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|process| process.file_name().to_str()?.parse().ok())
}

/// What is known of a process that has not ended.
fn stat(pid: i32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(line: &str) -> Option<Stat> {
    // A name may hold anything, brackets too.
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let has_ended = matches!(*fields.first()?, "Z" | "X");
    let stat = Stat {
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    };
    (!has_ended).then_some(stat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_proc_is_read_whatever_the_name_is_and_not_of_one_that_has_ended() {
        let line = |state: &str| {
            format!("7 (a ) b) {state} 3 7 5 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 99 1000 5 18446744073709551615")
        };
        let wanted = Stat {
            parent: 3,
            session: 5,
            started: 99,
        };
        assert_eq!(parse(&line("S")), Some(wanted));
        assert_eq!(parse(&line("Z")), None);
        assert_eq!(parse("7 (a) S 3"), None);
    }
}
