use std::{fmt::Display, path::Path};

use crate::workspace::shown;

/// Breaches of one wall, and a count of everything that was examined for it.
#[derive(Default)]
pub(crate) struct Inspection {
    examined: usize,
    breaches: Vec<String>,
}

impl Inspection {
    /// Counts one thing that could have been a breach.
    pub(crate) fn examine(&mut self) {
        self.examined += 1;
    }

    /// Notes a breach at `line`, counted from 1.
    pub(crate) fn breach(&mut self, file: &Path, line: usize, problem: impl Display) {
        self.breaches.push(format!("  {}:{line}: {problem}", shown(file)));
    }

    /// Fails with every breach, or because nothing was examined: then the wall says nothing.
    #[track_caller]
    pub(crate) fn holds(self, examined: &str) {
        assert!(
            self.examined > 0,
            "no {examined} was examined, so nothing is proved; mend how this test finds them"
        );
        let Self {
            examined: count,
            breaches,
        } = self;
        assert!(
            breaches.is_empty(),
            "{} of {count} examined ({examined}) break this rule:\n{}",
            breaches.len(),
            breaches.join("\n")
        );
    }
}
