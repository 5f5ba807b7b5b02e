//! A topology's file and those that it includes.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fs,
    path::{Path, PathBuf},
};

use toml::Spanned;

use super::{Backend, Flaw, TopologyError, file::TopologyFile};

/// The files of a topology. A position is a number of bytes on one axis, on which each file has a stretch of its own.
pub(super) struct Sources {
    files: Vec<Source>,
    /// Canonical paths of the files that were read: each is read once, so that includes may go round in a circle.
    read: BTreeSet<PathBuf>,
    end: usize,
}

struct Source {
    file: PathBuf,
    text: String,
    /// Position of the first byte.
    start: usize,
}

impl Sources {
    /// Reads a file and what it includes, all merged into one.
    pub(super) fn read(text: &str, file: &Path) -> Result<(Self, TopologyFile), TopologyError> {
        let mut sources = Self {
            files: Vec::new(),
            read: BTreeSet::new(),
            end: 0,
        };
        sources.read.insert(canonical(file));
        let written = sources.add(text.to_owned(), file)?;
        Ok((sources, written))
    }

    /// A flaw with the file and the line of its position.
    pub(super) fn flawed(&self, at: usize, flaw: Flaw) -> TopologyError {
        let source = self.source(at);
        let before = source.map_or("", |source| {
            source.text.get(..at - source.start).unwrap_or(&source.text)
        });
        TopologyError::Flawed {
            file: source.map(|source| source.file.clone()).unwrap_or_default(),
            line: 1 + before.matches('\n').count(),
            flaw,
        }
    }

    /// Folder of the file in which a position lies.
    pub(super) fn folder(&self, at: usize) -> PathBuf {
        folder_of(self.source(at).map_or(Path::new(""), |source| &source.file))
    }

    fn source(&self, at: usize) -> Option<&Source> {
        self.files.iter().rev().find(|source| source.start <= at)
    }

    fn add(&mut self, text: String, file: &Path) -> Result<TopologyFile, TopologyError> {
        let start = self.end;
        // Empty lines in front put the positions that the parser reports onto the common axis.
        let parsed = toml::from_str::<TopologyFile>(&("\n".repeat(start) + &text));
        let Ok(mut written) = parsed else {
            // Once more without those lines: the message shows a line and its number.
            return Err(syntax(&text, file));
        };
        self.end = start + text.len() + 1;
        self.files.push(Source {
            file: file.to_owned(),
            text,
            start,
        });
        let own = Own::of(&written);
        for included in std::mem::take(&mut written.include) {
            let path = folder_of(file).join(included.get_ref());
            let text = fs::read_to_string(&path).map_err(|source| {
                let reason = source.to_string();
                let path = path.clone();
                self.flawed(included.span().start, Flaw::Include { path, reason })
            })?;
            if self.read.insert(canonical(&path)) {
                let more = self.add(text, &path)?;
                own.merge(&mut written, more)
                    .map_err(|(at, flaw)| self.flawed(at, flaw))?;
            }
        }
        Ok(written)
    }
}

static NONE: BTreeSet<String> = BTreeSet::new();

/// Names that a file itself gives: they win over those of the files that it includes.
struct Own {
    variables: BTreeSet<String>,
    roles: BTreeSet<String>,
    /// Variables by the backend that they have values for.
    on_backends: BTreeMap<Backend, BTreeSet<String>>,
    profiles: BTreeSet<String>,
}

impl Own {
    fn of(written: &TopologyFile) -> Self {
        Self {
            variables: written.variables.keys().cloned().collect(),
            roles: written.roles.keys().cloned().collect(),
            on_backends: written
                .backend
                .iter()
                .map(|(backend, table)| (*backend, table.variables.keys().cloned().collect()))
                .collect(),
            profiles: written.profile.keys().cloned().collect(),
        }
    }

    fn merge(&self, into: &mut TopologyFile, more: TopologyFile) -> Result<(), (usize, Flaw)> {
        merge("variable", &self.variables, &mut into.variables, more.variables)?;
        merge("role", &self.roles, &mut into.roles, more.roles)?;
        merge("profile", &self.profiles, &mut into.profile, more.profile)?;
        merge("node", &BTreeSet::new(), &mut into.node, more.node)?;
        for (backend, table) in more.backend {
            match into.backend.entry(backend) {
                Entry::Vacant(place) => drop(place.insert(table)),
                Entry::Occupied(mut place) => {
                    let own = self.on_backends.get(&backend).unwrap_or(&NONE);
                    merge(
                        "variable of a backend",
                        own,
                        &mut place.get_mut().variables,
                        table.variables,
                    )?;
                }
            }
        }
        into.secret.extend(more.secret);
        Ok(())
    }
}

/// Adds names that are new, and leaves out those that are `own`.
fn merge<T>(
    kind: &'static str,
    own: &BTreeSet<String>,
    into: &mut BTreeMap<String, Spanned<T>>,
    more: BTreeMap<String, Spanned<T>>,
) -> Result<(), (usize, Flaw)> {
    for (name, value) in more {
        match into.entry(name) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(place) if own.contains(place.key()) => {}
            Entry::Occupied(place) => {
                let name = place.key().clone();
                return Err((value.span().start, Flaw::IncludedTwice { kind, name }));
            }
        }
    }
    Ok(())
}

fn syntax(text: &str, file: &Path) -> TopologyError {
    match toml::from_str::<TopologyFile>(text) {
        Err(source) => TopologyError::Syntax {
            file: file.to_owned(),
            source: Box::new(source),
        },
        Ok(_) => TopologyError::Flawed {
            file: file.to_owned(),
            line: 1,
            flaw: Flaw::NoNodes,
        },
    }
}

fn canonical(file: &Path) -> PathBuf {
    fs::canonicalize(file).unwrap_or_else(|_| file.to_owned())
}

/// Folder of a file; the current one for a file without.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
