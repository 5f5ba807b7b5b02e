//! `seam handover`: the rows of a module, carried from one service to another while both are in use, and the duty to
//! act with them. It speaks the contract `seam::handover`, and knows no module.

mod text;

use std::{env, sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use seam::{
    Contract,
    handover::{
        CopyError, CopyReport, Copying, Duty, HANDOVER_BODY, Handover, HandoverClient, HandoverError, SetReport, switch,
    },
    http::{Socket, SocketLimits},
    time::Instant,
};
use serde_json::json;

use super::output;
use crate::exit;

/// Variable that holds the token of the operators of both services. No argument does: others on the machine see those.
const TOKEN: &str = "SEAM_ADMIN_TOKEN";

/// Time between two lines of progress.
const SPOKEN_EVERY: Duration = Duration::from_secs(2);

/// Arguments of `seam handover`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "SEAM_ADMIN_TOKEN holds the token of the operators, ADMIN_TOKEN of both services.\n\
        Exit codes: 0 both sides have the same, or the duty was moved; 1 they differ, or it was not; 2 could not run; \
        3 there is nothing to compare."
)]
pub(crate) struct HandoverArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Copy what the receiving side lacks (a backfill), and prove by count and digest that both have the same
    Copy {
        #[command(flatten)]
        args: CopyArgs,
        /// Copy again and again with this pause, until Ctrl-C: keeps the receiving side current
        #[arg(long, value_name = "PAUSE", value_parser = pause)]
        every: Option<Duration>,
    },
    /// Say which side acts, what each one lacks of the other, and what keeps them from a handover
    Status(Sides),
    /// Copy, then let the giving side end to act and the receiving one begin; the way back is the same with the sides
    /// exchanged
    Switch(CopyArgs),
}

#[derive(Clone, Debug, Args)]
struct Sides {
    /// The module whose rows are meant
    module: String,
    /// The base URL of the giving service, such as http://127.0.0.1:8080
    #[arg(long, value_name = "URL")]
    from: String,
    /// The base URL of the receiving service
    #[arg(long, value_name = "URL")]
    to: String,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Args)]
struct CopyArgs {
    #[command(flatten)]
    sides: Sides,
    /// Number of aggregates that are compared and carried at once, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    range: u32,
}

/// The two services, as their contract.
struct Pair {
    from: Arc<dyn Handover>,
    to: Arc<dyn Handover>,
}

/// Runs `seam handover` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: HandoverArgs) -> u8 {
    let attempt = match args.command {
        Command::Copy { args, every: None } => copied(&args).await,
        Command::Copy {
            args,
            every: Some(pause),
        } => kept_current(&args, pause).await,
        Command::Status(sides) => status(&sides).await,
        Command::Switch(args) => switched(&args).await,
    };
    match attempt {
        Ok((text, code)) => output::printed("handover", output::print(&text), code),
        Err(reason) => output::could_not_run("handover", &reason),
    }
}

impl Sides {
    fn pair(&self) -> Result<Pair, String> {
        if self.from == self.to {
            return Err(format!("{} is on both sides; name two services", self.from));
        }
        let token = env::var(TOKEN).ok().filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| format!("{TOKEN} is not set; it holds the token of the operators"))?;
        let client = |url: &str| {
            let limits = SocketLimits {
                body: HANDOVER_BODY,
                ..SocketLimits::default()
            };
            let socket = Socket::new(url, limits).map_err(|error| error.to_string())?;
            let client = HandoverClient::new(socket, &self.module, &token);
            let client = client.ok_or_else(|| {
                format!(
                    "{:?} is no name of a module, or {TOKEN} is no text for a header",
                    self.module
                )
            })?;
            Ok::<_, String>(<dyn Handover>::via(Arc::new(client)))
        };
        Ok(Pair {
            from: client(&self.from)?,
            to: client(&self.to)?,
        })
    }
}

async fn copied(args: &CopyArgs) -> Result<(String, u8), String> {
    let Pair { from, to } = args.sides.pair()?;
    let mut spoken = Instant::now();
    let progress = move |set: &SetReport| {
        if spoken.elapsed() >= SPOKEN_EVERY {
            spoken = Instant::now();
            output::note(&format!("seam handover: {set}"));
        }
    };
    let report = Copying::in_ranges_of(args.range).run(&*from, &*to, progress).await;
    let report = report.map_err(|error| named(&error, &args.sides))?;
    let text = if args.sides.json {
        json!({ "even": report.is_even(), "report": report }).to_string() + "\n"
    } else {
        text::of_copy(&report)
    };
    Ok((text, code_of(&report)))
}

