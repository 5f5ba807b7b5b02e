//! `seam launch`: the dark launches of a running process, shown and turned. It speaks to their API for operators
//! (`seam::launch::Admin`), and knows no module.

mod client;
mod text;

use std::fmt;

use clap::{Args, Subcommand};
use seam::launch::{Dial, Lane, Position, Stage};

pub(crate) use client::{Client, Failure, Place};

use super::output;
use crate::exit;

/// Arguments of `seam launch`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "SEAM_ADMIN_TOKEN holds the token of the operators.\n\
        Exit codes: 0 done, 1 refused by the launch, which stays as it is, 2 could not run.")]
pub(crate) struct LaunchArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Show stages, dials, counts, mismatches and the gate's decision
    Status(StatusArgs),
    /// Turn a launch: seam launch set payments --reads shadow --shadowed 5%
    Set(SetArgs),
}

#[derive(Clone, Debug, Args)]
struct StatusArgs {
    /// The base URL of the process, such as http://127.0.0.1:8080
    #[arg(value_name = "URL", env = "SEAM_LAUNCH_URL")]
    url: String,
    /// Print JSON instead of tables
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Args)]
struct SetArgs {
    /// The launch, which has the name of its module
    module: String,
    /// The stage of reads: off, dualwrite, shadow, live, rampdown or complete; the dials are then theirs
    #[arg(long, value_name = "STAGE")]
    reads: Option<Stage>,
    /// The stage of writes; the dials are then theirs
    #[arg(long, value_name = "STAGE")]
    writes: Option<Stage>,
    /// The share of the keys whose calls go to both sides, such as 5%; of the named of reads and writes
    #[arg(long, value_name = "SHARE")]
    shadowed: Option<Dial>,
    /// The share of the keys that the candidate answers in stage live; of the named of reads and writes
    #[arg(long, value_name = "SHARE")]
    served: Option<Dial>,
    /// The share of shadowed reads for which the side that answered is asked once more
    #[arg(long, value_name = "SHARE")]
    noise: Option<Dial>,
    /// Stop every call that only compares or only keeps a side current, also the queued ones
    #[arg(long, conflicts_with = "revive")]
    kill: bool,
    /// End what --kill began
    #[arg(long)]
    revive: bool,
    /// Print JSON instead of a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Runs `seam launch` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: LaunchArgs) -> u8 {
    let attempt = match args.command {
        Command::Status(args) => status(&args).await,
        Command::Set(args) => set(&args).await,
    };
    ended("launch", attempt.map(|text| (text, exit::PASS)))
}

/// Prints what an attempt came to, and returns its exit code.
pub(crate) fn ended(command: &str, attempt: Result<(String, u8), Failure>) -> u8 {
    match attempt {
        Ok((text, code)) => output::printed(command, output::print(&text), code),
        Err(Failure::Refused(reason)) => {
            output::complain(command, &reason);
            exit::FAIL
        }
        Err(Failure::CouldNotAsk(reason)) => output::could_not_run(command, &reason),
    }
}

async fn status(args: &StatusArgs) -> Result<String, Failure> {
    let all = Client::at(&args.url)?.all().await?;
    Ok(if args.json {
        json(&all)
    } else {
        text::of_all(&all, output::width())
    })
}

async fn set(args: &SetArgs) -> Result<String, Failure> {
    let client = args.place.client()?;
    let before = client.status(&args.module).await?;
    let position = turned(before.position, args)?;
    let after = client.turn(&before, position).await?;
    if args.json {
        return Ok(json(&after));
    }
    let [from, to] = [&before, &after].map(text::position);
    Ok(format!("{}: {to}\nbefore: {from}\n", after.name))
}

fn turned(mut position: Position, args: &SetArgs) -> Result<Position, Failure> {
    let has_dial = args.shadowed.is_some() || args.served.is_some();
    if has_dial && args.reads.is_none() && args.writes.is_none() {
        let wanted = "--shadowed and --served want --reads STAGE or --writes STAGE, or both, whose dials they are";
        return Err(Failure::CouldNotAsk(wanted.to_owned()));
    }
    let lane = |lane: &mut Lane, stage: Option<Stage>| {
        if let Some(stage) = stage {
            lane.stage = stage;
            lane.shadowed = args.shadowed.unwrap_or(lane.shadowed);
            lane.served = args.served.unwrap_or(lane.served);
        }
    };
    lane(&mut position.reads, args.reads);
    lane(&mut position.writes, args.writes);
    position.noise = args.noise.unwrap_or(position.noise);
    position.killed = (position.killed || args.kill) && !args.revive;
    Ok(position)
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    // Names and numbers, which always have a text.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) | Self::CouldNotAsk(reason) => f.write_str(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(reads: Option<Stage>, writes: Option<Stage>, shadowed: &str) -> SetArgs {
        SetArgs {
            module: "payments".to_owned(),
            reads,
            writes,
            shadowed: Some(shadowed.parse().unwrap()),
            served: None,
            noise: None,
            kill: false,
            revive: false,
            json: false,
            place: Place { url: None },
        }
    }

    #[test]
    fn dials_are_of_the_named_half_and_the_rest_stays() {
        let lane = |stage, shadowed: &str| Lane::new(stage, shadowed.parse().unwrap(), "1 %".parse().unwrap());
        let before = Position {
            reads: lane(Stage::Live, "10 %"),
            writes: lane(Stage::Shadow, "20 %"),
            ..Position::default()
        };
        let reads = turned(before, &args(Some(Stage::Shadow), None, "5%")).unwrap();
        assert_eq!((reads.reads, reads.writes), (lane(Stage::Shadow, "5 %"), before.writes));
        let both = turned(before, &args(Some(Stage::Live), Some(Stage::Live), "5%")).unwrap();
        assert_eq!(
            (both.reads, both.writes),
            (lane(Stage::Live, "5 %"), lane(Stage::Live, "5 %"))
        );
        let none = turned(before, &args(None, None, "5%")).unwrap_err().to_string();
        assert!(none.contains("--reads STAGE"), "{none}");
    }

    #[test]
    fn a_kill_stays_until_it_is_revived() {
        let killed = Position {
            killed: true,
            ..Position::default()
        };
        let mut args = args(Some(Stage::Off), None, "0%");
        assert!(turned(killed, &args).unwrap().killed);
        args.revive = true;
        assert!(!turned(killed, &args).unwrap().killed);
        (args.revive, args.kill) = (false, true);
        assert!(turned(Position::default(), &args).unwrap().killed);
    }
}
