//! The `seam` command line.

use std::{ffi::OsString, future::Future, io};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::{Shell, generate};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{
    backend,
    commands::{
        check::{self, CheckArgs},
        clean::{self, CleanArgs},
        doctor::{self, DoctorArgs},
        explore::{self, ExploreArgs},
        handover::{self, HandoverArgs},
        init::{self, InitArgs},
        launch::{self, LaunchArgs},
        ledger::{
            self, CanIDeployArgs, CanIRollbackArgs, CanIUndeployArgs, DiffArgs, MatrixArgs, PublishArgs,
            RecordDeploymentArgs, RecordUndeploymentArgs,
        },
        live::{self, DownArgs, FaultArgs, LogsArgs, PsArgs, RestartArgs},
        mutate::{self, MutateArgs},
        output,
        provide::{self, ProvideArgs},
        proxy::{self, ProxyArgs},
        reconcile::{self, ReconcileArgs},
        rehearse::{self, RehearseArgs},
        run::{self, RunArgs},
        schema::{self, SchemaArgs},
        score::{self, ScoreArgs},
        up::{self, UpArgs},
        verify::{self, VerifyArgs},
    },
    exit,
};

/// Test the contracts between your services, and rehearse changes to them, on one machine.
#[derive(Debug, Parser)]
#[command(
    name = "seam",
    version,
    after_help = "Results go to stdout, progress to stderr.\n\
        Exit codes: 0 pass or yes, 1 fail or no, 2 could not run, 3 ran and proved nothing."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring a topology up and keep it up, with its addresses and live state, until Ctrl-C
    Up(UpArgs),
    /// List the topologies that are up, with their nodes
    Ps(PsArgs),
    /// Print the logs of a topology that is up
    Logs(LogsArgs),
    /// Kill a node of a topology that is up, and start it again
    Restart(RestartArgs),
    /// Lay, list and lift faults on the links of a topology that is up
    Fault(FaultArgs),
    /// Take a topology down that `seam up` keeps up
    Down(DownArgs),
    /// Run a scenario against a topology, and say the verdict
    Run(RunArgs),
    /// Take a module out of one node into another by a plan, while a scenario runs, and say the verdict
    Rehearse(Box<RehearseArgs>),
    /// Run a scenario from many seeds, and shrink a run that fails to the fewest faults that still fail
    Explore(ExploreArgs),
    /// Check topologies, scenarios and plans, and say everything that is wrong; nothing is started
    Check(CheckArgs),
    /// Write a first topology and scenario for a folder, from what it holds or from a compose file
    Init(InitArgs),
    /// Print the JSON Schema of topology, scenario or plan files, for editors
    Schema(SchemaArgs),
    /// Print completions for a shell
    #[command(after_help = "bash: source <(seam completions bash), in ~/.bashrc\n\
        zsh: seam completions zsh > \"${fpath[1]}/_seam\"\n\
        fish: seam completions fish > ~/.config/fish/completions/seam.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the reference of all keys of topology, scenario and plan files
    #[command(hide = true)]
    Reference,
    /// Remove what runs have left behind, and say what that frees
    Clean(CleanArgs),
    /// Verify providers against the pacts of their consumers, strictly
    Verify(Box<VerifyArgs>),
    /// Bring providers up for the verifier of any Pact tool, until Ctrl-C
    Provide(ProvideArgs),
    /// Serve proxies with faults, by Toxiproxy's API, until Ctrl-C
    Proxy(ProxyArgs),
    /// Say how strong pacts are, and what they leave unprotected
    Mutate(MutateArgs),
    /// Record which pacts a version of a consumer holds
    Publish(PublishArgs),
    /// Ask whether a version of a service may go to an environment
    CanIDeploy(CanIDeployArgs),
    /// Ask whether a version may be taken out of an environment
    CanIUndeploy(CanIUndeployArgs),
    /// Ask whether an environment may go back to a version that it had
    CanIRollback(CanIRollbackArgs),
    /// Record that a version went live
    RecordDeployment(RecordDeploymentArgs),
    /// Record that a version was taken out
    RecordUndeployment(RecordUndeploymentArgs),
    /// Show who is live and who is verified against whom
    Matrix(MatrixArgs),
    /// Say what changed in pacts and API documents, and which consumer that breaks
    Diff(DiffArgs),
    /// Say which module to take out of a process, which to leave, and why
    Score(ScoreArgs),
    /// Say what this machine has and lacks, and what to do about it
    Doctor(DoctorArgs),
    /// Show the dark launches of a running process, and turn their stages and dials
    Launch(LaunchArgs),
    /// List the writes that one side of a dark launch lacks, and repair them
    Reconcile(ReconcileArgs),
    /// Carry the rows of a module to another service while both are in use, and the duty to act with them
    Handover(HandoverArgs),
    /// Start a node when told to; `seam` calls this itself
    #[command(hide = true)]
    StartNode {
        /// The program and its arguments
        #[arg(last = true, required = true)]
        words: Vec<OsString>,
    },
    /// Kill the nodes that `seam` leaves behind; `seam` calls this itself
    #[command(hide = true)]
    Reap,
}

