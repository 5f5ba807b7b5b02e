//! Observations go to those who want each one.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::launch::{Observation, Refused};

/// A taker of observations. It is called from the task of the shadow call, so it should be quick. Its panics are logged
/// and go no further.
pub trait Observer: Send + Sync + fmt::Debug + 'static {
    /// Takes an observation.
    fn observe(&self, observation: &Observation);
}

pub(crate) fn told(observer: &dyn Observer, observation: &Observation) {
    if catch_unwind(AssertUnwindSafe(|| observer.observe(observation))).is_err() {
        tracing::error!(?observer, "an observer of a launch panicked");
    }
}

/// Observations as JSON lines in a file that never grows beyond a size.
///
/// A full file becomes the one that ends with `.1`, in place of the one before, so both together have at most twice the
/// size.
#[derive(Debug)]
pub struct JsonLines {
    file: PathBuf,
    most: u64,
    opened: Mutex<(File, u64)>,
}

impl JsonLines {
    /// Appends to the file, or creates it. `most` is in bytes.
    pub fn bounded(file: impl Into<PathBuf>, most: u64) -> Result<Self, Refused> {
        let file = file.into();
        let opened = append(&file).map_err(|error| Refused::io(file.display().to_string(), error))?;
        Ok(Self {
            file,
            most,
            opened: Mutex::new(opened),
        })
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let length = line.len() as u64;
        if opened.1 > 0 && opened.1.saturating_add(length) > self.most {
            let mut full = self.file.clone().into_os_string();
            full.push(".1");
            fs::rename(&self.file, full)?;
            *opened = append(&self.file)?;
        }
        opened.0.write_all(line)?;
        opened.1 += length;
        Ok(())
    }
}

fn append(file: &Path) -> io::Result<(File, u64)> {
    let opened = OpenOptions::new().create(true).append(true).open(file)?;
    let length = opened.metadata()?.len();
    Ok((opened, length))
}

impl Observer for JsonLines {
    fn observe(&self, observation: &Observation) {
        let line = serde_json::to_vec(observation)
            .map_err(io::Error::from)
            .and_then(|mut line| {
                line.push(b'\n');
                self.write(&line)
            });
        if let Err(error) = line {
            tracing::warn!(file = %self.file.display(), %error, "an observation of a launch is not written");
        }
    }
}
