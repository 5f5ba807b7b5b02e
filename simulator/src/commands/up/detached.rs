//! `seam up --detach`: another `seam up` in a session of its own, and the wait until it is ready.

use std::{
    env,
    fs::{self, File},
    io::{Read, Seek},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    backend::runs_of,
    commands::{live::Live, output},
    exit,
    topology::Topology,
};

/// Pause between two looks at the other process.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Starts `seam up` again, with the same arguments but for `--detach`, and returns its exit code if it does not come
/// up, or 0 when every node is ready.
///
/// # Errors
/// When it can't be started.
pub(super) async fn start(topology: &Topology) -> Result<u8, String> {
    let runs = runs_of(topology);
    let failed = |error: std::io::Error| format!("seam up can't be started: {error}");
    fs::create_dir_all(&runs).map_err(failed)?;
    let said = runs.join(format!(".said-{}", std::process::id()));
    let stderr = File::options()
        .create_new(true)
        .read(true)
        .append(true)
        .open(&said)
        .map_err(failed)?;
    // Gone by its name, it is there as long as somebody has it open.
    fs::remove_file(&said).map_err(failed)?;
    let mut heard = stderr.try_clone().map_err(failed)?;
    let program = env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    command.args(env::args_os().skip(1)).env(super::KEPT_UP, "1");
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .map_err(failed)?;
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            let mut text = String::new();
            let _ = heard.rewind().and_then(|()| heard.read_to_string(&mut text));
            output::note(text.trim_end());
            return Ok(status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(exit::COULD_NOT_RUN));
        }
        if let Some(run) = run_of(&runs, child.id()) {
            output::print(&super::lines::of_state(&run.state.nodes))?;
            output::note(&format!(
                "{} is up; `seam down` stops it, `seam logs -f` shows its logs, `seam ps` its nodes",
                run.state.topology
            ));
            return Ok(exit::PASS);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn run_of(runs: &PathBuf, pid: u32) -> Option<Live> {
    let entries = fs::read_dir(runs).ok()?.flatten();
    let mut live = entries.filter_map(|entry| Live::in_folder(entry.path()));
    live.find(|run| run.state.pid == pid)
}
