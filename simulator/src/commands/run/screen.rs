use std::{sync::OnceLock, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use crate::{backend, commands::output, progress::Progress, scenario};

/// The progress of a run on stderr: a bar on a terminal, lines elsewhere.
pub(super) struct Screen {
    bar: ProgressBar,
    began: OnceLock<Timestamp>,
}

impl Screen {
    /// A screen without a bar.
    pub(super) fn new() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            began: OnceLock::new(),
        }
    }

    /// Shows a bar of `count` journeys.
    pub(super) fn begin(&mut self, count: u64) {
        self.bar = ProgressBar::new(count);
        if let Ok(style) = ProgressStyle::with_template("{msg:10} {wide_bar} {pos}/{len} journeys, {elapsed}") {
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
        match event {
            scenario::Event::Phase(phase) => {
                self.began();
                if self.bar.is_hidden() {
                    output::note(&event.to_string());
                }
                self.bar.set_message(phase.to_string());
            }
            scenario::Event::Journeys { over, .. } => self.bar.set_position(*over),
            scenario::Event::Laid(_) | scenario::Event::Lifted(_) => self.line(&event.to_string()),
        }
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
