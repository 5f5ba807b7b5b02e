//! `seam schema` and `seam reference`: the keys of the files, for editors and for people.

use clap::{Args, ValueEnum};

use super::output;
use crate::{exit, rehearsal, scenario, schema::page, topology};

/// Print the JSON Schema of a kind of file.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Editors with TOML support (Even Better TOML, taplo) check and complete a file that begins with \
    `#:schema PATH`, where PATH leads from the file to the saved schema."
)]
pub(crate) struct SchemaArgs {
    /// The kind of file
    kind: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Topology,
    Scenario,
    Rehearsal,
}

/// Runs `seam schema` and returns the exit code, one of [`crate::exit`].
pub(crate) fn run(args: &SchemaArgs) -> u8 {
    let schema = match args.kind {
        Kind::Topology => topology::schema(),
        Kind::Scenario => scenario::schema(),
        Kind::Rehearsal => rehearsal::schema(),
    };
    output::printed("schema", output::print_line(&format!("{schema:#}")), exit::PASS)
}

/// Prints `simulator/REFERENCE.md` and returns the exit code, one of [`crate::exit`].
pub(crate) fn reference() -> u8 {
    let topology = page(
        "Topology",
        "Guide and examples: [TOPOLOGY.md](TOPOLOGY.md). Names of nodes, ports and data have 1 to 63 lower-case \
         letters,\ndigits and dashes, and begin with a letter.",
        &topology::schema(),
    );
    let scenario = page("Scenario", "Examples: [scenarios](scenarios).", &scenario::schema());
    let plan = page(
        "Plan of a rehearsal",
        "Example: [rehearsals](rehearsals).",
        &rehearsal::schema(),
    );
    let text = format!(
        "# Reference of topology, scenario and plan files\n\nMade by `seam reference` from the types that read the \
         files; `seam schema` prints the same as JSON Schema.\n\n{topology}\n{scenario}\n{plan}"
    );
    output::printed("reference", output::print(&text), exit::PASS)
}