/// Reads the command line, runs the command, and returns the exit code, one of [`crate::exit`]. Results go to stdout,
/// everything else to stderr.
pub fn main() -> u8 {
    match Cli::try_parse_from(proxy::spelled(std::env::args_os())) {
        Ok(Cli { command }) => run_command(command),
        Err(told) => tell(&told),
    }
}

/// Prints what the parser has to say: help and version are results, anything else is wrong usage.
fn tell(told: &clap::Error) -> u8 {
    let text = told.render().to_string();
    if told.use_stderr() {
        output::note(text.trim_end());
        return exit::COULD_NOT_RUN;
    }
    output::printed("", output::print(&text), exit::PASS)
}

fn run_command(command: Command) -> u8 {
    match command {
        Command::Up(args) => wait_for(up::run(args)),
        Command::Ps(args) => live::ps(&args),
        Command::Logs(args) => wait_for(live::logs(args)),
        Command::Restart(args) => wait_for(live::restart(args)),
        Command::Fault(args) => wait_for(live::fault(args)),
        Command::Down(args) => wait_for(live::down(args)),
        Command::Run(args) => wait_for(run::run(args)),
        Command::Rehearse(args) => wait_for(rehearse::run(*args)),
        Command::Explore(args) => wait_for(explore::run(args)),
        Command::Check(args) => check::run(&args),
        Command::Clean(args) => wait_for(clean::run(args)),
        Command::Init(args) => init::run(&args),
        Command::Completions { shell } => completions(shell),
        Command::Schema(args) => schema::run(&args),
        Command::Reference => schema::reference(),
        Command::Verify(args) => wait_for(verify::run(*args)),
        Command::Provide(args) => wait_for(provide::run(args)),
        Command::Proxy(args) => wait_for(proxy::run(args)),
        Command::Mutate(args) => wait_for(mutate::run(args)),
        Command::Score(args) => wait_for(score::run(args)),
        Command::Doctor(args) => wait_for(doctor::run(args)),
        Command::Publish(args) => ledger::run(&args),
        Command::CanIDeploy(args) => ledger::run(&args),
        Command::CanIUndeploy(args) => ledger::run(&args),
        Command::CanIRollback(args) => ledger::run(&args),
        Command::RecordDeployment(args) => ledger::run(&args),
        Command::RecordUndeployment(args) => ledger::run(&args),
        Command::Matrix(args) => ledger::run(&args),
        Command::Diff(args) => ledger::run(&args),
        Command::Launch(args) => wait_for(launch::run(args)),
        Command::Reconcile(args) => wait_for(reconcile::run(args)),
        Command::Handover(args) => wait_for(handover::run(args)),
        Command::StartNode { words } => said("start-node", backend::launch(&words)),
        Command::Reap => said("reap", backend::reap()),
    }
}

/// Prints the completions of every command and option.
fn completions(shell: Shell) -> u8 {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "seam", &mut script);
    output::printed(
        "completions",
        output::print(&String::from_utf8_lossy(&script)),
        exit::PASS,
    )
}

fn wait_for(command: impl Future<Output = u8>) -> u8 {
    raise_open_files();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(command),
        Err(error) => output::could_not_run("", &format!("no runtime: {error}")),
    }
}

/// Raises the limit of open files as far as it goes: every proxied connection takes two, and the usual limit is low
/// for no reason but its age.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // Refused, it stays as it was, which may be enough.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    );
}

fn said(command: &str, result: io::Result<()>) -> u8 {
    match result {
        Ok(()) => exit::PASS,
        Err(error) => output::could_not_run(command, &error.to_string()),
    }
}
