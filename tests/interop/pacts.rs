use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use ledger::source::{FoundPact, Source};
use serde_json::{Value, json};

/// A pact in a file of its own.
pub(crate) struct Pact {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    pub(crate) provider: String,
    /// True if the provider keeps it.
    pub(crate) kept: bool,
}

fn committed() -> Result<Vec<FoundPact>, String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../pacts"));
    Source::Folder(folder).read().map_err(|error| error.to_string())
}

/// The providers in the committed pacts.
pub(crate) fn providers() -> Result<BTreeSet<String>, String> {
    let found = committed()?;
    Ok(found.iter().map(|pact| pact.document.provider().to_owned()).collect())
}

/// The committed pacts, each of them again with one expectation that is not met, and two that pact-python
/// writes; all below `folder`.
pub(crate) fn all(folder: &Path, python: &Path) -> Result<Vec<Pact>, String> {
    let mut pacts = Vec::new();
    for found in committed()? {
        let document = found.document.raw().clone();
        let name = format!("{}-{}.json", found.document.consumer(), found.document.provider());
        pacts.push(write(folder, &name, &document, true)?);
        pacts.push(write(folder, &format!("broken-{name}"), &broken(document)?, false)?);
    }
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/shop.py");
    for (kept, folder) in [(true, folder.join("foreign")), (false, folder.join("broken-foreign"))] {
        let field = if kept { "status" } else { "never_there" };
        let wrote = Command::new(python).arg(shop).arg(&folder).arg(field).output();
        let wrote = wrote.map_err(|error| format!("{} does not start: {error}", python.display()))?;
        if !wrote.status.success() {
            return Err(format!("{shop}: {}", String::from_utf8_lossy(&wrote.stderr)));
        }
        pacts.push(Pact {
            name: format!("pact-python's, asking for {field}"),
            file: folder.join("python-shop-orders.json"),
            provider: "orders".to_owned(),
            kept,
        });
    }
    Ok(pacts)
}

/// The first interaction alone, with an expectation that no provider meets.
fn broken(mut document: Value) -> Result<Value, String> {
    let interactions = document["interactions"]
        .as_array_mut()
        .ok_or("a pact without interactions")?;
    interactions.truncate(1);
    for interaction in interactions {
        if interaction["type"] == "Asynchronous/Messages" {
            interaction["contents"]["content"]["never_there"] = json!(1);
        } else {
            interaction["response"]["status"] = json!(418);
            let rules = interaction["response"]["matchingRules"].as_object_mut();
            rules.and_then(|rules| rules.remove("status"));
        }
    }
    Ok(document)
}

fn write(folder: &Path, name: &str, document: &Value, kept: bool) -> Result<Pact, String> {
    // A folder for each, since `seam` takes folders.
    let folder = folder.join(name.trim_end_matches(".json"));
    let file = folder.join(name);
    let written = fs::create_dir(&folder).and_then(|()| fs::write(&file, document.to_string()));
    written.map_err(|error| format!("{} can't be written: {error}", file.display()))?;
    Ok(Pact {
        name: name.to_owned(),
        file,
        provider: document["provider"]["name"].as_str().unwrap_or_default().to_owned(),
        kept,
    })
}
