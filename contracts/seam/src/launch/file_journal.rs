//! A journal in a file, of which one thread is the writer.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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

    /// Takes a note that nobody waits for. It holds at once, so that whoever looks next does not repeat the write.
    fn note(&self, line: Line) {
        let mut entries = self.entries();
        apply(&mut entries, line.clone());
        // Under the lock, so that the file has the notes in the same order.
        self.send(line, None);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.note(Line::Ended { id, answered, effects });
    }

    fn done(&self, id: Uuid) {
        self.note(Line::Done(id));
    }

    fn entry(&self, id: Uuid) -> Option<Entry> {
        self.entries().entry(id)
    }

    fn pending(&self) -> Vec<Entry> {
        self.entries().pending()
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

/// Replaces the file by one that holds only what is pending. Notes that are still to be written are in it already:
/// written once more after it, they change nothing.
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
            // An entry that could not be written has not begun. Notes hold since they were taken.
            if written.is_ok() && matches!(line, Line::Begin(_)) {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{chance, launch::Side};

    fn entry() -> Entry {
        Entry {
            id: chance::id(),
            method: "pay".to_owned(),
            key: None,
            first: Side::Control,
            call: json!({}),
            answered: false,
            effects: Vec::new(),
        }
    }

    fn effects(reply: u32) -> Vec<Effect> {
        vec![Effect {
            contract: "bank".to_owned(),
            call: json!({}),
            reply: json!(reply),
        }]
    }

    /// The file is written anew while notes wait that the entries in memory have already. A crash may come after any.
    #[test]
    fn a_note_that_is_written_after_the_file_that_has_it_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (kept, gone, open) = (entry(), entry(), entry());
        let ended = |answered, reply| Line::Ended {
            id: kept.id,
            answered,
            effects: effects(reply),
        };
        let notes = [ended(false, 1), ended(true, 2), Line::Done(gone.id)];
        let mut entries = Entries::default();
        for entry in [&kept, &gone, &open] {
            entries.begin(entry.clone());
        }
        for note in notes.clone() {
            apply(&mut entries, note);
        }
        let mut file = rewritten(&path, &entries).unwrap();
        for note in &notes {
            let mut text = Vec::new();
            line(&mut text, note).unwrap();
            append(&mut file, &text, false).unwrap();
            let again = parse(&path, &fs::read(&path).unwrap()).unwrap();
            assert_eq!(again.pending().len(), 2, "after {note:?}");
            assert!(
                again.entry(gone.id).is_none() && again.entry(open.id).is_some(),
                "after {note:?}"
            );
        }
        let again = parse(&path, &fs::read(&path).unwrap()).unwrap();
        assert_eq!(again.pending(), entries.pending());
    }
}
