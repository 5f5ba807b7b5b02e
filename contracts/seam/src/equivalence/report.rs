use std::{collections::BTreeMap, fmt};

use super::{Cell, Rule};

/// The evidence of a suite that passed.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the suite.
    pub suite: String,
    /// The subjects that agreed with the model, each with `n` if it ran on every `n`-th generated case.
    pub subjects: Vec<(String, u64)>,
    /// The seed of all draws.
    pub seed: u64,
    /// The number of generated cases.
    pub cases: u64,
    /// The number of calls in each.
    pub calls: usize,
    /// The number of saved sequences that ran first.
    pub saved: usize,
    /// The number of times that each reachable cell was met.
    pub cells: BTreeMap<Cell, u64>,
    /// The rules that never allowed a difference, and can go. Empty if fewer cases ran than the suite has: too
    /// few to tell.
    pub unused_rules: Vec<Rule>,
}

/// Cells that a report names because they were met least often.
const THINNEST: usize = 3;

impl Report {
    /// The cells that were met least often, the thinnest first, each with the number of times.
    fn thinnest(&self) -> String {
        let mut cells: Vec<(u64, &Cell)> = self.cells.iter().map(|(cell, times)| (*times, cell)).collect();
        cells.sort();
        let shown = cells.iter().take(THINNEST);
        let shown: Vec<String> = shown.map(|(times, cell)| format!("{times} x {cell}")).collect();
        shown.join(", ")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            suite, cases, calls, ..
        } = self;
        let shown = |(name, every): &(String, u64)| match every {
            1 => name.clone(),
            every => format!("{name} (1 case in {every})"),
        };
        let subjects: Vec<String> = self.subjects.iter().map(shown).collect();
        let met = self.cells.values().filter(|times| **times > 0).count();
        write!(
            f,
            "{suite}: {cases} cases of {calls} calls and {} saved, on {}; {met} of {} cells met; seed {}",
            self.saved,
            subjects.join(", "),
            self.cells.len(),
            self.seed
        )?;
        write!(f, "\n  met least often: {}", self.thinnest())?;
        for rule in &self.unused_rules {
            write!(f, "\n  rule never applied: {rule}")?;
        }
        Ok(())
    }
}
