use std::{env, fmt::Display, path::Path};

/// The command that replays this test, or this example, with these variables.
pub(crate) fn command<V: Display>(variables: &[(&str, V)]) -> String {
    let variables: Vec<String> = variables
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let package = env::var("CARGO_PKG_NAME").map_or_else(|_| String::new(), |name| format!(" -p {name}"));
    let program = env::current_exe().unwrap_or_default();
    let thread = std::thread::current();
    format!(
        "{} cargo {}",
        variables.join(" "),
        target(&package, &program, thread.name())
    )
}

fn target(package: &str, program: &Path, thread: Option<&str>) -> String {
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    let folder = program.parent().and_then(Path::file_name).unwrap_or_default();
    // Cargo puts tests and benches into `deps`, under their name and a hash.
    if folder == "deps" {
        let name = stem.rsplit_once('-').map_or(&*stem, |(name, _)| name);
        let test = thread
            .filter(|name| *name != "main")
            .map_or_else(String::new, |name| format!(" -- --exact {name}"));
        return format!("test{package} --test {name}{test}");
    }
    let kind = if folder == "examples" { "--example" } else { "--bin" };
    format!("run{package} {kind} {stem}")
}
