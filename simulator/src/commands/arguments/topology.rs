use std::path::{Path, PathBuf};

use clap::Args;

use crate::{
    backend::{Keep, Options, Profile},
    scenario::Scenario,
    search,
    topology::{Backend, HIDDEN, Secrets, Topology},
};

/// The variables of a topology, and the build of its nodes.
#[derive(Clone, Debug, Args)]
pub(crate) struct TopologyArgs {
    /// Give a variable of the topology another value; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Start the nodes of this profile of the topology, and what they need; may be repeated
    #[arg(long = "profile", value_name = "NAME")]
    pub(crate) profiles: Vec<String>,
    /// Run the nodes as processes of this machine, or each in a container of a Docker engine
    #[arg(long, value_enum, default_value_t, value_name = "NAME", hide_possible_values = true)]
    pub(crate) backend: Backend,
    /// Build and run cargo binaries in the release profile instead of debug
    #[arg(long)]
    pub(crate) release: bool,
    /// The runs that are kept once they are over; at the start of a run the oldest beyond them are removed
    #[arg(long, value_name = "NUMBER", env = "SEAM_KEEP_RUNS", default_value_t = Keep::default().runs)]
    keep_runs: usize,
    /// Their size on disk, such as 500MiB; the newest one is kept whatever its size
    #[arg(long, value_name = "SIZE", env = "SEAM_KEEP_SIZE", default_value = "2GiB", value_parser = bytes)]
    keep_size: u64,
}

impl TopologyArgs {
    /// Reads a topology by name or path, and takes the nodes of the profiles, if any are chosen.
    ///
    /// # Errors
    /// As [`Topology::load`] and [`Topology::with_profiles`].
    pub(crate) fn load(&self, name_or_path: &str) -> Result<Topology, String> {
        let whole = Topology::load_for(self.backend, name_or_path, &self.set);
        let chosen = whole.and_then(|whole| match self.profiles.as_slice() {
            [] => Ok(whole),
            profiles => whole.with_profiles(profiles),
        });
        chosen.map_err(|error| error.to_string())
    }

    /// The profile in which cargo binaries are built.
    pub(crate) fn profile(&self) -> Profile {
        if self.release { Profile::Release } else { Profile::Debug }
    }

    /// The command of this name that has a scenario or a plan, and this topology if it is not the scenario's own, with
    /// `more` words, as a shell takes it in any folder: what was found from the current one has its whole path. Secrets
    /// are hidden in it.
    pub(crate) fn command(
        &self,
        name: &str,
        scenario: &str,
        topology: Option<&str>,
        more: Vec<String>,
        secrets: &Secrets,
    ) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "seam".to_owned());
        let program = match program.contains('/') {
            true => whole(PathBuf::from(program)),
            false => program,
        };
        let (scenario, topology) = (
            found("scenarios", scenario),
            topology.map(|topology| found("topologies", topology)),
        );
        let mut words = vec![program, name.to_owned(), scenario];
        let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        topology.into_iter().for_each(|topology| option("topology", topology));
        self.set.iter().for_each(|(name, value)| {
            let value = if secrets.has(name) { HIDDEN } else { value };
            option("set", format!("{name}={value}"));
        });
        let profiles = self.profiles.iter();
        profiles.for_each(|profile| option("profile", profile.clone()));
        if self.backend != Backend::default() {
            option("backend", self.backend.to_string());
        }
        words.extend(more);
        words.extend(self.release.then(|| "--release".to_owned()));
        quoted(&words)
    }

    /// The options of the backend.
    pub(crate) fn options(&self) -> Options {
        Options {
            profile: self.profile(),
            keep: Keep {
                runs: self.keep_runs,
                bytes: self.keep_size,
            },
            ..Options::default()
        }
    }
}

