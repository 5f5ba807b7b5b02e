//! The equivalence suites for a given number of minutes: `just equivalence-long 60`.
//!
//! Each round has its own seed. A failure is printed at once and its sequence kept as a regression of the
//! equivalence suite; the rounds go on. Exit codes: 0 nothing found, 1 something found, 2 could not run.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant, SystemTime},
};

use indicatif::{ProgressBar, ProgressStyle};
use seam::equivalence::{Completion, Failure, Model, ReplyOf, Report, Suite};
use tempfile::TempDir;
use tests::equivalence::{
    Reach, Storage,
    suites::{self, CALLERS, heard_of_inventory, heard_of_notifications, heard_of_orders, heard_of_payments},
};

/// Path of the report, from the root of the workspace.
const REPORT: &str = "target/equivalence.md";

fn main() -> ExitCode {
    let minutes = std::env::args().nth(1).unwrap_or_else(|| "60".to_owned());
    let Some(time) = minutes
        .parse::<f64>()
        .ok()
        .and_then(|minutes| Duration::try_from_secs_f64(minutes * 60.0).ok())
    else {
        eprintln!("equivalence-long: {minutes:?} is no number of minutes; give one such as 60 or 0.5");
        return ExitCode::from(2);
    };
    let mut rounds = Rounds::begin();
    rounds.run(time);
    eprint!("{}", rounds.report());
    match rounds.leave_report() {
        Ok(()) if rounds.found.is_empty() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(1),
        Err(error) => {
            eprintln!("equivalence-long: {REPORT} can't be written: {error}");
            ExitCode::from(2)
        }
    }
}

struct Rounds {
    first_seed: u64,
    rounds: u64,
    cases: u64,
    calls: u64,
    histories: u64,
    begun: Instant,
    found: Vec<String>,
}

