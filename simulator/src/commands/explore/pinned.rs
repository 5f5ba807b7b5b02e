use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use futures::future::join_all;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{
    ddmin::ddmin,
    outcome::join,
    site::{Ended, Ran, Site},
    tally::{Tally, many, some_of},
};
use crate::{
    commands::{output, run::files},
    scenario::{Failures, Pin, Scenario},
};

/// A scenario as it was written.
pub(super) struct Source {
    pub(super) scenario: Scenario,
    pub(super) text: String,
    pub(super) file: PathBuf,
}

/// A failing run as a scenario of its own.
#[derive(Debug, Serialize)]
pub(super) struct Pinned {
    /// None if it could not be written.
    pub(super) file: Option<PathBuf>,
    /// The command that runs it.
    pub(super) replay: Option<String>,
    /// The reason why it could not be written, which stands beside it in the result.
    #[serde(skip)]
    pub(super) not_written: Option<String>,
    /// Faults that are left, in words.
    pub(super) faults: Vec<String>,
    /// Faults that acted in the run that was found.
    pub(super) of_faults: usize,
    /// Journeys that are left; 0 if the workload is a program.
    pub(super) count: u64,
    pub(super) of_count: u64,
    /// Runs of the file, and those of them that failed in the same checks.
    #[serde(flatten)]
    pub(super) tally: Tally,
    /// Runs that the search took.
    pub(super) tried: u64,
    /// Those of them that could not run: a smaller scenario may have been passed over with them.
    pub(super) tried_in_vain: u64,
    /// False if it did not fail often enough to be shrunk.
    pub(super) failed_again: bool,
    /// True if the search was interrupted: it may not be the smallest one.
    pub(super) interrupted: bool,
}

/// The search for the smallest scenario that fails as one run did.
pub(super) struct Shrinker<'a> {
    pub(super) site: &'a Site,
    pub(super) source: &'a Source,
    pub(super) seed: u64,
    pub(super) cancel: &'a CancellationToken,
    /// The names that must fail again.
    wanted: BTreeSet<String>,
    tried: u64,
    tried_in_vain: u64,
}

/// A set of faults and a number of journeys.
#[derive(Clone, Debug)]
struct Candidate {
    faults: Vec<usize>,
    count: u64,
}

/// Checks that failed in one run, and whether each fault acted.
type Shown = (Failures, bool);

/// The search was interrupted.
struct Stopped;

impl Source {
    /// The file of a pinned scenario: beside the scenario, so that what it includes and runs is found.
    fn pinned_file(&self, seed: u64) -> PathBuf {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        self.file.with_file_name(format!("{stem}.pinned-{seed}.toml"))
    }

    /// Checks that a scenario can be written beside this one, before runs are spent on it.
    ///
    /// # Errors
    /// When it can't.
    pub(super) fn can_be_pinned(&self, seed: u64) -> Result<(), String> {
        let file = self.pinned_file(seed);
        files::try_out(&file).map_err(|error| {
            let lack = not_written_to(&file, &error);
            format!("{lack}; nothing was started: put the scenario where a file can be written beside it")
        })
    }
}

impl<'a> Shrinker<'a> {
    pub(super) fn new(site: &'a Site, source: &'a Source, seed: u64, cancel: &'a CancellationToken) -> Self {
        Self {
            site,
            source,
            seed,
            cancel,
            wanted: BTreeSet::new(),
            tried: 0,
            tried_in_vain: 0,
        }
    }

    /// Shrinks a run that failed, and writes the smallest scenario that was found, as far as the search came. `None` if
    /// it was interrupted before anything was known.
    ///
    /// # Errors
    /// When the scenario can't be pinned. One that can't be written says so itself.
    pub(super) async fn pin(mut self, ran: &Ran) -> Result<Option<Pinned>, String> {
        let scenario = &self.source.scenario;
        let plans = scenario.faults_of(self.seed).into_iter().enumerate();
        // One that was drawn and missed changed nothing.
        let acted = plans.filter(|(_, plan)| !plan.is_drawn() || ran.report.has_acted(plan.name()));
        let all = Candidate {
            faults: acted.map(|(number, _)| number).collect(),
            count: scenario.workload.count,
        };
        self.scenario_of(&all)?;
        self.wanted = Failures::of(&ran.report).names().clone();
        let Ok((wanted, again)) = self.confirm(&all).await else {
            return Ok(None);
        };
        if !again.has_failed() {
            return self.write(&all, &all, again, false).map(Some);
        }
        self.wanted = wanted;
        let mut best = (all.clone(), again);
        let interrupted = self.shrink(&mut best).await.is_err();
        self.write(&all, &best.0, best.1, interrupted).map(Some)
    }