/// The topology that a scenario names, as a name or a path from the current folder: a path leads from the scenario's
/// `file`, or else from `here`, and a name is looked for from `here`, or else beside the scenario.
///
/// # Errors
/// When there is none; the text says where it was looked for.
pub(crate) fn own_topology(scenario: &Scenario, file: &Path, here: &Path) -> Result<String, String> {
    let name = &scenario.topology;
    let beside = file.parent().unwrap_or(here);
    let is_path = name.contains('/') || name.ends_with(".toml");
    let (first, second) = if is_path { (beside, here) } else { (here, beside) };
    let found = search::find_from(first, "topologies", name);
    match found {
        Ok(_) if first == here => Ok(name.clone()),
        Ok(path) => Ok(path.display().to_string()),
        Err(error) => match search::find_from(second, "topologies", name) {
            Ok(_) if second == here => Ok(name.clone()),
            Ok(path) => Ok(path.display().to_string()),
            Err(_) => Err(error.to_string()),
        },
    }
}

/// The whole path of a scenario or a topology; as it is, if there is none.
fn found(kind: &'static str, name_or_path: &str) -> String {
    search::find(kind, name_or_path).map_or_else(|_| name_or_path.to_owned(), whole)
}

/// A path from the root.
fn whole(path: PathBuf) -> String {
    let whole = std::path::absolute(&path).unwrap_or(path);
    whole.display().to_string()
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, HIDDEN)) => Err(format!(
            "{HIDDEN} stands for a secret in a replay line; give the value of {name}"
        )),
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("wanted NAME=VALUE, such as log=debug".to_owned()),
    }
}

/// Words as a shell takes them unchanged.
fn quoted(words: &[String]) -> String {
    let words = words.iter().map(String::as_str);
    // Only a NUL can't be quoted, and the system gives no program an argument with one.
    shlex::try_join(words.clone()).unwrap_or_else(|_| words.collect::<Vec<_>>().join(" "))
}

/// Reads a number of bytes with or without a unit.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.find(|one: char| !one.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "" | "B" => Some(1),
        "kB" => Some(1_000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let number: Option<u64> = number.parse().ok();
    number
        .zip(factor)
        .and_then(|(number, factor): (u64, u64)| number.checked_mul(factor))
        .ok_or_else(|| "wanted a whole number, alone or with B, kB, MB, GB, KiB, MiB or GiB, such as 500MiB".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::{TopologyArgs, bytes, name_and_value, quoted};
    use crate::{backend::Keep, topology::Secrets};

    #[test]
    fn a_command_has_every_choice_and_no_secret() {
        let command = TopologyArgs::augment_args(clap::Command::new("seam"));
        let words = [
            "seam",
            "--release",
            "--set",
            "password=p\"w",
            "--set",
            "log=a b",
            "--profile",
            "web",
            "--backend",
            "containers",
        ];
        let args = TopologyArgs::from_arg_matches(&command.get_matches_from(words)).expect("they are right");
        let secrets = Secrets::new([("password".to_owned(), "p\"w".to_owned())]);

        let said = args.command(
            "explore",
            "errand",
            Some("corner"),
            vec!["--from".to_owned(), "1".to_owned()],
            &secrets,
        );

        let words = shlex::split(&said).expect("a command");
        let wanted = "explore errand --topology corner --set password=*** --set|log=a b|--profile web --backend \
                      containers --from 1 --release";
        let wanted: Vec<&str> = wanted
            .split('|')
            .flat_map(|part| match part {
                "log=a b" => vec![part],
                words => words.split(' ').collect(),
            })
            .collect();
        assert_eq!(words[1..], wanted);
    }

    #[test]
    fn a_word_with_a_brace_or_a_quote_survives_the_shell() {
        for word in ["plain-1.2", "url=postgres://{module}:pw@host/db", "it's", "", "a b"] {
            let echoed = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quoted(&[word.to_owned()]))])
                .output()
                .expect("a shell");

            assert_eq!(String::from_utf8_lossy(&echoed.stdout), word);
        }
    }

    #[test]
    fn a_size_is_a_whole_number_with_a_unit_or_without() {
        assert_eq!(bytes("2GiB"), Ok(Keep::default().bytes));
        assert_eq!([bytes("0"), bytes("7kB"), bytes("12B")], [Ok(0), Ok(7_000), Ok(12)]);
        for wrong in ["", "GiB", "1.5GiB", "-1", "2gib", "99999999999GiB", "1 MiB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_setting_without_a_name_or_a_value_is_refused() {
        assert_eq!(name_and_value("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(name_and_value("password=***").is_err());
        assert!(name_and_value("a").is_err() && name_and_value("=b").is_err());
    }
}
