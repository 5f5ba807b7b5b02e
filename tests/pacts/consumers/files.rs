//! The committed files: one for each consumer and provider, in the canonical form of the ledger.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use ledger::document::Document;
use serde_json::{Value, json};

use super::suite::Pact;

/// If set, the files are written; otherwise they are only compared.
const WRITE: &str = "SEAM_WRITE_PACTS";
const REMEDY: &str = "if that is meant, write the pact files anew with: just pacts";

/// Runs the consumer through its pact, and compares the result with the committed file or writes it.
///
/// # Panics
/// If they differ; the message has the difference and the remedy.
pub(crate) async fn settle(pact: Pact) {
    let made = merged(&pact, &pact.written().await).unwrap_or_else(|error| panic!("{error}"));
    let file = folder().join(name(&pact));
    if env::var_os(WRITE).is_some() {
        fs::write(&file, made).unwrap();
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if let Some(difference) = difference(&committed, &made) {
        panic!("{} would change:\n{difference}\n{REMEDY}", name(&pact));
    }
}

/// Checks that every committed file has a suite; removes those without one if files are written.
///
/// # Panics
/// If there is a file that no suite makes.
pub(crate) fn leave_none_over(pacts: &[Pact]) {
    let made: BTreeSet<OsString> = pacts.iter().map(|pact| name(pact).into()).collect();
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let pact_files = files.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    for file in pact_files.filter(|file| !file.file_name().is_some_and(|name| made.contains(name))) {
        assert!(
            env::var_os(WRITE).is_some(),
            "no suite makes {}; {REMEDY}",
            file.display()
        );
        fs::remove_file(file).unwrap();
    }
}

fn name(pact: &Pact) -> String {
    format!("{}-{}.json", pact.consumer, pact.provider)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pacts")
}

/// Merges everything that was written into one document in canonical form.
///
/// Interactions are identified by type, description and states. Two with the same identity and different
/// content are refused, since Pact tools would let one overwrite the other.
fn merged(pact: &Pact, written: &[Value]) -> Result<String, String> {
    let mut interactions: BTreeMap<String, Value> = BTreeMap::new();
    for interaction in written
        .iter()
        .filter_map(|file| file["interactions"].as_array())
        .flatten()
    {
        let mut interaction = interaction.clone();
        let fields = interaction.as_object_mut().ok_or("an interaction is not an object")?;
        // The library derives it from the content.
        fields.remove("key");
        let identity = ["type", "description", "providerStates"].map(|field| interaction[field].to_string());
        let known = interactions
            .entry(identity.join(" "))
            .or_insert_with(|| interaction.clone());
        if *known != interaction {
            return Err(format!(
                "{} has two different interactions called {} in the same states; \
                 give one of them another description:\n{known:#}\n{interaction:#}",
                name(pact),
                interaction["description"],
            ));
        }
    }
    let document = json!({
        "consumer": { "name": pact.consumer },
        "provider": { "name": pact.provider },
        "interactions": interactions.into_values().collect::<Vec<_>>(),
        "metadata": { "pactSpecification": { "version": "4.0" } },
    });
    let document = Document::parse(&name(pact), document.to_string().as_bytes());
    document
        .map(|document| document.to_file_text())
        .map_err(|error| error.to_string())
}

/// Interactions that would disappear, appear or change, and the differing lines of the first that changes.
fn difference(committed: &str, made: &str) -> Option<String> {
    if committed == made {
        return None;
    }
    let (old, new) = (interactions(committed), interactions(made));
    let mut said = String::new();
    let mut say = |what: &str, (description, states): &Identity| {
        said.push_str(&format!("{what}: {description} given {states}\n"));
    };
    let (gone, come) = (
        |name: &&Identity| !new.contains_key(name),
        |name: &&Identity| !old.contains_key(name),
    );
    old.keys().filter(gone).for_each(|name| say("gone", name));
    new.keys().filter(come).for_each(|name| say("come", name));
    let both = old.iter().filter_map(|(name, old)| Some((name, old, new.get(name)?)));
    let changed: Vec<_> = both.filter(|(_, old, new)| old != new).collect();
    changed.iter().for_each(|(name, ..)| say("changed", name));
    match changed.first() {
        Some((_, old, new)) => said.push_str(&lines_that_differ(old, new)),
        None if said.is_empty() => said.push_str("the order or the layout of the file\n"),
        None => {}
    }
    Some(said)
}

/// The identity of an interaction: its description and its states.
type Identity = (String, String);

/// The text of each interaction of a file.
fn interactions(text: &str) -> BTreeMap<Identity, String> {
    let file: Value = serde_json::from_str(text).unwrap_or_default();
    let listed = file["interactions"].as_array().into_iter().flatten();
    let identity = |one: &Value| (one["description"].to_string(), one["providerStates"].to_string());
    listed.map(|one| (identity(one), format!("{one:#}"))).collect()
}

/// From the first line that differs to the last.
fn lines_that_differ(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same = |(one, other): &(&&str, &&str)| one == other;
    let head = old.iter().zip(&new).take_while(same).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let (gone, come) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let gone = gone.iter().map(|line| format!("-{line}\n"));
    gone.chain(come.iter().map(|line| format!("+{line}\n"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pact() -> Pact {
        Pact::between("shop", "orders")
    }

    fn file(path: &str) -> Value {
        json!({ "interactions": [{
            "type": "Synchronous/HTTP",
            "description": "get an order",
            "providerStates": [{ "name": "an order" }],
            "key": path,
            "request": { "method": "GET", "path": path },
            "response": { "status": 200 },
        }] })
    }

    #[test]
    fn what_two_cases_say_alike_stands_once_in_the_file() {
        let twice = merged(&pact(), &[file("/1"), file("/1")]);

        assert_eq!(twice, merged(&pact(), &[file("/1")]));
        assert!(!twice.unwrap().contains("key"));
    }

    #[test]
    fn two_interactions_of_one_name_that_differ_are_refused() {
        let error = merged(&pact(), &[file("/1"), file("/2")]).unwrap_err();

        assert!(
            error.contains("get an order") && error.contains("/1") && error.contains("/2"),
            "{error}"
        );
    }

    #[test]
    fn a_difference_names_what_goes_and_comes_and_shows_what_changes() {
        let old = json!({ "interactions": [{ "description": "a", "x": 1, "y": 2 }, { "description": "b" }] });
        let new = json!({ "interactions": [{ "description": "a", "x": 1, "y": 3 }, { "description": "c" }] });

        let said = difference(&old.to_string(), &new.to_string()).unwrap();

        assert_eq!(
            said,
            "gone: \"b\" given null\ncome: \"c\" given null\nchanged: \"a\" given null\n-  \"y\": 2\n+  \"y\": 3\n"
        );
        assert_eq!(difference("{}", "{}"), None);
        assert!(difference("{}", "{ }").is_some());
    }
}
