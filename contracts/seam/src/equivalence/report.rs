use std::{collections::BTreeMap, fmt};

use super::{Cell, Rule};

/// What a suite that passed has shown.
#[derive(Clone, Debug)]
pub struct Report {
    /// The suite.
    pub suite: String,
    /// The subjects that agreed with the model, each on the first of so many drawn sequences.
    pub subjects: Vec<(String, u64)>,
    /// What every draw derives from.
    pub seed: u64,
    /// How many sequences were drawn.
    pub cases: u64,
    /// How many calls each had.
    pub calls: usize,
    /// How many saved sequences were run first.
    pub saved: usize,
    /// How often each reachable cell was met.
    pub cells: BTreeMap<Cell, u64>,
    /// Rules that never made a difference allowed: they can go. None if fewer cases were run than the suite has: too few to tell.
    pub unused_rules: Vec<Rule>,
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
        for rule in &self.unused_rules {
            write!(f, "\n  rule never applied: {rule}")?;
        }
        Ok(())
    }
}
