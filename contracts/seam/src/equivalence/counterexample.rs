use std::{fmt, path::PathBuf};

use super::execution::{Difference, What};

/// The shortest history found in which a subject differs from the model.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The suite.
    pub suite: String,
    /// The subject that differs.
    pub subject: String,
    /// Where and how.
    pub difference: Difference,
    /// The calls, and what everybody answered.
    pub history: Vec<Exchange>,
    /// Where the history comes from.
    pub origin: Origin,
    /// The command that runs it again.
    pub replay: String,
    /// Where the history was saved.
    pub saved: Option<PathBuf>,
}

/// One call of a history.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The method.
    pub method: &'static str,
    /// The arguments, as JSON.
    pub arguments: String,
    /// What the model answers, as JSON.
    pub expected: String,
    /// What each subject answered, as JSON; none where it had stopped before.
    pub answers: Vec<(String, Option<String>)>,
}

/// Where a history comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// It was drawn.
    Drawn {
        /// What every draw derives from.
        seed: u64,
        /// Which sequence it was, from 0.
        case: u64,
        /// How many calls it had.
        calls: usize,
        /// How often it was run while it was made smaller.
        runs: u32,
    },
    /// It was saved when it failed before.
    Saved(PathBuf),
}

impl Counterexample {
    /// How many sequences passed before it.
    pub fn cases_before(&self) -> u64 {
        match self.origin {
            Origin::Drawn { case, .. } => case,
            Origin::Saved(_) => 0,
        }
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite, subject, .. } = self;
        let place = match self.difference.what {
            What::Effects(_) | What::EffectsUnknown(_) => "what it did".to_owned(),
            _ => format!("call {} of {}", self.difference.step + 1, self.history.len()),
        };
        writeln!(f, "{suite}: {subject:?} differs from the model in {place}\n")?;
        let wide = self.history.iter().flat_map(|exchange| &exchange.answers);
        let wide = wide
            .map(|(name, _)| name.chars().count())
            .fold("model".len(), usize::max);
        for (position, exchange) in self.history.iter().enumerate() {
            self.exchange(f, position, exchange, wide)?;
        }
        if self.difference.step >= self.history.len() {
            writeln!(f, "  X {}", self.difference.what)?;
        }
        self.trailer(f)
    }
}

impl Counterexample {
    fn exchange(&self, f: &mut fmt::Formatter<'_>, position: usize, exchange: &Exchange, wide: usize) -> fmt::Result {
        writeln!(f, "{:>3}  {} {}", position + 1, exchange.method, exchange.arguments)?;
        let differs = position == self.difference.step;
        let agree = exchange
            .answers
            .iter()
            .all(|(_, answer)| answer.as_ref() == Some(&exchange.expected));
        if agree && !differs {
            return writeln!(f, "       {:wide$}  {}", "all", exchange.expected);
        }
        writeln!(f, "       {:wide$}  {}", "model", exchange.expected)?;
        for (name, answer) in &exchange.answers {
            let here = differs && *name == self.subject;
            let mark = if here { 'X' } else { ' ' };
            let answer = answer.as_deref().unwrap_or("-");
            writeln!(f, "     {mark} {name:wide$}  {answer}")?;
            if here {
                writeln!(f, "       {:wide$}  ^ {}", "", self.difference.what)?;
            }
        }
        Ok(())
    }

    fn trailer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Drawn {
                seed,
                case,
                calls,
                runs,
            } => {
                let left = self.history.len();
                writeln!(
                    f,
                    "\nmade smaller from {calls} calls to {left} in {runs} runs; seed {seed}, case {case}"
                )?;
            }
            Origin::Saved(file) => writeln!(f, "\nsaved when it failed before: {}", file.display())?,
        }
        if let Some(file) = &self.saved {
            writeln!(
                f,
                "saved: {} (it runs first from now on; commit it with the fix)",
                file.display()
            )?;
        }
        write!(f, "replay: {}", self.replay)
    }
}