/// Copies until Ctrl-C; the result is that of the last attempt. A side that is away for a while is only told of.
async fn kept_current(args: &CopyArgs, pause: Duration) -> Result<(String, u8), String> {
    let interrupted = tokio::signal::ctrl_c();
    let mut interrupted = std::pin::pin!(interrupted);
    let mut last = Ok(copied(args).await?);
    loop {
        tokio::select! {
            _ = &mut interrupted => return last,
            () = tokio::time::sleep(pause) => {}
        }
        tokio::select! {
            _ = &mut interrupted => return last,
            done = copied(args) => {
                match &done {
                    Ok((text, _)) if Ok(text) != last.as_ref().map(|(text, _)| text) => output::note(text.trim_end()),
                    Ok(_) => {}
                    Err(reason) => output::note(&format!("seam handover: {reason}; trying again")),
                }
                last = done;
            }
        }
    }
}

fn pause(text: &str) -> Result<Duration, String> {
    let pause = faults::parse_duration(text)?;
    if pause < Duration::from_millis(100) {
        return Err("wanted 100ms or more".to_owned());
    }
    Ok(pause)
}

/// The exit code of a copy.
fn code_of(report: &CopyReport) -> u8 {
    match (report.has_examined(), report.is_even()) {
        (false, _) => exit::INCONCLUSIVE,
        (true, true) => exit::PASS,
        (true, false) => exit::FAIL,
    }
}

async fn status(sides: &Sides) -> Result<(String, u8), String> {
    let Pair { from, to } = sides.pair()?;
    let from_failed = |error| named(&CopyError::From(error), sides);
    let to_failed = |error| named(&CopyError::To(error), sides);
    let obstacle = {
        let (ours, theirs) = (
            from.layout().await.map_err(from_failed)?,
            to.layout().await.map_err(to_failed)?,
        );
        ours.obstacle(&theirs)
    };
    let (ours, theirs) = (
        duty(from.duty().await).map_err(from_failed)?,
        duty(to.duty().await).map_err(to_failed)?,
    );
    let lag = match &obstacle {
        Some(_) => None,
        None => Some(
            Copying::default()
                .lag(&*from, &*to)
                .await
                .map_err(|error| named(&error, sides))?,
        ),
    };
    // A receiving side that never took part acts too, and a switch to it settles that.
    let is_well = match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours.acts != theirs.acts || (theirs.acts && theirs.epoch == 0),
        _ => true,
    };
    let text = if sides.json {
        json!({ "from": ours, "to": theirs, "lag": lag, "obstacle": obstacle }).to_string() + "\n"
    } else {
        let parts = [(sides.from.as_str(), ours), (sides.to.as_str(), theirs)];
        text::of_status(parts, obstacle.as_deref()) + &text::of_lag(sides, [ours, theirs], lag)
    };
    let code = if is_well && obstacle.is_none() {
        exit::PASS
    } else {
        exit::FAIL
    };
    Ok((text, code))
}

/// The duty of a side; `None` for a module in which nothing has to be done by one side alone.
fn duty(duty: Result<Duty, HandoverError>) -> Result<Option<Duty>, HandoverError> {
    match duty {
        Ok(duty) => Ok(Some(duty)),
        Err(HandoverError::NoDuty(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn switched(args: &CopyArgs) -> Result<(String, u8), String> {
    let Pair { from, to } = args.sides.pair()?;
    let done = switch(Copying::in_ranges_of(args.range), &*from, &*to).await;
    let done = done.map_err(|error| named(&error, &args.sides))?;
    let text = if args.sides.json {
        json!({ "acts": done.acts, "even": done.report.is_settled(), "report": done.report }).to_string() + "\n"
    } else {
        text::of_switch(&args.sides.module, &args.sides.to, &args.sides.from, &done)
    };
    let code = if done.acts.is_some() { exit::PASS } else { exit::FAIL };
    Ok((text, code))
}

/// The error, with the address of the side that failed.
fn named(error: &CopyError, sides: &Sides) -> String {
    match error {
        CopyError::Obstacle(_) | CopyError::NobodyActs(_) => error.to_string(),
        CopyError::From(_) => format!("{}: {error}", sides.from),
        CopyError::To(_) => format!("{}: {error}", sides.to),
    }
}
