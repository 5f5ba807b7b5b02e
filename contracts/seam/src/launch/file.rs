//! A watched file as a source, its lock, and its memory.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    compare::{Day, Rule},
    launch::{
        Dial, Lane, Refused, Settings, Source, Stage, edit,
        lock::{beside, locked},
    },
};

/// The version of both files that this library reads.
const VERSION: u32 = 1;

/// Settings in a TOML file that people and programs edit while the launch runs.
///
/// ```toml
/// version = 1
/// launch = "payments"
///
/// [reads]
/// stage = "live"
/// shadowed = "100 %"
/// served = "2.5 %"
///
/// [writes]
/// stage = "shadow"
/// shadowed = "100 %"
///
/// [[rules]]
/// field = "created_at"
/// differs = "ignored" # or unordered, renamed, tolerance (by = 1), clock (resolution_micros = 1)
/// owner = "payments team"
/// reason = "each side has its own clock"
/// expires = 2027-01-31
/// ```
///
/// Also at the top: `killed = true`, `noise = "1 %"`, and `shown = ["total"]`, the fields that samples may show.
///
/// One launch at a time holds the file, by a lock on the file beside it that ends with `.lock`. The one that ends with
/// `.state` holds the stages that were in force last, so that none can be skipped over a restart; before it is there,
/// both are off. [`Launch::turn`](crate::launch::Launch::turn) writes stages and dials into the file, and leaves
/// comments, rules and everything else as they are.
#[derive(Debug)]
pub struct WatchedFile {
    file: PathBuf,
    launch: String,
    last: Mutex<Option<String>>,
    /// Held, never read: the system releases the lock when it is closed.
    _lock: File,
}

impl WatchedFile {
    /// Takes the file for the launch of that name. Refused while another launch, of this process or another, has it.
    pub fn open(file: impl Into<PathBuf>, launch: &str) -> Result<Self, Refused> {
        let file = file.into();
        let lock = locked(&file)?;
        Ok(Self {
            file,
            launch: launch.to_owned(),
            last: Mutex::new(None),
            _lock: lock,
        })
    }

    /// Takes the file as [`WatchedFile::open`] does, and first writes one in which everything is off if there is none.
    /// Refused if the launch has been under way with a file, which is then missing.
    pub fn open_or_off(file: impl Into<PathBuf>, launch: &str) -> Result<Self, Refused> {
        let opened = Self::open(file, launch)?;
        let is_missing = |file: &Path| matches!(fs::metadata(file), Err(error) if error.kind() == ErrorKind::NotFound);
        if is_missing(&opened.file) {
            if !is_missing(&opened.state()) {
                let problem = "is missing, but its state is beside it; restore it, or remove the state to begin again";
                return Err(Refused::file(&opened.file, problem));
            }
            let launch = toml::Value::from(launch);
            let text = format!("version = {VERSION}\nlaunch = {launch}\n\n[reads]\nstage = \"off\"\n");
            Self::replace(&opened.file, text.as_bytes())?;
        }
        Ok(opened)
    }

    /// Replaces a file by one of that text, all at once: a crash leaves the one or the other.
    fn replace(file: &Path, text: &[u8]) -> Result<(), Refused> {
        // A link stays one, and who may read the file stays as it is.
        let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let new = beside(&target, "new");
        let written = (|| {
            let mut opened = File::create(&new)?;
            opened.write_all(text)?;
            if let Ok(known) = fs::metadata(&target) {
                opened.set_permissions(known.permissions())?;
            }
            opened.sync_all()?;
            fs::rename(&new, &target)
        })();
        written.map_err(|error| {
            let _ = fs::remove_file(&new);
            Refused::file(
                file,
                format!("can't be written: {error}; the settings stay as they are"),
            )
        })
    }

    fn state(&self) -> PathBuf {
        beside(&self.file, "state")
    }

    fn parse(&self, text: &str) -> Result<Settings, Refused> {
        let refuse = |problem: String| Refused::file(&self.file, problem);
        let version: Versioned = toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
        wanted(version.version).map_err(refuse)?;
        let file: Written = toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
        if file.launch != self.launch {
            let (seen, own) = (&file.launch, &self.launch);
            return Err(refuse(format!(
                "it is for the launch {seen:?}, and this one is {own:?}; give each its own file"
            )));
        }
        let rules = file.rules.into_iter().map(WrittenRule::rule).collect::<Result<_, _>>();
        Ok(Settings {
            reads: file.reads,
            writes: file.writes,
            killed: file.killed,
            noise: file.noise,
            rules: rules.map_err(refuse)?,
            shown: file.shown,
        })
    }
}

