//! `seam reconcile`: the writes that one side of a dark launch lacks, listed and repaired.

use std::time::Duration;

use clap::Args;
use seam::launch::{Lacking, Repaired};
use serde_json::json;
use tokio::time::sleep;

use super::{
    launch::{Client, Failure, Place, ended},
    output,
};
use crate::exit;

/// Time after which a write that is still on one side only is not just on its way: half again of the time that a launch
/// gives a side for a call.
const ON_ITS_WAY: Duration = Duration::from_millis(1_500);

/// Arguments of `seam reconcile`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "SEAM_ADMIN_TOKEN holds the token of the operators.\n\
        Exit codes: 0 both sides have every write, 1 a side lacks writes, 2 could not run, 3 writes never go to both.")]
pub(crate) struct ReconcileArgs {
    /// The launch, which has the name of its module
    module: String,
    /// Give each side the writes that it lacks, in their order
    #[arg(long)]
    repair: bool,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Runs `seam reconcile` and returns the exit code, one of [`crate::exit`].
pub(crate) async fn run(args: ReconcileArgs) -> u8 {
    ended("reconcile", reconciled(&args).await)
}

async fn reconciled(args: &ReconcileArgs) -> Result<(String, u8), Failure> {
    let client = args.place.client()?;
    let status = client.status(&args.module).await?;
    if !status.isolated {
        output::note(&format!(
            "seam reconcile: {} is a launch of reads alone: writes never go to both sides, so nothing can be compared",
            args.module
        ));
        let text = if args.json {
            json!({ "repaired": null, "lacking": null }).to_string() + "\n"
        } else {
            String::new()
        };
        return Ok((text, exit::INCONCLUSIVE));
    }
    let (repaired, lacking) = if args.repair {
        let after = client.repair(&args.module).await?;
        (Some(after.repaired), after.lacking)
    } else {
        (None, client.lacking(&args.module).await?)
    };
    let lacking = still(&client, &args.module, lacking).await?;
    let code = if lacking.is_empty() { exit::PASS } else { exit::FAIL };
    let text = if args.json {
        json!({ "repaired": repaired, "lacking": lacking }).to_string() + "\n"
    } else {
        text(&args.module, repaired, &lacking)
    };
    Ok((text, code))
}

/// The writes that are lacking some time later too: calls go on, and a write is on one side only until the other has
/// it.
async fn still(client: &Client, module: &str, lacking: Vec<Lacking>) -> Result<Vec<Lacking>, Failure> {
    if lacking.is_empty() {
        return Ok(lacking);
    }
    sleep(ON_ITS_WAY).await;
    let now = client.lacking(module).await?;
    let is_there = |write: &Lacking| now.iter().any(|other| other.id == write.id);
    Ok(lacking.into_iter().filter(is_there).collect())
}

fn text(module: &str, repaired: Option<Repaired>, lacking: &[Lacking]) -> String {
    let mut text = String::new();
    if let Some(repaired) = repaired {
        text += &format!("{module}: {} writes were repaired\n", repaired.done);
    }
    if lacking.is_empty() {
        return text + &format!("{module}: both sides have every write\n");
    }
    text += &format!("{module}: {} writes are on one side only\n", lacking.len());
    let mut table = output::table(output::width());
    table.set_header(["method", "lacking at", "the other side", "id"]);
    for write in lacking {
        let other = if write.answered { "has it" } else { "gave no answer" };
        table.add_row([&write.method, write.side.name(), other, &write.id]);
    }
    text + &table.trim_fmt() + "\n"
}
