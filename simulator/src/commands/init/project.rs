//! Nodes from what a folder holds: a Procfile, cargo binaries, scripts of a package.json.

use std::{env, fs, path::Path, process::Command};

use serde_json::Value;

use super::draft::{Draft, Node, Runs, fit_name, literal};
use crate::backend::package_variables;

/// Names of compose files, as compose looks for them.
const COMPOSE: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// The draft of a folder's topology, and the names of the files that it comes from; `topologies` is the way from the
/// topology's file to the folder.
///
/// # Errors
/// When nothing is found, or what is found can't be read.
pub(super) fn draft(folder: &Path, back: &str) -> Result<(Draft, Vec<&'static str>), String> {
    let mut draft = Draft::default();
    let mut from = Vec::new();
    if folder.join("Procfile").is_file() {
        procfile(folder, back, &mut draft)?;
        from.push("Procfile");
    } else {
        if folder.join("Cargo.toml").is_file() {
            binaries(folder, &mut draft)?;
            from.push("Cargo.toml");
        }
        if folder.join("package.json").is_file() {
            scripts(folder, back, &mut draft)?;
            from.push("package.json");
        }
    }
    let compose = COMPOSE.iter().find(|name| folder.join(name).is_file());
    if draft.nodes.is_empty() {
        let hint = compose.map_or_else(String::new, |file| {
            format!("; there is {file}: take its services with `seam init --from {file}`")
        });
        return Err(format!(
            "nothing to run in {}: wanted a Procfile, a Cargo.toml with binaries, or a package.json with scripts{hint}",
            folder.display()
        ));
    }
    if let Some(file) = compose {
        draft
            .lost
            .push(format!("{file}; `seam init --from {file}` takes its services"));
    }
    for line in programs_of(&folder.join("Dockerfile")) {
        draft.lost.push(line);
    }
    migrations_first(&mut draft.nodes);
    Ok((draft, from))
}

/// The programs that a Dockerfile names, as lines of a comment.
pub(super) fn programs_of(dockerfile: &Path) -> Vec<String> {
    let text = fs::read_to_string(dockerfile).unwrap_or_default();
    let is_program = |line: &&str| line.starts_with("CMD ") || line.starts_with("ENTRYPOINT ");
    let lines = text.lines().map(str::trim).filter(is_program);
    lines.map(|line| format!("The Dockerfile says: {line}")).collect()
}

/// Lets every node wait for those that run once.
fn migrations_first(nodes: &mut [Node]) {
    let once: Vec<String> = nodes
        .iter()
        .filter(|node| node.once)
        .map(|node| node.name.clone())
        .collect();
    for node in nodes.iter_mut().filter(|node| !node.once) {
        node.needs.extend(once.iter().cloned());
    }
}

fn add(draft: &mut Draft, wanted: &str, node: Node) {
    let taken: Vec<String> = draft.nodes.iter().map(|node| node.name.clone()).collect();
    let name = fit_name(wanted, &taken);
    draft.nodes.push(Node { name, ..node });
}

/// A node that finds its port in `PORT`, as most servers do.
fn told_its_port() -> Node {
    let mut node = Node {
        comments: vec!["It is told its port by PORT; if the program takes it otherwise, say so here.".to_owned()],
        ..Node::default()
    };
    node.env.insert("PORT".to_owned(), "${port}".to_owned());
    node
}

fn procfile(folder: &Path, back: &str, draft: &mut Draft) -> Result<(), String> {
    let text = read(&folder.join("Procfile"))?;
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let Some((name, command)) = line.split_once(':') else {
            draft.lost.push(format!(
                "the line {line:?} of the Procfile, which has no name with a colon"
            ));
            continue;
        };
        let command = literal(command.trim());
        let words = ["sh", "-c", &format!("exec {command}")].map(str::to_owned).to_vec();
        let mut node = if name == "web" {
            told_its_port()
        } else {
            Node {
                once: name == "release",
                ports: (name != "release").then(Vec::new),
                ..Node::default()
            }
        };
        if command.contains(['&', ';', '|']) {
            // `exec` would end the shell at the first of several commands.
            node.runs = Runs::Command(vec!["sh".to_owned(), "-c".to_owned(), command]);
        } else {
            node.runs = Runs::Command(words);
        }
        node.folder = Some(back.to_owned());
        add(draft, name, node);
    }
    Ok(())
}

/// Binaries of the packages of a workspace that lie in the folder.
fn binaries(folder: &Path, draft: &mut Draft) -> Result<(), String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for name in package_variables() {
        cargo.env_remove(name);
    }
    let args = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = cargo.args(args).current_dir(folder).output();
    let output = output.map_err(|error| format!("cargo, which lists the binaries, can't be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "cargo can't list the binaries of {}: {}",
            folder.display(),
            said.trim()
        ));
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo lists no binaries: {error}"))?;
    let here = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        if !manifest.starts_with(&here) {
            continue;
        }
        for target in package["targets"].as_array().into_iter().flatten() {
            let is_binary = target["kind"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind == "bin"));
            let (Some(package), Some(bin)) = (package["name"].as_str(), target["name"].as_str()) else {
                continue;
            };
            if is_binary {
                let mut node = told_its_port();
                node.runs = Runs::Cargo {
                    package: package.to_owned(),
                    bin: bin.to_owned(),
                };
                add(draft, bin, node);
            }
        }
    }
    Ok(())
}

/// The script that starts the server, those of workers, and those of migrations.
fn scripts(folder: &Path, back: &str, draft: &mut Draft) -> Result<(), String> {
    let file = folder.join("package.json");
    let package: Value = serde_json::from_str(&read(&file)?).map_err(|error| format!("{}: {error}", file.display()))?;
    let none = serde_json::Map::new();
    let scripts = package["scripts"].as_object().unwrap_or(&none);
    let manager = [("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn")];
    let manager = manager
        .iter()
        .find(|(lock, _)| folder.join(lock).is_file())
        .map_or("npm", |(_, name)| name);
    let server = ["start", "serve", "dev"]
        .into_iter()
        .find(|name| scripts.contains_key(*name));
    for name in scripts.keys() {
        let is_worker = name.contains("worker") || name.contains("queue");
        let is_migration = name.contains("migrate");
        let mut node = if Some(name.as_str()) == server {
            told_its_port()
        } else if is_worker || is_migration {
            Node {
                once: is_migration,
                ports: is_worker.then(Vec::new),
                ..Node::default()
            }
        } else {
            draft.lost.push(format!(
                "the script {name} of package.json: neither the server, a worker nor a migration"
            ));
            continue;
        };
        node.runs = Runs::Command([manager, "run", name].map(str::to_owned).to_vec());
        node.folder = Some(back.to_owned());
        let wanted = if Some(name.as_str()) == server {
            package["name"].as_str().unwrap_or("web")
        } else {
            name
        };
        add(draft, wanted, node);
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}
