use clap::Args;

use crate::{
    backend::{Options, Profile},
    topology::{HIDDEN, Topology},
};

/// The variables of a topology, and the build of its nodes.
#[derive(Clone, Debug, Args)]
pub(crate) struct TopologyArgs {
    /// Give a variable of the topology another value; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Build and run cargo binaries in the release profile instead of debug
    #[arg(long)]
    pub(crate) release: bool,
}

impl TopologyArgs {
    /// Reads a topology by name or path.
    ///
    /// # Errors
    /// As [`Topology::load`].
    pub(crate) fn load(&self, name_or_path: &str) -> Result<Topology, String> {
        Topology::load(name_or_path, &self.set).map_err(|error| error.to_string())
    }

    /// The profile in which cargo binaries are built.
    pub(crate) fn profile(&self) -> Profile {
        if self.release { Profile::Release } else { Profile::Debug }
    }

    /// The options of the backend.
    pub(crate) fn options(&self) -> Options {
        Options {
            profile: self.profile(),
            ..Options::default()
        }
    }
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

#[cfg(test)]
mod tests {
    use super::name_and_value;

    #[test]
    fn a_setting_without_a_name_or_a_value_is_refused() {
        assert_eq!(name_and_value("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(name_and_value("password=***").is_err());
        assert!(name_and_value("a").is_err() && name_and_value("=b").is_err());
    }
}
