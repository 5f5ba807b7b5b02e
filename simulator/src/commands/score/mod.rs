//! `seam score`: says which modules to take out of a process, and what makes a distributed monolith.

mod address;
mod file;
mod judge;
mod lint;
mod measured;
mod page;
mod process;
mod show;

use std::path::{Path, PathBuf};

use clap::Args;

use super::output;
use crate::{exit, search, topology::Topology};

use file::ScoreFile;
use judge::{Judgement, Verdict};
use process::Process;

/// Say which module to take out of a process, which to leave, and why.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every module has a verdict (with --lint: nothing was found), 1 --lint found something, \
    2 could not run, 3 a module was not measured (with --lint: there was nothing to look at).\n\
    The process at --url answers GET /meters, as every service on `shared` does; exercise it first."
)]
pub(crate) struct ScoreArgs {
    /// The ratings of the modules; by default score.toml in this folder or above, or beside the topologies
    file: Option<PathBuf>,
    /// The process in which the modules run now, such as http://127.0.0.1:8080; without it nothing is measured
    #[arg(long, value_name = "BASE")]
    url: Option<String>,
    /// Calls over HTTP by which the price of a hop is measured
    #[arg(long, value_name = "NUMBER", default_value_t = 200, requires = "url",
          value_parser = clap::value_parser!(u32).range(10..=100_000))]
    calls: u32,
    /// Look for what makes a distributed monolith, in a topology by name or path, or in the one that the file names
    #[arg(long, value_name = "TOPOLOGY", num_args = 0..=1)]
    #[expect(
        clippy::option_option,
        reason = "clap's form of an option whose value may be left out"
    )]
    lint: Option<Option<String>>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Also write the result as a page of HTML
    #[arg(long, value_name = "FILE", conflicts_with = "lint")]
    html: Option<PathBuf>,
}

/// Runs `seam score` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: ScoreArgs) -> u8 {
    let done = match &args.lint {
        Some(topology) => lint_all(&args, topology.as_deref()).await,
        None => score(&args).await,
    };
    done.unwrap_or_else(|error| output::could_not_run("score", &error))
}

async fn score(args: &ScoreArgs) -> Result<u8, String> {
    let file = find(args.file.as_deref())?.ok_or_else(|| {
        "there is no score.toml in this folder or above it, nor beside its topologies; write one, or name the file; \
         the guide is simulator/SCORE.md"
            .to_owned()
    })?;
    let file = ScoreFile::read(&file)?;
    let process = process(args).await?;
    let judgements: Vec<Judgement> = file
        .modules
        .iter()
        .map(|(name, module)| judge::judge(name, module, &file, process.as_ref()))
        .collect();
    if let Some(path) = &args.html {
        output::write(path, &page::page(&judgements, process.as_ref()))?;
    }
    let text = if args.json {
        format!("{:#}\n", show::json(&judgements, process.as_ref()))
    } else {
        show::text(&judgements, process.as_ref())
    };
    output::print(&text)?;
    let is_open = judgements.iter().any(|it| it.verdict == Verdict::Inconclusive);
    Ok(if is_open { exit::INCONCLUSIVE } else { exit::PASS })
}

async fn lint_all(args: &ScoreArgs, topology: Option<&str>) -> Result<u8, String> {
    let file = find(args.file.as_deref())?
        .map(|file| ScoreFile::read(&file))
        .transpose()?;
    let named = topology.map(str::to_owned).or_else(|| file.as_ref()?.topology.clone());
    let topology = named.map(|name| Topology::load(&name, &[]).map_err(|error| error.to_string()));
    let topology = topology.transpose()?;
    let process = process(args).await?;
    let figures = process.as_ref().map(|process| &process.figures);
    let result = lint::lint(topology.as_ref(), file.as_ref(), figures)?;
    output::print(&if args.json {
        format!("{:#}\n", result.json())
    } else {
        result.text()
    })?;
    Ok(result.code())
}

async fn process(args: &ScoreArgs) -> Result<Option<Process>, String> {
    match &args.url {
        Some(url) => Process::measure(url, args.calls).await.map(Some),
        None => Ok(None),
    }
}

/// The file that was named, or else the first of its name here, above, or beside the topologies.
fn find(named: Option<&Path>) -> Result<Option<PathBuf>, String> {
    if let Some(named) = named {
        return Ok(Some(named.to_owned()));
    }
    let here = std::env::current_dir().map_err(|error| format!("the current folder can't be told: {error}"))?;
    let root = search::workspace_root(&here).unwrap_or_else(|| here.clone());
    let above = here.ancestors().take_while(|folder| folder.starts_with(&root));
    let mut places = above.flat_map(|folder| ["", "topologies", "simulator/topologies"].map(|it| folder.join(it)));
    Ok(places.find_map(|place| Some(place.join("score.toml")).filter(|file| file.is_file())))
}
