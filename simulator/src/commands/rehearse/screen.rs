use std::sync::OnceLock;

use jiff::Timestamp;

use crate::{backend, commands::output, progress::Progress, rehearsal, scenario};

/// The progress of a rehearsal, as lines on stderr.
#[derive(Default)]
pub(super) struct Screen {
    began: OnceLock<Timestamp>,
}

impl Screen {
    /// The moment at which the first phase of the scenario began, by the wall clock.
    pub(super) fn began(&self) -> Timestamp {
        *self.began.get_or_init(Timestamp::now)
    }
}

impl Progress<scenario::Event> for Screen {
    fn report(&self, event: &scenario::Event) {
        match event {
            scenario::Event::Phase(_) => {
                self.began();
                output::note(&event.to_string());
            }
            scenario::Event::GivenUp(_) => output::note(&event.to_string()),
            // The walk tells of what it lays, and journeys have no number to come to.
            _ => {}
        }
    }
}

impl Progress<backend::Event> for Screen {
    fn report(&self, event: &backend::Event) {
        use backend::Event::{Building, Built, Pruned, Up};
        if matches!(event, Pruned { .. } | Building { .. } | Built { .. } | Up { .. }) {
            output::note(&event.to_string());
        }
    }
}

impl Progress<rehearsal::Event> for Screen {
    fn report(&self, event: &rehearsal::Event) {
        output::note(&event.to_string());
    }
}
