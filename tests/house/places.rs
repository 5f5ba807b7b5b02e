//! The places where a service is written down, outside of what it brings itself.

use std::process::Command;

use crate::workspace::{read, root};

/// The service that is looked for. Any of them would do; this one's name means nothing else in the code.
const SERVICE: &str = "notifications";

/// The files to touch for a new service, beside its crate, its contract, its pacts, its tests and the prose.
const PLACES: [&str; 24] = [
    "Cargo.toml",
    "contracts/commerce/src/events.rs",
    "contracts/commerce/src/http/mod.rs",
    "contracts/commerce/src/http/openapi.rs",
    "contracts/commerce/src/lib.rs",
    "justfile",
    "score.toml",
    "services/monolith/Cargo.toml",
    "services/monolith/src/linked.rs",
    "services/monolith/src/platform.rs",
    "services/provision.sql",
    "services/shared/src/settings/standard.rs",
    "simulator/rehearsals/payments/topology.toml",
    "simulator/scenarios/bad-day.toml",
    "simulator/scenarios/checkout.toml",
    "simulator/scenarios/events-duplicated-and-reordered.toml",
    "simulator/scenarios/parts/books.toml",
    "simulator/scenarios/rolling-restart.toml",
    "simulator/scenarios/throughput.toml",
    "simulator/topologies/brokered.toml",
    "simulator/topologies/extraction.toml",
    "simulator/topologies/microservices.toml",
    "simulator/topologies/monolith.toml",
    "simulator/topologies/two-monoliths.toml",
];

#[test]
fn a_service_is_written_down_in_no_more_places_than_these() {
    let found: Vec<String> = files().into_iter().filter(|file| names_it(file)).collect();

    let new: Vec<_> = found.iter().filter(|file| !PLACES.contains(&file.as_str())).collect();
    let gone: Vec<_> = PLACES
        .iter()
        .filter(|place| !found.iter().any(|file| file == *place))
        .collect();
    assert!(
        new.is_empty(),
        "{new:?} name {SERVICE:?} too: find a way without, or add them here and to the number in ARCHITECTURE.md"
    );
    assert!(
        gone.is_empty(),
        "{gone:?} no longer name {SERVICE:?}: take them off this list and off the number in ARCHITECTURE.md"
    );
}

/// The tracked files that a service does not bring itself.
fn files() -> Vec<String> {
    let listed = Command::new("git").arg("ls-files").current_dir(root()).output();
    let listed = listed.expect("git lists the files of the repository").stdout;
    let files = String::from_utf8(listed).expect("paths are UTF-8");
    files
        .lines()
        .filter(|file| !is_its_own(file))
        .map(str::to_owned)
        .collect()
}

fn is_its_own(file: &str) -> bool {
    let is_contract = file.starts_with("contracts/commerce/src/") && file.ends_with(&format!("/{SERVICE}.rs"));
    let is_crate = file.starts_with(&format!("services/{SERVICE}/"));
    let is_test = file.split('/').any(|part| part == "tests");
    let is_prose = file.ends_with(".md") || file == "Cargo.lock";
    is_contract || is_crate || is_test || is_prose || file.starts_with("pacts/")
}

fn names_it(file: &str) -> bool {
    let file = root().join(file);
    file.is_file() && read(&file).to_lowercase().contains(SERVICE)
}