impl Source for WatchedFile {
    fn read(&self) -> Result<Option<Settings>, Refused> {
        let text = fs::read_to_string(&self.file)
            .map_err(|error| Refused::file(&self.file, format!("can't be read: {error}")));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // A problem is told once, as settings are.
        let seen = text.clone().unwrap_or_else(|refused| refused.to_string());
        if last.as_ref() == Some(&seen) {
            return Ok(None);
        }
        *last = Some(seen);
        self.parse(&text?).map(Some)
    }

    fn last(&self) -> Result<Option<(Stage, Stage)>, Refused> {
        let file = self.state();
        let refuse = |problem: String| Refused::file(&file, problem);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Some((Stage::Off, Stage::Off))),
            Err(error) => return Err(refuse(format!("can't be read: {error}"))),
        };
        let damaged =
            |error: serde_json::Error| refuse(format!("{error}; restore it, or remove it to begin again from off"));
        let version: Versioned = serde_json::from_slice(&text).map_err(damaged)?;
        wanted(version.version).map_err(refuse)?;
        let state: State = serde_json::from_slice(&text).map_err(damaged)?;
        Ok(Some((state.reads, state.writes)))
    }

    fn remember(&self, settings: &Settings) -> Result<(), Refused> {
        let state = State {
            version: VERSION,
            reads: settings.reads.stage,
            writes: settings.writes.stage,
        };
        let file = self.state();
        let text = serde_json::to_vec(&state).map_err(|error| Refused::file(&file, error.to_string()))?;
        Self::replace(&file, &text)
    }

    fn write(&self, settings: &Settings) -> Result<(), Refused> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let text = fs::read_to_string(&self.file)
            .map_err(|error| Refused::file(&self.file, format!("can't be read: {error}")))?;
        if last.as_ref() != Some(&text) {
            return Err(Refused::file(
                &self.file,
                "was edited at this moment; look at the launch again",
            ));
        }
        let says_it = |text: &String| self.parse(text).is_ok_and(|read| read == *settings);
        let turned = edit::turned(&text, &settings.position()).into_iter().find(says_it);
        let turned = turned.ok_or_else(|| {
            let problem = "can't be changed in place; write [reads] and [writes] as tables with a line for each key";
            Refused::file(&self.file, problem)
        })?;
        Self::replace(&self.file, turned.as_bytes())?;
        *last = Some(turned);
        Ok(())
    }
}

fn wanted(version: u32) -> Result<(), String> {
    if version == VERSION {
        return Ok(());
    }
    Err(format!(
        "it has version {version}, and this library reads version {VERSION}; use the library that wrote it, \
         or write it again"
    ))
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    version: u32,
    reads: Stage,
    writes: Stage,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: u32,
    launch: String,
    #[serde(default)]
    killed: bool,
    #[serde(default)]
    noise: Dial,
    #[serde(default)]
    shown: Vec<String>,
    #[serde(default)]
    reads: Lane,
    #[serde(default)]
    writes: Lane,
    #[serde(default)]
    rules: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    field: String,
    differs: Differs,
    by: Option<f64>,
    resolution_micros: Option<u64>,
    owner: String,
    reason: String,
    expires: toml::value::Datetime,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Differs {
    Ignored,
    Unordered,
    Renamed,
    Tolerance,
    Clock,
}

impl WrittenRule {
    fn rule(self) -> Result<Rule, String> {
        let (field, owner, reason) = (self.field.as_str(), self.owner.as_str(), self.reason.as_str());
        let rule = match (self.differs, self.by, self.resolution_micros) {
            (Differs::Ignored, None, None) => Rule::ignored(field, owner, reason),
            (Differs::Unordered, None, None) => Rule::unordered(field, owner, reason),
            (Differs::Renamed, None, None) => Rule::renamed(field, owner, reason),
            (Differs::Tolerance, Some(by), None) if by > 0.0 => Rule::tolerance(field, by, owner, reason),
            (Differs::Clock, None, Some(micros)) => Rule::clock(field, Duration::from_micros(micros), owner, reason),
            _ => {
                return Err(format!(
                    "rule for {field:?}: \"tolerance\" wants `by`, a number above 0, \"clock\" wants \
                     `resolution_micros`, and the others want neither"
                ));
            }
        };
        let day = match (self.expires.date, self.expires.time) {
            (Some(date), None) => Day::new(date.year, date.month, date.day),
            _ => None,
        };
        let day = day.ok_or_else(|| format!("rule for {field:?}: expires is {}; wanted a day", self.expires))?;
        Ok(rule.until(day))
    }
}
