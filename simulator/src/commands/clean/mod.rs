//! `seam clean`: removes what runs have left behind.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::HumanBytes;

use super::output;
use crate::{
    backend::{
        kept::{Found, Unused, data_in, runs_in},
        remove_leftovers,
    },
    exit, search,
};

/// Remove what runs have left behind.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Without options it removes the folders of all runs that are over. Nothing that is up, and no \
    data in use, is ever removed. It looks into .seam here and above up to the root of the workspace, and into that \
    of `topologies`."
)]
pub(crate) struct CleanArgs {
    /// Remove data that outlives runs too, all of it
    #[arg(long, conflicts_with = "data")]
    all: bool,
    /// Remove this data that outlives runs, and no run; may be repeated
    #[arg(long, value_name = "NAME")]
    data: Vec<String>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs `seam clean` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: CleanArgs) -> u8 {
    let cleaned = attempt(&args);
    let in_containers = match args.dry_run {
        true => Vec::new(),
        // After the folders: what a run has in containers goes with its folder.
        false => remove_leftovers().await,
    };
    for run in in_containers {
        output::note(&format!("run {run} has nothing in containers any more"));
    }
    match cleaned {
        Ok(code) => code,
        Err(error) => output::could_not_run("clean", &error),
    }
}

/// Folders that are to go, and what they are.
struct Kind {
    name: &'static str,
    found: Found,
}

fn attempt(args: &CleanArgs) -> Result<u8, String> {
    let here = std::env::current_dir().map_err(|error| format!("the current folder can't be told: {error}"))?;
    let places = search::run_places(&here);
    let mut kinds = Vec::new();
    if args.data.is_empty() {
        let found = collect(&places, "runs", runs_in)?;
        kinds.push(Kind { name: "run", found });
    }
    if args.all || !args.data.is_empty() {
        let mut found = collect(&places, "data", data_in)?;
        if !args.all {
            choose(&mut found, &args.data)?;
        }
        kinds.push(Kind { name: "data", found });
    }
    remove(kinds, args.dry_run)
}

/// All folders of one kind, in every place.
fn collect(places: &[PathBuf], within: &str, look: impl Fn(&Path) -> std::io::Result<Found>) -> Result<Found, String> {
    let mut all = Found::default();
    for place in places {
        let folder = place.join(within);
        let found = look(&folder).map_err(|error| format!("{} can't be read: {error}", folder.display()))?;
        all.unused.extend(found.unused);
        all.used.extend(found.used);
    }
    Ok(all)
}

/// Leaves the data of these names.
fn choose(found: &mut Found, names: &[String]) -> Result<(), String> {
    for name in names {
        if found.used.contains(name) {
            return Err(format!(
                "data '{name}' is in use by a run; take that one down first; nothing was removed"
            ));
        }
        if !found.unused.iter().any(|data| data.name == *name) {
            let mut known: Vec<&str> = found.unused.iter().map(|data| data.name.as_str()).collect();
            known.extend(found.used.iter().map(String::as_str));
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            return Err(format!(
                "there is no data '{name}' here; known are {known}; nothing was removed"
            ));
        }
    }
    found.unused.retain(|data| names.contains(&data.name));
    found.used.clear();
    Ok(())
}

/// Removes them, one line for each, and says what that freed.
fn remove(kinds: Vec<Kind>, dry_run: bool) -> Result<u8, String> {
    let (mut counts, mut freed, mut failed) = (Vec::new(), 0, false);
    for Kind { name: kind, found } in kinds {
        let mut count = 0;
        for folder in found.unused {
            let Unused { name, bytes, .. } = &folder;
            let line = format!("{kind} {name}: {}", HumanBytes(*bytes));
            let gone = if dry_run { Ok(*bytes) } else { folder.remove() };
            match gone {
                Ok(bytes) => {
                    (count, freed) = (count + 1, freed + bytes);
                    output::print_line(&line)?;
                }
                Err(error) => {
                    failed = true;
                    output::complain("clean", &error);
                }
            }
        }
        for name in &found.used {
            output::note(&format!("{kind} {name} is in use and stays"));
        }
        counts.push(match (kind, count) {
            ("run", 1) => "1 run".to_owned(),
            ("run", _) => format!("{count} runs"),
            _ => format!("{count} of data"),
        });
    }
    let done = if dry_run { "would remove" } else { "removed" };
    output::print_line(&format!("{done} {}: {}", counts.join(" and "), HumanBytes(freed)))?;
    Ok(if failed { exit::COULD_NOT_RUN } else { exit::PASS })
}
