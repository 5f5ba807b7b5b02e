use std::{
    fmt::Write,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use crate::{backend, commands::output, progress::Progress, scenario};

/// The progress of a run on stderr: a bar on a terminal, with the phase, the rate of journeys, errors and the faults
/// that stand; lines elsewhere.
pub(super) struct Screen {
    bar: ProgressBar,
    began: OnceLock<Timestamp>,
    now: Mutex<Now>,
}

/// Facts beside the bar.
#[derive(Default)]
struct Now {
    phase: Option<scenario::Phase>,
    begun: Option<Instant>,
    over: u64,
    errors: u64,
    faults: Vec<String>,
}

impl Now {
    /// The facts as one line.
    fn shown(&self) -> String {
        let phase = self.phase.map(|phase| phase.to_string()).unwrap_or_default();
        let mut shown = format!("{phase:9}");
        let took = self.begun.map(|begun| begun.elapsed().as_millis()).unwrap_or_default();
        if took > 0 && self.over > 0 {
            // Tenths of journeys in a second.
            let rate = u128::from(self.over) * 10_000 / took;
            let _ = write!(shown, " {}.{}/s", rate / 10, rate % 10);
        }
        if self.errors > 0 {
            let _ = write!(shown, ", {} errors", self.errors);
        }
        if !self.faults.is_empty() {
            let _ = write!(shown, ", {}", self.faults.join(" + "));
        }
        shown
    }
}

impl Screen {
    /// A screen without a bar.
    pub(super) fn new() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            began: OnceLock::new(),
            now: Mutex::default(),
        }
    }

    /// Shows a bar of `count` journeys.
    pub(super) fn begin(&mut self, count: u64) {
        self.bar = ProgressBar::new(count);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} journeys, {elapsed}") {
            self.bar.set_style(style);
        }
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// The moment at which the first phase of the run began, by the wall clock.
    pub(super) fn began(&self) -> Timestamp {
        *self.began.get_or_init(Timestamp::now)
    }

    fn line(&self, text: &str) {
        if self.bar.is_hidden() {
            output::note(text);
        } else {
            self.bar.println(text);
        }
    }
}

impl Progress<scenario::Event> for Screen {
    fn report(&self, event: &scenario::Event) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            scenario::Event::Phase(phase) => {
                self.began();
                now.phase = Some(*phase);
                now.begun.get_or_insert_with(Instant::now);
                if self.bar.is_hidden() {
                    output::note(&event.to_string());
                }
            }
            scenario::Event::Journeys { over, errors, .. } => {
                now.over = *over;
                now.errors = *errors;
                self.bar.set_position(*over);
            }
            scenario::Event::Laid(fault) => {
                now.faults.push(fault.name.clone());
                self.line(&event.to_string());
            }
            scenario::Event::Lifted(fault) => {
                now.faults.retain(|name| *name != fault.name);
                self.line(&event.to_string());
            }
            scenario::Event::GivenUp(_) | scenario::Event::Died { .. } => self.line(&event.to_string()),
        }
        self.bar.set_message(now.shown());
    }
}

impl Progress<backend::Event> for Screen {
    fn report(&self, event: &backend::Event) {
        use backend::Event::{Building, Built, Pruned, Up};
        // A line for each node would bury the rest.
        if matches!(event, Pruned { .. } | Building { .. } | Built { .. } | Up { .. }) {
            self.line(&event.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::{Fault, FaultKind, Target};

    #[test]
    fn the_bar_says_the_phase_the_rate_the_errors_and_the_faults_that_stand() {
        let screen = Screen::new();
        let fault = Fault {
            name: "slow bank".to_owned(),
            kind: FaultKind::Kill,
            target: Target::Node("bank".to_owned()),
            links: Vec::new(),
            point: None,
        };
        screen.report(&scenario::Event::Phase(scenario::Phase::Faults));
        screen.report(&scenario::Event::Laid(fault.clone()));
        let shown = || screen.now.lock().expect("nobody panicked").shown();
        assert_eq!(shown(), "faults   , slow bank");

        screen.now.lock().expect("nobody panicked").begun = Instant::now().checked_sub(Duration::from_secs(10));
        let journeys = scenario::Event::Journeys {
            over: 20,
            of: 40,
            failed: 1,
            requests: 90,
            errors: 3,
        };
        screen.report(&journeys);
        let line = shown();
        let rate = line.starts_with("faults    2.0/s") || line.starts_with("faults    1.9/s");
        assert!(rate && line.ends_with(", 3 errors, slow bank"), "{line}");
        screen.report(&scenario::Event::Lifted(fault));
        assert!(shown().ends_with(", 3 errors"), "{}", shown());
    }
}
