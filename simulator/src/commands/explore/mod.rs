//! `seam explore`: runs a scenario from many seeds, and shrinks a run that fails to the fewest faults and journeys that
//! still fail, as a scenario of its own.

mod args;
mod ddmin;
mod outcome;
mod pinned;
mod site;
mod tally;

use std::{env, fs, future::ready, pin::pin, time::Duration};

use futures::{StreamExt, stream};
use seam::chance;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use args::ExploreArgs;
use outcome::{Drawn, Finding, Line, Outcome};
use pinned::{Shrinker, Source};
use site::{Ended, Ran, Site};

use super::{arguments::own_topology, check, output, session};
use crate::{
    backend::{self, Options},
    exit,
    interrupt::{Interrupt, Interrupted},
    progress::Lines,
    scenario::{Failures, Scenario, Verdict},
    search,
    topology::Topology,
};

/// Runs `seam explore` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: ExploreArgs) -> u8 {
    let whole = async { Exploration::of(args)?.run().await };
    match whole.await {
        Ok(code) => code,
        Err(error) => output::could_not_run("explore", &error),
    }
}

/// Everything that is known before anything is started.
struct Exploration {
    site: Site,
    source: Source,
    from: u64,
    /// The command that explores the same seeds again.
    again: String,
}

impl Exploration {
    fn of(args: ExploreArgs) -> Result<Self, String> {
        let here = env::current_dir().map_err(|error| format!("the current folder can't be told: {error}"))?;
        let file = search::find_from(&here, "scenarios", &args.scenario).map_err(|error| error.to_string())?;
        let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let scenario = Scenario::parse(&text, &file).map_err(|error| error.to_string())?;
        let named = match &args.name {
            Some(name) => name.clone(),
            None => own_topology(&scenario, &file, &here)?,
        };
        let topology = args.topology.load(&named)?;
        let mut misfits = check::misfits(&scenario, &topology, false);
        misfits.extend(not_alone(&topology, args.jobs));
        if !misfits.is_empty() {
            return Err(misfits.join("\n"));
        }
        let from = args.from.unwrap_or_else(|| chance::below(1_000_000));
        let source = Source { scenario, text, file };
        source.can_be_pinned(from)?;
        let again = args.again(from, &named, topology.secrets());
        let options = Options {
            fail_points: check::fail_points(&source.scenario, &topology)?,
            ..args.topology.options()
        };
        Ok(Self {
            site: Site {
                args,
                topology,
                named,
                options,
            },
            source,
            from,
            again,
        })
    }

    async fn run(mut self) -> Result<u8, String> {
        let mut interrupt = session::interrupt()?;
        self.say(&self.frame())?;
        let built = backend::build(&self.site.topology, &self.site.options, &Lines);
        let built = interrupt.or(built).await;
        let built = built.map_err(|Interrupted| "interrupted; nothing is left running")?;
        self.site.options = Options {
            built: Some(built.map_err(|error| error.to_string())?),
            ..self.site.options
        };
        let stop = CancellationToken::new();
        let outcome = until_interrupted(self.whole(&stop), &stop, &mut interrupt).await?;
        self.conclude(&outcome)
    }

    /// All runs, and the search for the smallest one of each failure.
    async fn whole(&self, stop: &CancellationToken) -> Result<Outcome, String> {
        let mut outcome = self.nothing_yet();
        let mut found = Vec::new();
        self.all_runs(&mut outcome, &mut found, stop).await?;
        for (finding, ran) in &mut found {
            if !stop.is_cancelled() {
                let shrinker = Shrinker::new(&self.site, &self.source, finding.seed, stop);
                finding.pin(shrinker.pin(ran).await);
            }
        }
        outcome.interrupted = stop.is_cancelled();
        outcome.findings = found.into_iter().map(|(finding, _)| finding).collect();
        outcome.judge();
        Ok(outcome)
    }

    /// Runs one seed after the other, some side by side, until there are enough, time is up, or one fails.
    async fn all_runs(
        &self,
        outcome: &mut Outcome,
        found: &mut Vec<(Finding, Ran)>,
        stop: &CancellationToken,
    ) -> Result<(), String> {
        let args = &self.site.args;
        let (halt, begun) = (stop.child_token(), Instant::now());
        let last = args.runs().map(|runs| self.from.saturating_add(runs));
        let is_open = |seed: &u64| {
            let in_time = args.time.is_none_or(|time| begun.elapsed() < time);
            ready(in_time && !halt.is_cancelled() && last.is_none_or(|last| *seed < last))
        };
        let one = async |seed: u64| {
            let replay = args.run(
                &args.scenario,
                &self.site.named,
                Some(seed),
                self.site.topology.secrets(),
            );
            let ended = self.site.run(&self.source.scenario, seed, Some(&replay), &halt);
            (seed, ended.await)
        };
        let runs = stream::iter(self.from..).take_while(is_open).map(one);
        let mut runs = pin!(runs.buffer_unordered(usize::from(args.jobs)));
        let mut said = Ok(());
        while let Some((seed, ended)) = runs.next().await {
            let line = match ended {
                Ended::Cancelled => continue,
                Ended::CouldNot(reason) => {
                    outcome.could_not_run += 1;
                    Line::could_not_run(seed, reason)
                }
                Ended::Ran(ran) => self.count(*ran, seed, outcome, found),
            };
            outcome.runs_per_minute = per_minute(outcome, begun.elapsed());
            said = said.and(self.say(&self.site.hidden(&line.text())));
            let is_trouble = !matches!(line.verdict, Some(Verdict::Pass | Verdict::Inconclusive));
            outcome.runs.push(line);
            if said.is_err() || is_trouble && !args.all {
                halt.cancel();
            }
        }
        said
    }

