//! Walls inside crates, from the source: names that a room must not say.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use crate::{
    inspection::Inspection,
    tokens::{self, Token},
    workspace::{Member, members, root, rust_files, shown},
};

#[test]
fn at_most_one_module_of_the_simulator_knows_docker() {
    let source = root().join("simulator/src");
    let mut inspection = Inspection::default();
    let mut knowers: BTreeSet<PathBuf> = BTreeSet::new();
    for file in rust_files(&source) {
        inspection.examine();
        let tokens = tokens::of(&file);
        let Some((line, _)) = tokens
            .iter()
            .find(|(_, token)| token.is("testcontainers") || token.is("bollard"))
        else {
            continue;
        };
        let room = file.parent().unwrap_or(&source).to_owned();
        let is_same = |known: &PathBuf| room.starts_with(known) || known.starts_with(&room);
        if !knowers.iter().all(is_same) {
            let known: Vec<String> = knowers.iter().map(|room| shown(room)).collect();
            inspection.breach(
                &file,
                *line,
                format!("Docker is the business of one module, and {known:?} knows it already"),
            );
        }
        knowers.insert(room);
    }
    inspection.holds("files of the simulator");
}

/// Words that the scenario engine must not say, since a simulation in virtual time has none of what they name.
const UNSEEN: &[&str] = &["backend", "Instant", "SystemTime", "reqwest", "hyper", "jiff"];

/// The engine and the steps that it takes.
const ENGINE: [&str; 2] = ["scenario", "steps"];

#[test]
fn the_scenario_engine_sees_neither_backend_nor_clock_nor_socket() {
    let mut inspection = Inspection::default();
    let rooms = ENGINE.map(|room| root().join("simulator/src").join(room));
    let files: Vec<PathBuf> = rooms.iter().flat_map(|room| rust_files(room)).collect();
    assert!(
        files.iter().any(|file| file.ends_with("engine.rs")),
        "the engine is not in {ENGINE:?}"
    );
    for file in files {
        inspection.examine();
        let tokens = tokens::of(&file);
        for (at, (line, token)) in tokens.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let is_path = tokens[at + 1..].first().is_some_and(|(_, next)| next.is_sign(':'));
            if UNSEEN.contains(&word.as_str()) || (word == "net" && is_path) {
                inspection.breach(
                    &file,
                    *line,
                    format!("the engine sees only its World, and this names `{word}`"),
                );
            }
        }
    }
    inspection.holds("files of the engine");
}

#[test]
fn the_command_line_writes_to_stdout_and_stderr_in_two_files() {
    // Elsewhere an error of the write would be forgotten, or would be a panic. Clippy sees `println!` and its kin.
    let allowed = ["simulator/src/commands/output.rs", "simulator/src/progress.rs"];
    let mut inspection = Inspection::default();
    for file in without(&allowed, rust_files(&root().join("simulator/src"))) {
        inspection.examine();
        let tokens = tokens::of(&file);
        for at in tokens.windows(3) {
            let [(_, before), (line, stream), (_, open)] = at else {
                continue;
            };
            let is_stream = stream.is("stdout") || stream.is("stderr");
            // Those of a child are methods.
            let is_method = before.is_sign('.') || before.is("fn");
            if is_stream && open.is_sign('(') && !is_method {
                inspection.breach(&file, *line, "results and words go through `commands::output`");
            }
        }
    }
    inspection.holds("files of the simulator");
}

/// The sources of the platform's contracts and services.
fn platform() -> impl Iterator<Item = PathBuf> {
    let is_platform = |member: &Member| member.name == "commerce" || member.place.starts_with("services/");
    let platform = members().into_iter().filter(is_platform);
    platform.flat_map(|member| rust_files(&member.folder.join("src")))
}

/// These files without the allowed ones, each of which has to be among them.
fn without(allowed: &[&str], files: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let is_allowed = |file: &PathBuf| allowed.contains(&shown(file).as_str());
    let (found, others): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(is_allowed);
    assert_eq!(found.len(), allowed.len(), "of {allowed:?} there are only {found:?}");
    others
}

#[test]
fn money_is_a_float_in_version_1_of_the_api_only() {
    let allowed = [
        "contracts/commerce/src/v1.rs",
        // Reads 3016.0 as 3016, where floats are exact, and makes no float.
        "contracts/commerce/src/whole.rs",
        "services/shared/src/telemetry/json_lines.rs",
    ];
    let mut inspection = Inspection::default();
    for file in without(&allowed, platform()) {
        inspection.examine();
        let tokens = tokens::of(&file);
        for (line, _) in tokens.iter().filter(|(_, token)| token.is("f64") || token.is("f32")) {
            inspection.breach(&file, *line, "a float; money is i64 minor units with a currency");
        }
    }
    inspection.holds("files of the platform");
}

#[test]
fn every_route_is_declared_with_its_description() {
    let allowed = [
        "contracts/commerce/src/http/routes.rs",
        "services/shared/src/server/described.rs",
    ];
    let mut inspection = Inspection::default();
    for file in without(&allowed, platform()) {
        inspection.examine();
        let tokens = tokens::of(&file);
        let routes = tokens
            .windows(3)
            .filter(|three| three[0].1.is_sign('.') && three[1].1.is("route") && three[2].1.is_sign('('));
        for three in routes {
            let problem = "a route without an Operation, which /openapi.json does not list";
            inspection.breach(&file, three[0].0, problem);
        }
    }
    inspection.holds("files of the platform");
}

#[test]
fn no_crate_compiles_a_source_file_of_a_crate_that_it_does_not_depend_on() {
    let members = members();
    let mut inspection = Inspection::default();
    for member in &members {
        for file in member.sources() {
            inspection.examine();
            for (line, other) in compiled_in(&file) {
                let owner = owner(&members, &other);
                let may = owner.is_some_and(|owner| {
                    let knows = |name: &str| member.dependencies.iter().any(|other| other.package == name);
                    owner.name == member.name || knows(&owner.name)
                });
                if !may {
                    let problem = format!(
                        "{} compiles {}, of a crate that it does not depend on",
                        member.name,
                        shown(&other)
                    );
                    inspection.breach(&file, line, problem);
                }
            }
        }
    }
    inspection.holds("source files");
}

/// The files that `#[path = "..."]` and `include!("...")` name.
fn compiled_in(file: &Path) -> Vec<(usize, PathBuf)> {
    let tokens = tokens::of(file);
    let signs = |at: usize, wanted: &[char]| {
        let found = tokens[at..].iter().map(|(_, token)| token);
        found.zip(wanted).filter(|(token, sign)| token.is_sign(**sign)).count() == wanted.len()
    };
    let mut found = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let text = match token {
            token if token.is("path") && at > 1 && signs(at - 2, &['#', '[']) && signs(at + 1, &['=']) => at + 2,
            token if token.is("include") && signs(at + 1, &['!', '(']) => at + 3,
            _ => continue,
        };
        if let Some((_, Token::Text(path))) = tokens.get(text) {
            found.push((*line, plain(&file.with_file_name(path))));
        }
    }
    found
}

/// The path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// The innermost crate in whose folder the file is.
fn owner<'a>(members: &'a [Member], file: &Path) -> Option<&'a Member> {
    let holders = members.iter().filter(|member| file.starts_with(&member.folder));
    holders.max_by_key(|member| member.place.len())
}
