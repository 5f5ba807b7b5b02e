//! Commands that run in a container beside its program.

use futures::StreamExt;
use testcontainers::bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};

use super::{container::Control, engine::said};

/// Bytes of a command's output that are quoted.
const QUOTED: usize = 2_000;

/// Runs a command in a container to its end.
///
/// # Errors
/// When it does not end with status 0; the text says how it ended, and what it said.
pub(super) async fn run(control: &Control, words: &[String]) -> Result<(), String> {
    let docker = &control.docker;
    let cannot = |error| format!("it cannot be run: {}", said(&error));
    let options = CreateExecOptions {
        cmd: Some(words.to_vec()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..CreateExecOptions::default()
    };
    let made = docker.create_exec(&control.id, options).await.map_err(cannot)?;
    let started = docker
        .start_exec(&made.id, None::<StartExecOptions>)
        .await
        .map_err(cannot)?;
    let mut printed = Vec::new();
    if let StartExecResults::Attached { mut output, .. } = started {
        while let Some(Ok(piece)) = output.next().await {
            let room = QUOTED.saturating_sub(printed.len());
            printed.extend(piece.as_ref().iter().take(room));
        }
    }
    let inspected = docker.inspect_exec(&made.id).await.map_err(cannot)?;
    match inspected.exit_code {
        Some(0) => Ok(()),
        code => {
            let printed = String::from_utf8_lossy(&printed);
            let words: Vec<&str> = printed.split_whitespace().collect();
            let said = if words.is_empty() {
                "nothing".to_owned()
            } else {
                words.join(" ")
            };
            let ended = code.map_or_else(|| "no exit status".to_owned(), |code| format!("exit status {code}"));
            Err(format!("{ended}; it said: {said}"))
        }
    }
}