    /// Counts a run, and remembers it if it fails in a way that is new.
    fn count(&self, mut ran: Ran, seed: u64, outcome: &mut Outcome, found: &mut Vec<(Finding, Ran)>) -> Line {
        let report = &ran.report;
        if let Some(reason) = &ran.no_report {
            output::note(&self.site.hidden(&format!("seed {seed}: {reason}")));
        }
        let line = Line::of(&self.source.scenario, seed, report, ran.took);
        for plan in self
            .source
            .scenario
            .faults_of(seed)
            .iter()
            .filter(|plan| plan.is_drawn())
        {
            let drawn = outcome.candidates.entry(plan.name().to_owned()).or_default();
            drawn.drawn += 1;
            drawn.acted += u64::from(report.has_acted(plan.name()));
        }
        match report.verdict {
            Verdict::Pass => outcome.passed += 1,
            Verdict::Inconclusive => outcome.inconclusive += 1,
            Verdict::Fail => {
                outcome.failed += 1;
                let failed = Failures::of(report).names().clone();
                match found.iter_mut().find(|(finding, _)| finding.failed == failed) {
                    Some((alike, _)) => alike.seeds_alike.push(seed),
                    None => {
                        let finding = Finding {
                            seed,
                            failed,
                            seeds_alike: Vec::new(),
                            folder: ran.kept.clone(),
                            no_report: ran.no_report.clone(),
                            held: ran.held.take(),
                            pinned: None,
                            not_pinned: None,
                        };
                        found.push((finding, ran));
                    }
                }
            }
        }
        line
    }

    fn nothing_yet(&self) -> Outcome {
        let candidates = self.source.scenario.candidates().iter();
        Outcome {
            scenario: self.source.scenario.name.clone(),
            topology: self.site.topology.name().to_owned(),
            replay: self.again.clone(),
            verdict: None,
            interrupted: false,
            passed: 0,
            failed: 0,
            inconclusive: 0,
            could_not_run: 0,
            runs_per_minute: 0.0,
            candidates: candidates
                .map(|plan| (plan.name().to_owned(), Drawn::default()))
                .collect(),
            runs: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn conclude(&self, outcome: &Outcome) -> Result<u8, String> {
        if self.site.args.json {
            let json = serde_json::to_string_pretty(outcome);
            let json = json.map_err(|error| format!("the result is no JSON: {error}"))?;
            output::print_line(&self.site.hidden(&json))?;
        } else {
            output::print_line(&self.site.hidden(&outcome.text(output::width())))?;
        }
        self.say(&self.frame())?;
        // Said last: what was found is printed all the same.
        let lost = outcome.findings.iter().find_map(|it| it.not_pinned.as_ref());
        if let Some(reason) = lost {
            return Err(self.site.hidden(reason));
        }
        Ok(match outcome.verdict {
            Some(Verdict::Pass) => exit::PASS,
            Some(Verdict::Fail) => exit::FAIL,
            Some(Verdict::Inconclusive) => exit::INCONCLUSIVE,
            None => exit::COULD_NOT_RUN,
        })
    }

    /// The first and the last line.
    fn frame(&self) -> String {
        format!("seeds from {}; explore them again with: {}", self.from, self.again)
    }

    /// Prints a line of the result, or beside it where the result is JSON.
    fn say(&self, line: &str) -> Result<(), String> {
        if self.site.args.json {
            output::note(line);
            return Ok(());
        }
        output::print_line(line).map(drop)
    }
}

/// The parts of a topology that keep its runs from being fresh, or from standing side by side.
fn not_alone(topology: &Topology, jobs: u16) -> Vec<String> {
    let nodes = topology.nodes().iter();
    let kept = nodes.clone().filter_map(|node| Some((&node.name, node.data.as_ref()?)));
    let kept = kept.map(|(node, data)| {
        format!(
            "node '{node}' has data = {data:?}, which outlives a run, and every run of an exploration needs fresh data"
        )
    });
    let fixed = nodes.filter(|node| jobs > 1 && !(node.fixed_ports.is_empty() && node.public_ports.is_empty()));
    let fixed = fixed.map(|node| {
        format!(
            "node '{}' has a port of its own number, so its runs can't stand side by side; give --jobs 1",
            node.name
        )
    });
    kept.chain(fixed).collect()
}

/// The result of some work, which is asked to end by `stop` at the first signal, and is dropped at the second.
async fn until_interrupted<T>(
    work: impl Future<Output = Result<T, String>>,
    stop: &CancellationToken,
    interrupt: &mut Interrupt,
) -> Result<T, String> {
    let mut work = pin!(work);
    match interrupt.or(&mut work).await {
        Ok(done) => done,
        Err(Interrupted) => {
            output::note("interrupted: taking down what runs; once more to kill it");
            stop.cancel();
            let done = interrupt.or(work).await;
            done.unwrap_or_else(|Interrupted| Err("interrupted twice; everything that it started is killed".to_owned()))
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 runs")]
fn per_minute(outcome: &Outcome, took: Duration) -> f64 {
    let runs = outcome.passed + outcome.failed + outcome.inconclusive + outcome.could_not_run;
    runs as f64 * 60.0 / took.as_secs_f64().max(0.001)
}
