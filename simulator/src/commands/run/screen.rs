use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    backend,
    scenario::{Phase, Progress},
};

/// Shows on stderr how a run goes: a bar on a terminal, lines elsewhere.
pub(crate) struct Screen {
    bar: ProgressBar,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self {
            bar: ProgressBar::hidden(),
        }
    }

    /// From now on journeys are under way.
    pub(crate) fn begin(&mut self, count: u64) {
        self.bar = ProgressBar::new(count);
        if let Ok(style) = ProgressStyle::with_template("{msg:10} {wide_bar} {pos}/{len} journeys, {elapsed}") {
            self.bar.set_style(style);
        }
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: &str) {
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }
}

impl Progress for Screen {
    fn phase(&self, phase: Phase) {
        if self.bar.is_hidden() {
            eprintln!("phase: {phase}");
        }
        self.bar.set_message(phase.to_string());
    }

    fn journeys(&self, over: u64, _: u64) {
        self.bar.set_position(over);
    }

    fn note(&self, text: &str) {
        self.line(text);
    }
}

impl backend::Progress for Screen {
    fn report(&self, event: &backend::Event) {
        use backend::Event::{Building, Built, Up};
        // A line for each node would bury the rest.
        if matches!(event, Building { .. } | Built { .. } | Up { .. }) {
            self.line(&event.to_string());
        }
    }
}
