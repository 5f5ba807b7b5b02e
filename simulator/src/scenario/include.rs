use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use toml::Spanned;

use super::{
    ScenarioError,
    file::{PartFile, ScenarioFile},
    resolve::Mistake,
};

/// The files that a scenario was read from. Each begins where the one before it ends, so that an offset names a file
/// and a place in it.
pub(super) struct Sources(Vec<Source>);

struct Source {
    path: PathBuf,
    text: String,
    start: usize,
}

/// Reads a scenario with the files that it includes. An entry of the scenario takes the place of an included one of
/// the same name; others follow the included ones.
///
/// # Errors
/// When a file can't be read, is not TOML, or has a key that is unknown there.
pub(super) fn read(text: &str, path: &Path) -> Result<(ScenarioFile, Sources), ScenarioError> {
    let mut sources = Sources(Vec::new());
    sources.add(text, path);
    let mut own: ScenarioFile = toml(text, path)?;
    let mut all = PartFile::default();
    for name in std::mem::take(&mut own.include) {
        let file = path.parent().unwrap_or(Path::new("")).join(&name);
        let is_twice = sources.0.iter().any(|source| source.path == file);
        let text = match fs::read_to_string(&file) {
            Ok(text) if !is_twice => text,
            Ok(_) => {
                return Err(not_included(
                    path,
                    text,
                    &name,
                    "it is included already, wanted each file once",
                ));
            }
            Err(error) => {
                let reason = format!("{error}; wanted a path from the folder of this file");
                return Err(not_included(path, text, &name, &reason));
            }
        };
        let mut part: PartFile = toml(&text, &file)?;
        part.shift(sources.add(&text, &file));
        all.extend(part);
    }
    all.give_to(&mut own);
    Ok((own, sources))
}

fn toml<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, ScenarioError> {
    toml::from_str(text).map_err(|source| ScenarioError::Malformed {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

fn not_included(path: &Path, text: &str, name: &str, reason: &str) -> ScenarioError {
    let is_key = |line: &str| line.trim_start().starts_with("include");
    ScenarioError::Invalid {
        path: path.to_owned(),
        line: 1 + text.lines().position(is_key).unwrap_or_default(),
        problem: format!("include {name:?}: {reason}"),
    }
}

/// The line of an offset, from 1.
fn line(text: &str, offset: usize) -> usize {
    1 + text.get(..offset).unwrap_or_default().matches('\n').count()
}

impl Sources {
    /// Adds a file and returns the offset at which it begins.
    fn add(&mut self, text: &str, path: &Path) -> usize {
        let start = self.0.last().map_or(0, |last| last.start + last.text.len() + 1);
        self.0.push(Source {
            path: path.to_owned(),
            text: text.to_owned(),
            start,
        });
        start
    }

    /// Says a mistake with the file and line of its place.
    pub(super) fn place(&self, mistake: Mistake) -> ScenarioError {
        let holds = |source: &&Source| source.start <= mistake.offset;
        let source = self.0.iter().rev().find(holds);
        let (path, line) = source.map_or((PathBuf::new(), 1), |source| {
            (source.path.clone(), line(&source.text, mistake.offset - source.start))
        });
        ScenarioError::Invalid {
            path,
            line,
            problem: mistake.problem,
        }
    }
}

impl PartFile {
    /// Moves every place in the file by so many bytes.
    fn shift(&mut self, by: usize) {
        let names = self.choose.iter_mut().map(|it| &mut it.name);
        let names = names.chain(self.setup.iter_mut().chain(&mut self.step).map(|it| &mut it.name));
        let names = names.chain(self.invariant.iter_mut().map(|it| &mut it.name));
        for name in names.chain(self.observe.iter_mut().map(|it| &mut it.table)) {
            let span = name.span();
            *name = Spanned::new(span.start + by..span.end + by, name.get_ref().clone());
        }
    }

    fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
        self.choose.extend(other.choose);
        self.setup.extend(other.setup);
        self.step.extend(other.step);
        self.observe.extend(other.observe);
        self.settle.extend(other.settle);
        self.invariant.extend(other.invariant);
    }

    /// Puts the entries before those of a scenario, or the scenario's in their place.
    fn give_to(mut self, own: &mut ScenarioFile) {
        self.list.append(&mut own.list);
        own.list = self.list;
        join(self.choose, &mut own.choose, |it| it.name.get_ref());
        join(self.setup, &mut own.setup, |it| it.name.get_ref());
        join(self.step, &mut own.step, |it| it.name.get_ref());
        join(self.observe, &mut own.observe, |it| it.table.get_ref());
        join(self.settle, &mut own.settle, |it| &it.name);
        join(self.invariant, &mut own.invariant, |it| it.name.get_ref());
    }
}

/// Each entry of the scenario takes the place of at most one included entry, so that two of one name stay two.
fn join<T>(included: Vec<T>, own: &mut Vec<T>, name: impl Fn(&T) -> &String) {
    let mut all = included;
    let mut free = vec![true; all.len()];
    for entry in own.drain(..) {
        let same = |(place, is_free): (usize, &bool)| *is_free && all.get(place).map(&name) == Some(name(&entry));
        match free.iter().enumerate().position(same) {
            Some(place) => {
                free[place] = false;
                all[place] = entry;
            }
            None => all.push(entry),
        }
    }
    *own = all;
}