impl Rounds {
    fn begin() -> Self {
        // The only unseeded choice, and it is printed: every round can be repeated from its seed.
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            first_seed: since.as_secs(),
            rounds: 0,
            cases: 0,
            calls: 0,
            histories: 0,
            begun: Instant::now(),
            found: Vec::new(),
        }
    }

    fn run(&mut self, time: Duration) {
        let bar = ProgressBar::new(time.as_secs());
        let style = ProgressStyle::with_template("{bar:40} {elapsed}/{len}s {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        while self.begun.elapsed() < time {
            let seed = self.first_seed + self.rounds;
            bar.set_position(self.begun.elapsed().as_secs());
            bar.set_message(format!("seed {seed}, {} cases, {} found", self.cases, self.found.len()));
            self.alone(&bar, seed);
            self.at_once(&bar, seed);
            self.rounds += 1;
            // For a reader who stops the run early. If it can't be written, the last report says so.
            let _unwritten = self.leave_report();
        }
        bar.finish_and_clear();
    }

    /// Runs every suite with a single caller.
    fn alone(&mut self, bar: &ProgressBar, seed: u64) {
        let (sqlite, all) = (Storage::Sqlite, Reach::ALL);
        self.run_alone(bar, seed, "inventory", suites::inventory(&sqlite, &all));
        self.run_alone(bar, seed, "orders", suites::orders(&sqlite, &all));
        self.run_alone(bar, seed, "payments", suites::payments(&sqlite, &all));
        self.run_alone(bar, seed, "notifications", suites::notifications(&sqlite, &all));
    }

    /// Runs every suite with concurrent callers, named by the test that repeats it.
    fn at_once(&mut self, bar: &ProgressBar, seed: u64) {
        let (sqlite, some) = (Storage::Sqlite, [Reach::Direct, Reach::Tcp]);
        let inventory = suites::inventory_at_once(&sqlite, &some);
        self.run_at_once(bar, seed, "inventory_is_linearizable", inventory, heard_of_inventory);
        let orders = suites::orders_at_once(&sqlite, &some);
        self.run_at_once(bar, seed, "orders_is_linearizable", orders, heard_of_orders);
        let one_order = suites::one_order_at_once(&sqlite, &some);
        let test = "changes_of_one_order_at_once_are_linearizable";
        self.run_at_once(bar, seed, test, one_order, heard_of_orders);
        let payments = suites::payments_at_once(&sqlite, &some);
        self.run_at_once(bar, seed, "payments_is_linearizable", payments, heard_of_payments);
        let notifications = suites::notifications_at_once(&sqlite, &some);
        let test = "notifications_is_linearizable";
        self.run_at_once(bar, seed, test, notifications, heard_of_notifications);
    }

    fn run_alone<M: Model>(&mut self, bar: &ProgressBar, seed: u64, contract: &str, suite: Suite<M>) {
        // Empty for each run, or later rounds would find the first sequence again and again.
        let outcome = TempDir::new().map_err(|error| error.to_string()).map(|folder| {
            let outcome = suite.at_most(32).seed(seed).regressions(folder.path()).run();
            outcome.map_err(|failure| kept(failure, contract))
        });
        match outcome {
            Ok(Ok(Report { cases, calls, .. })) => {
                self.cases += cases;
                self.calls += cases * calls as u64;
            }
            Ok(Err(failure)) => self.note(bar, seed, &failure),
            Err(reason) => self
                .found
                .push(format!("seed {seed}: there is no folder for what is found: {reason}")),
        }
    }

    /// The order in which concurrent callers run is not drawn, so a failure may take several runs to occur
    /// again.
    fn run_at_once<M: Model>(
        &mut self,
        bar: &ProgressBar,
        seed: u64,
        test: &str,
        suite: Suite<M>,
        heard: fn(&ReplyOf<M>) -> Completion,
    ) where
        ReplyOf<M>: Sync,
    {
        match suite.seed(seed).run_concurrently(CALLERS, heard) {
            Ok(report) => self.histories += report.histories,
            Err(mut failure) => {
                if let Failure::NotLinearizable(counterexample) = &mut failure {
                    let case = counterexample.case;
                    counterexample.replay = format!(
                        "SEAM_SEED={seed} SEAM_CASE={case} cargo test -p tests --test equivalence \
                         -- --exact concurrency::{test}"
                    );
                }
                self.note(bar, seed, &failure);
            }
        }
    }

    fn note(&mut self, bar: &ProgressBar, seed: u64, failure: &Failure) {
        bar.println(failure.to_string());
        self.found.push(format!("seed {seed}: {failure}"));
    }

    fn report(&self) -> String {
        let Self {
            rounds,
            cases,
            calls,
            histories,
            ..
        } = self;
        let (first, last) = (self.first_seed, self.first_seed + rounds.saturating_sub(1));
        let seconds = self.begun.elapsed().as_secs();
        let mut text = format!(
            "# Equivalence\n\n{rounds} rounds in {seconds} s, seeds {first} to {last}: \
             {cases} cases, {calls} calls on each subject, \
             {histories} histories of {CALLERS} callers; {} found.\n",
            self.found.len()
        );
        for found in &self.found {
            let _ = write!(text, "\n```text\n{found}\n```\n");
        }
        text
    }

    fn leave_report(&self) -> std::io::Result<()> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(REPORT);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, self.report())
    }
}

/// Keeps the sequence with the regressions of the equivalence suite, and names the test that repeats it there.
fn kept(failure: Failure, contract: &str) -> Failure {
    let Failure::Different(mut found) = failure else {
        return failure;
    };
    let Some(file) = found.saved.take() else {
        return Failure::Different(found);
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("equivalence/regressions")
        .join(contract);
    let to = folder.join(file.file_name().unwrap_or_default());
    match fs::create_dir_all(&folder).and_then(|()| fs::copy(&file, &to)) {
        Ok(_) => {
            found.replay = format!(
                "SEAM_REPLAY={} cargo test -p tests --test equivalence -- --exact \
                 contracts::{contract}_behaves_as_its_model_however_it_is_reached",
                to.display()
            );
            found.saved = Some(to);
        }
        Err(error) => eprintln!("equivalence-long: {} can't be written: {error}", to.display()),
    }
    Failure::Different(found)
}