    /// Runs the whole candidate again, and returns what failed twice of what failed first, if anything did.
    async fn confirm(&mut self, all: &Candidate) -> Result<(BTreeSet<String>, Tally), Stopped> {
        let mut tally = Tally::default();
        let (mut runs, mut same) = (Vec::new(), None);
        let label = format!("seed {}, again", self.seed);
        while !tally.is_settled() {
            let shown = self.some_runs(all, &mut tally, &label).await?;
            runs.extend(shown.iter().map(|(failures, _)| failures.names() & &self.wanted));
            same = tally.compare(&runs);
        }
        output::note(&format!("{label}: failed in {tally}"));
        Ok((same.unwrap_or_else(|| self.wanted.clone()), tally))
    }

    async fn shrink(&mut self, best: &mut (Candidate, Tally)) -> Result<(), Stopped> {
        let Candidate { faults, count } = best.0.clone();
        let left = ddmin(&faults, async |some: &[usize]| {
            let candidate = Candidate {
                faults: some.to_vec(),
                count,
            };
            self.fails(candidate, false, best).await
        });
        let faults = left.await?;
        let mut half = count / 2;
        while half > 0 {
            let candidate = Candidate {
                faults: faults.clone(),
                count: half,
            };
            if !self.fails(candidate, true, best).await? {
                break;
            }
            half /= 2;
        }
        Ok(())
    }

    /// True if a candidate fails as wanted, often enough; then it is the best so far. With `acting`, each of its faults
    /// must act too.
    async fn fails(
        &mut self,
        candidate: Candidate,
        acting: bool,
        best: &mut (Candidate, Tally),
    ) -> Result<bool, Stopped> {
        if self.scenario_of(&candidate).is_err() {
            // A fault that waits for one that is gone, or comes after the last journey.
            return Ok(false);
        }
        let faults = many(candidate.faults.len() as u64, "fault");
        let journeys = many(candidate.count, "journey");
        let label = format!("seed {}, with {faults} and {journeys}", self.seed);
        let mut tally = Tally::default();
        while !tally.is_settled() {
            for (failures, acted) in self.some_runs(&candidate, &mut tally, &label).await? {
                tally.failed += u32::from(failures.has(&self.wanted) && (acted || !acting));
            }
        }
        output::note(&format!("{label}: failed in {tally}"));
        let fails = tally.has_failed();
        if fails {
            *best = (candidate, tally);
        }
        Ok(fails)
    }

    /// Runs a candidate as often as is needed at least, side by side as far as is wanted, and returns what the runs
    /// showed that could run. One that could not is said and counted.
    async fn some_runs(
        &mut self,
        candidate: &Candidate,
        tally: &mut Tally,
        label: &str,
    ) -> Result<Vec<Shown>, Stopped> {
        let number = tally.needed().min(u32::from(self.site.args.jobs));
        self.tried += u64::from(number);
        // All of them, as one that is dropped would not be taken down in order.
        let runs = join_all((0..number).map(|_| self.run(candidate))).await;
        let mut shown = Vec::new();
        for run in runs {
            match run? {
                Ok(it) => shown.push(it),
                Err(reason) => {
                    output::note(&format!("{label}: could not run: {reason}"));
                    self.tried_in_vain += 1;
                    tally.could_not(reason);
                }
            }
            tally.runs += 1;
        }
        Ok(shown)
    }

    /// Runs a candidate once; the inner error is the reason why it could not run.
    async fn run(&self, candidate: &Candidate) -> Result<Result<Shown, String>, Stopped> {
        let scenario = match self.scenario_of(candidate) {
            Ok((_, scenario)) => scenario,
            Err(reason) => return Ok(Err(self.site.hidden(&reason))),
        };
        match self.site.run(&scenario, self.seed, None, self.cancel).await {
            Ended::Ran(ran) => {
                let acted = ran.report.faults.iter().all(|fault| fault.has_fired());
                Ok(Ok((Failures::of(&ran.report), acted)))
            }
            Ended::CouldNot(reason) => Ok(Err(reason)),
            Ended::Cancelled => Err(Stopped),
        }
    }

    /// The text of a candidate, and the scenario that it is: what is run is what is written.
    fn scenario_of(&self, candidate: &Candidate) -> Result<(String, Scenario), String> {
        let pin = Pin {
            seed: self.seed,
            faults: &candidate.faults,
            count: candidate.count,
        };
        let text = self.source.scenario.pinned(&self.source.text, pin)?;
        let file = self.source.pinned_file(self.seed);
        let scenario = Scenario::parse(&text, &file).map_err(|error| error.to_string())?;
        Ok((text, scenario))
    }

