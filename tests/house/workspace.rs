use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A crate of the workspace, as its manifest has it.
pub(crate) struct Member {
    pub(crate) name: String,
    /// Its folder, relative to the root, with `/` between the parts.
    pub(crate) place: String,
    pub(crate) folder: PathBuf,
    pub(crate) manifest: PathBuf,
    pub(crate) text: String,
    pub(crate) dependencies: Vec<Dependency>,
}

impl Member {
    /// Its Rust files, without those of crates that stand in its folder.
    pub(crate) fn sources(&self) -> Vec<PathBuf> {
        let is_own = |file: &PathBuf| {
            let mut folders = file.ancestors().skip(1).take_while(|folder| *folder != self.folder);
            !folders.any(|folder| folder.join("Cargo.toml").exists())
        };
        rust_files(&self.folder).into_iter().filter(is_own).collect()
    }
}

/// A line of a manifest that names another crate.
pub(crate) struct Dependency {
    /// The name of the package, even where the manifest gives it another.
    pub(crate) package: String,
    pub(crate) line: usize,
    /// Stands under `[dev-dependencies]`.
    pub(crate) is_for_testing: bool,
}

pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("the suites stand in a folder of the workspace").to_owned()
}

/// The path relative to the root, as messages show it.
pub(crate) fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

pub(crate) fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{} can't be read: {error}", shown(file)))
}

/// Every member of the workspace, in the order of the root manifest.
pub(crate) fn members() -> Vec<Member> {
    let manifest = read(&root().join("Cargo.toml"));
    let renamed = renamed(&manifest);
    let list = manifest
        .split_once("members = [")
        .and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.expect("the root manifest lists its members");
    let places = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split('"').next());
    places.map(|place| member(place, &renamed)).collect()
}

/// The member of this name; there has to be one.
pub(crate) fn named<'a>(members: &'a [Member], name: &str) -> &'a Member {
    let member = members.iter().find(|member| member.name == name);
    member.unwrap_or_else(|| panic!("no member of the workspace is called {name:?}; if it was renamed, rename it here"))
}

/// The crates that are one module of the platform each.
pub(crate) fn modules(members: &[Member]) -> Vec<&Member> {
    let is_module = |member: &&Member| {
        member.place.starts_with("services/") && !["shared", "monolith", "unified"].contains(&member.name.as_str())
    };
    members.iter().filter(is_module).collect()
}

/// Every Rust file below `folder`, in the order of their paths, without build output and hidden folders.
pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files(folder, "rs")
}

/// The same for another extension.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{} can't be read: {error}", shown(folder)));
    for entry in entries {
        let path = entry.expect("an entry of the folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Cargo marks its target folder, whatever it is called.
        if path.is_dir() && !name.starts_with('.') && name != "target" && !path.join("CACHEDIR.TAG").exists() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn member(place: &str, renamed: &BTreeMap<String, String>) -> Member {
    let folder = root().join(place);
    let manifest = folder.join("Cargo.toml");
    let text = read(&manifest);
    let name = text.lines().find_map(|line| line.strip_prefix("name = "));
    let name = name.unwrap_or_else(|| panic!("{} names no package", shown(&manifest)));
    let mut dependencies = Vec::new();
    for (line, section, key, value) in entries(&text) {
        let mut parts: Vec<&str> = section.split('.').collect();
        // `[dependencies.name]` is the entry itself; its other lines are its keys.
        let in_table = parts.len() > 1 && parts[parts.len() - 2].ends_with("dependencies");
        let key = if in_table { parts.pop().unwrap_or_default() } else { key };
        if parts.last().is_some_and(|last| last.ends_with("dependencies")) {
            let alias = key.split('.').next().unwrap_or(key);
            let package = package(value).or_else(|| renamed.get(alias).cloned());
            dependencies.push(Dependency {
                package: package.unwrap_or_else(|| alias.to_owned()),
                line,
                is_for_testing: parts.last() == Some(&"dev-dependencies"),
            });
        }
    }
    let (name, place) = (name.trim_matches('"').to_owned(), place.to_owned());
    Member {
        name,
        place,
        folder,
        manifest,
        text,
        dependencies,
    }
}

/// The dependencies that the workspace gives another name than their package has.
fn renamed(root: &str) -> BTreeMap<String, String> {
    let in_workspace = entries(root)
        .into_iter()
        .filter(|(_, section, ..)| *section == "workspace.dependencies");
    in_workspace
        .filter_map(|(_, _, key, value)| Some((key.to_owned(), package(value)?)))
        .collect()
}

fn package(value: &str) -> Option<String> {
    let (_, rest) = value.split_once("package = \"")?;
    rest.split('"').next().map(str::to_owned)
}

/// Line, section, key and value of each entry that begins on a line of its own.
fn entries(manifest: &str) -> Vec<(usize, &str, &str, &str)> {
    let mut section = "";
    let mut entries = Vec::new();
    for (line, text) in (1..).zip(manifest.lines()) {
        let text = text.trim();
        if let Some(header) = text.strip_prefix('[') {
            section = header.trim_start_matches('[').split(']').next().unwrap_or_default();
        } else if let Some((key, value)) = text.split_once('=').filter(|_| !text.starts_with('#')) {
            entries.push((line, section, key.trim(), value.trim()));
        }
    }
    entries
}
