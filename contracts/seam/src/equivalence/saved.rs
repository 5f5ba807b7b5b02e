use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Failure,
    model::{CallOf, Model},
    sequence::Step,
};
use crate::{Contract, MethodKind};

/// The version of the file's layout.
const FORMAT: u32 = 1;

/// A sequence that failed once, as a file. It holds the calls themselves, not a seed, so that it outlives every
/// change of how calls are drawn.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    contract: String,
    /// The methods of the contract at that time.
    methods: Vec<String>,
    /// The subject that differed, and the difference; for the reader.
    found: String,
    steps: Vec<Value>,
}

/// Writes the sequence to `folder` and returns the path. The file name derives from the calls, so that the same
/// sequence is saved once.
pub(crate) fn save<M: Model>(folder: &Path, found: String, steps: &[Step<CallOf<M>>]) -> Result<PathBuf, Failure> {
    let json = |step| serde_json::to_value(step).map_err(|error| refused(folder, error.to_string()));
    let steps = steps.iter().map(json).collect::<Result<_, _>>()?;
    write(folder, M::Contract::NAME, methods::<M::Contract>(), found, steps)
}

/// Writes a case of any kind; `contract` names the kind.
pub(super) fn write(
    folder: &Path,
    contract: &str,
    methods: Vec<String>,
    found: String,
    steps: Vec<Value>,
) -> Result<PathBuf, Failure> {
    let file = File {
        format: FORMAT,
        contract: contract.to_owned(),
        methods,
        found,
        steps,
    };
    let calls: String = file.steps.iter().map(Value::to_string).collect();
    let (digest, ..) = Uuid::new_v5(&Uuid::NAMESPACE_OID, calls.as_bytes()).as_fields();
    let path = folder.join(format!("{}-{digest:08x}.json", file.contract));
    let text = serde_json::to_string_pretty(&file).map_err(|error| refused(&path, error.to_string()))?;
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text + "\n"));
    written.map_err(|error| refused(&path, format!("it can't be written: {error}")))?;
    Ok(path)
}

/// The saved sequences of `folder`, by name. Empty if there is no such folder.
pub(crate) fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| refused(folder, format!("the folder can't be read: {error}"));
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a saved sequence. Refuses one that the contract of today can't take.
pub(crate) fn load<M: Model>(path: &Path) -> Result<Vec<Step<CallOf<M>>>, Failure> {
    let own = M::Contract::NAME;
    let steps = read(path, own, &methods::<M::Contract>())?.into_iter().enumerate();
    let steps = steps.map(|(at, step)| {
        serde_path_to_error::deserialize(step).map_err(|error| {
            let at = at + 1;
            refused(
                path,
                format!(
                    "call {at} is no call of {own}: {error}; rewrite it for the contract of today, or delete the file"
                ),
            )
        })
    });
    steps.collect()
}

/// Reads the steps of a case of any kind. Refuses one of another `own` kind, or with a method that is not in `methods`.
pub(super) fn read(path: &Path, own: &str, methods: &[String]) -> Result<Vec<Value>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| refused(path, format!("it can't be read: {error}")))?;
    let file: File = serde_json::from_str(&text).map_err(|error| {
        refused(
            path,
            format!("it is no saved sequence: {error}; delete it, or restore it from git"),
        )
    })?;
    if file.format != FORMAT {
        let other = format!(
            "its format is {}, wanted {FORMAT}; delete it and find it again",
            file.format
        );
        return Err(refused(path, other));
    }
    if file.contract != own {
        let other = format!(
            "it is of contract {:?}, wanted {own:?}; move it to the folder of that suite",
            file.contract
        );
        return Err(refused(path, other));
    }
    if let Some(gone) = file.methods.iter().find(|method| !methods.contains(method)) {
        let other =
            format!("it was made when {own} had `{gone}`; rewrite its calls for the contract of today, or delete it");
        return Err(refused(path, other));
    }
    Ok(file.steps)
}

fn methods<C: Contract + ?Sized>() -> Vec<String> {
    let kind = |kind| match kind {
        MethodKind::Read => "read",
        MethodKind::Write => "write",
    };
    let methods = C::METHODS.iter();
    methods
        .map(|method| format!("{} {}", kind(method.kind), method.name))
        .collect()
}

pub(super) fn refused(path: &Path, problem: String) -> Failure {
    Failure::Saved {
        file: path.to_owned(),
        problem,
    }
}
