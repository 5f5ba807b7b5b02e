//! A service as a process of its own.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Time for a service to listen.
const START: Duration = Duration::from_secs(30);

/// A service as a process of its own, which is killed when it is dropped.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
}

impl Service {
    /// Starts a binary of the workspace with its databases in the folder, and waits until it listens.
    pub(crate) async fn start(binary: &str, folder: &Path, settings: &[(&str, String)]) -> Self {
        Self::start_command(tests::binary(binary), binary, folder, settings).await
    }

    /// Starts a program in the same way; its files have this name.
    pub(crate) async fn start_command(
        mut command: Command,
        binary: &str,
        folder: &Path,
        settings: &[(&str, String)],
    ) -> Self {
        let file = folder.join(format!("{binary}.address"));
        let _ = fs::remove_file(&file);
        let log = fs::File::create(folder.join(format!("{binary}.log"))).unwrap();
        let mut child = command
            .env_clear()
            .env("ADDRESS_FILE", &file)
            .env("DATABASE_URL", format!("sqlite://{}/{{module}}.db", folder.display()))
            .envs(settings.iter().map(|(name, value)| (*name, value.as_str())))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        loop {
            if let Some(address) = fs::read_to_string(&file).ok().and_then(|text| text.parse().ok()) {
                return Self { child, address };
            }
            let log = || fs::read_to_string(folder.join(format!("{binary}.log"))).unwrap_or_default();
            if let Some(ended) = child.try_wait().unwrap() {
                panic!("{binary} ended with {ended}: {}", log());
            }
            if begun.elapsed() > START {
                let _ = child.kill();
                panic!("{binary} does not listen: {}", log());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Kills the process as by `kill -9`, and waits for its end.
    pub(crate) fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}
