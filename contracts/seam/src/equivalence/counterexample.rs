use std::{fmt, path::PathBuf};

use super::execution::{Difference, What};

/// The shortest history found in which a subject differs from the model.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The name of the suite.
    pub suite: String,
    /// The name of the subject that differs.
    pub subject: String,
    /// The position and the kind of the difference.
    pub difference: Difference,
    /// The calls, with the replies of the model and all subjects.
    pub history: Vec<Exchange>,
    /// The origin of the history.
    pub origin: Origin,
    /// The command that replays it.
    pub replay: String,
    /// The file that the history was saved to, if the suite saves any.
    pub saved: Option<PathBuf>,
}

/// One call of a history.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The name of the method.
    pub method: &'static str,
    /// The arguments, as JSON.
    pub arguments: String,
    /// The model's reply, as JSON.
    pub expected: String,
    /// Each subject's name and its reply as JSON; `None` if it had stopped before.
    pub answers: Vec<(String, Option<String>)>,
}

/// The origin of a history.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The suite generated it.
    Drawn {
        /// The seed of all draws.
        seed: u64,
        /// The number of the case, from 0.
        case: u64,
        /// The number of calls that it was generated with.
        calls: usize,
        /// The number of runs that shrinking took.
        runs: u32,
    },
    /// An earlier failure saved it in this file.
    Saved(PathBuf),
}

impl Counterexample {
    /// The number of generated cases that passed before it.
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