    fn write(&self, all: &Candidate, best: &Candidate, tally: Tally, interrupted: bool) -> Result<Pinned, String> {
        let (text, _) = self.scenario_of(best)?;
        let wanted = one_line(&self.site.hidden(&join(&self.wanted)));
        let name = &self.source.scenario.name;
        let comma = if tally.could_not_run == 0 { "" } else { "," };
        let head = format!(
            "# Pinned by `seam explore`: seed {} of {name:?}, which failed in {tally}{comma} of this file: {wanted}.\n",
            self.seed
        );
        let file = self.source.pinned_file(self.seed);
        let not_written = fs::write(&file, head + &text).err();
        let not_written = not_written.map(|error| not_written_to(&file, &error));
        let here = std::env::current_dir().unwrap_or_default();
        let shown = file.strip_prefix(&here).unwrap_or(&file);
        let plans = self.source.scenario.settled(self.seed);
        let kept = best.faults.iter().filter_map(|number| plans.get(*number));
        let named = shown.display().to_string();
        let (args, secrets) = (&self.site.args, self.site.topology.secrets());
        let replay = || args.run(&named, &self.site.named, None, secrets);
        let is_there = not_written.is_none();
        Ok(Pinned {
            replay: is_there.then(replay),
            file: is_there.then(|| shown.to_owned()),
            not_written,
            faults: kept.map(|plan| plan.words()).collect(),
            of_faults: all.faults.len(),
            count: best.count,
            of_count: all.count,
            tried: self.tried,
            tried_in_vain: self.tried_in_vain,
            failed_again: tally.has_failed(),
            tally,
            interrupted,
        })
    }
}

fn not_written_to(file: &Path, error: &io::Error) -> String {
    format!("the pinned scenario can't be written to {}: {error}", file.display())
}

/// A text in one line, as a comment of TOML must be: no other control character may stand there either.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

impl Pinned {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let tally = &self.tally;
        if self.failed_again {
            let journeys = match self.count {
                0 => String::new(),
                count => format!(" and {} to {count}", many(self.of_count, "journey")),
            };
            text += &format!(
                "\n    shrunk from {} to {}{journeys} in {}; it failed in {tally}{}",
                many(self.of_faults as u64, "fault"),
                self.faults.len(),
                some_of(self.tried, self.tried_in_vain),
                match (self.interrupted, self.tried_in_vain) {
                    (true, _) => "; interrupted, so smaller ones may fail too",
                    (false, 1..) => "; smaller ones may fail too, as not all could be tried",
                    (false, 0) => "",
                },
            );
        } else {
            let why = match &tally.trouble {
                Some(trouble) => format!(": {trouble}"),
                None => ", so it depends on more than these".to_owned(),
            };
            text += &format!("\n    not shrunk: with the same choices it failed again in {tally}{why}");
        }
        self.faults
            .iter()
            .for_each(|fault| text += &format!("\n        {fault}"));
        if let (Some(file), Some(replay)) = (&self.file, &self.replay) {
            text += &format!("\n    pinned in {}; replay with: {replay}", file.display());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_could_not_try_everything_says_so() {
        let tally = Tally {
            failed: 2,
            runs: 3,
            could_not_run: 1,
            trouble: Some("no shop today".to_owned()),
        };
        let pinned = Pinned {
            file: None,
            replay: None,
            not_written: None,
            faults: Vec::new(),
            of_faults: 2,
            count: 8,
            of_count: 16,
            tally,
            tried: 12,
            tried_in_vain: 5,
            failed_again: true,
            interrupted: false,
        };
        let wanted = "\n    shrunk from 2 faults to 0 and 16 journeys to 8 in 12 runs, of which 5 could not run; \
                      it failed in 2 of 3 runs, of which 1 could not run; \
                      smaller ones may fail too, as not all could be tried";
        assert_eq!(pinned.text(), wanted);
        let tried = Pinned {
            tally: Tally {
                runs: 2,
                could_not_run: 0,
                trouble: None,
                ..pinned.tally
            },
            tried_in_vain: 0,
            ..pinned
        };
        let wanted = "\n    shrunk from 2 faults to 0 and 16 journeys to 8 in 12 runs; it failed in 2 of 2 runs";
        assert_eq!(tried.text(), wanted);
    }

    #[test]
    fn a_comment_is_one_line_of_toml_whatever_is_in_it() {
        let odd: String = (0..=0x9f).filter_map(char::from_u32).collect();
        let text = format!("# {}\nname = \"x\"\n", one_line(&odd));

        let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}: {text:?}"));
        assert_eq!(table.len(), 1, "{text:?}");
        assert!(text.contains("abc") && !text.contains('\u{1b}'), "{text:?}");
    }
}
