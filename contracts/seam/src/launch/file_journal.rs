//! A journal in a file, of which one thread is the writer.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    BoxFuture,
    launch::{
        Effect, Refused,
        journal::{Entries, Entry, Journal},
        lock::{beside, locked},
    },
};

/// Bytes after which the file is written anew with what is pending.
const COMPACTED_AT: u64 = 8 << 20;

/// A journal of JSON lines. Entries that begin together share one `fsync`.
///
/// It holds the arguments of calls as they are, until both sides have them: only its owner may read the file.
#[derive(Debug)]
pub struct FileJournal {
    entries: Arc<Mutex<Entries>>,
    writer: Sender<Work>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Begin(Entry),
    Ended {
        id: Uuid,
        answered: bool,
        effects: Vec<Effect>,
    },
    Done(Uuid),
}

#[derive(Debug)]
struct Work {
    line: Line,
    /// Told when the line is durable.
    waiting: Option<oneshot::Sender<io::Result<()>>>,
}

impl FileJournal {
    /// Opens the journal, or creates it. Refused if another launch has it, or if a line can't be read; a last line that
    /// a crash cut short is left out, since nothing had begun on its behalf.
    pub fn open(file: impl Into<PathBuf>) -> Result<Self, Refused> {
        let file = file.into();
        let lock = locked(&file)?;
        let failed = |error| Refused::io(file.display().to_string(), error);
        let text = match fs::read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed)?,
        };
        let entries = parse(&file, &text)?;
        let opened = rewritten(&file, &entries).map_err(failed)?;
        let (writer, work) = mpsc::channel();
        let entries = Arc::new(Mutex::new(entries));
        let shared = Arc::clone(&entries);
        let spawned = thread::Builder::new().name("seam-journal".into());
        spawned
            .spawn(move || {
                write(&work, &file, opened, &shared);
                drop(lock);
            })
            .map_err(|error| Refused::io("the journal's thread", error))?;
        Ok(Self { entries, writer })
    }

    fn send(&self, line: Line, waiting: Option<oneshot::Sender<io::Result<()>>>) {
        // Fails only if the writer is gone, and then whoever waits is told by the sender that was dropped.
        let _ = self.writer.send(Work { line, waiting });
    }
}

impl Journal for FileJournal {
    fn begin(&self, entry: Entry) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let (sender, receiver) = oneshot::channel();
            self.send(Line::Begin(entry), Some(sender));
            receiver
                .await
                .unwrap_or_else(|_| Err(io::Error::other("the journal's thread has ended")))
        })
    }

    fn ended(&self, id: Uuid, answered: bool, effects: Vec<Effect>) {
        self.send(Line::Ended { id, answered, effects }, None);
    }

    fn done(&self, id: Uuid) {
        self.send(Line::Done(id), None);
    }

    fn entry(&self, id: Uuid) -> Option<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).entry(id)
    }

    fn pending(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).pending()
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn apply(entries: &mut Entries, line: Line) {
    match line {
        Line::Begin(entry) => entries.begin(entry),
        Line::Ended { id, answered, effects } => entries.ended(id, answered, effects),
        Line::Done(id) => entries.done(id),
    }
}

fn parse(file: &Path, text: &[u8]) -> Result<Entries, Refused> {
    let mut entries = Entries::default();
    // What follows the last line break was cut short.
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    for (number, line) in (1..).zip(
        text[..whole]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty()),
    ) {
        let line = serde_json::from_slice(line).map_err(|error| {
            let problem =
                format!("line {number} can't be read: {error}; restore the file, or compare both sides by hand");
            Refused::file(file, problem)
        })?;
        apply(&mut entries, line);
    }
    Ok(entries)
}

/// Replaces the file by one that holds only what is pending.
fn rewritten(path: &Path, entries: &Entries) -> io::Result<File> {
    let new = beside(path, "new");
    let mut text = Vec::new();
    for entry in entries.pending() {
        line(&mut text, &Line::Begin(entry))?;
    }
    let _ = fs::remove_file(&new);
    let mut file = options().open(&new)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    Ok(file)
}

/// Appends all or nothing: a line that was cut short must not stand before others.
fn append(file: &mut File, text: &[u8], durably: bool) -> io::Result<()> {
    let before = file.metadata()?.len();
    let written = file
        .write_all(text)
        .and_then(|()| if durably { file.sync_data() } else { Ok(()) });
    if written.is_err() {
        let _ = file.set_len(before);
    }
    written
}

fn line(text: &mut Vec<u8>, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *text, line)?;
    text.push(b'\n');
    Ok(())
}

/// Writes until the journal is dropped: all lines that wait, one `fsync` if somebody waits for it, then the answers.
fn write(work: &Receiver<Work>, path: &Path, mut file: File, entries: &Mutex<Entries>) {
    while let Ok(first) = work.recv() {
        let mut text = Vec::new();
        let mut all = vec![first];
        all.extend(work.try_iter());
        let rendered = all.iter().try_for_each(|work| line(&mut text, &work.line));
        let is_awaited = all.iter().any(|work| work.waiting.is_some());
        let written = rendered.and_then(|()| append(&mut file, &text, is_awaited));
        let mut shared = entries.lock().unwrap_or_else(PoisonError::into_inner);
        for Work { line, waiting } in all {
            let told = written
                .as_ref()
                .copied()
                .map_err(|error| io::Error::new(error.kind(), error.to_string()));
            // An entry that could not be written has not begun.
            if written.is_ok() || !matches!(line, Line::Begin(_)) {
                apply(&mut shared, line);
            }
            if let Some(waiting) = waiting {
                let _ = waiting.send(told);
            }
        }
        if file.metadata().is_ok_and(|metadata| metadata.len() > COMPACTED_AT)
            && let Ok(new) = rewritten(path, &shared)
        {
            file = new;
        }
    }
}
