//! Walls between crates: from the manifests, and from the imports, which may name no crate that the manifest must not.

use crate::{
    inspection::Inspection,
    tokens::{self, Token},
    workspace::{Member, members, modules, named},
};

const DATABASES: &[&str] = &["sqlx"];
const DOCKER: &[&str] = &["testcontainers", "bollard"];

fn names<'a>(members: impl IntoIterator<Item = &'a Member>) -> Vec<&'a str> {
    members.into_iter().map(|member| member.name.as_str()).collect()
}

fn below<'a>(members: &'a [Member], folder: &str) -> Vec<&'a Member> {
    members
        .iter()
        .filter(|member| member.place.starts_with(folder))
        .collect()
}

/// Fails if a crate of `knowers` depends on one of `forbidden` or imports it, in production or in its tests.
#[track_caller]
fn know_none_of(knowers: &[&Member], forbidden: &[&str]) {
    let mut inspection = Inspection::default();
    for member in knowers {
        for dependency in &member.dependencies {
            inspection.examine();
            if forbidden.contains(&dependency.package.as_str()) {
                let problem = format!("{} must not depend on {}", member.name, dependency.package);
                inspection.breach(&member.manifest, dependency.line, problem);
            }
        }
        for file in member.sources() {
            let tokens = tokens::of(&file);
            for (line, imported) in imports(&tokens) {
                inspection.examine();
                if forbidden.contains(&imported) && *imported != member.name {
                    inspection.breach(&file, line, format!("{} must not import {imported}", member.name));
                }
            }
        }
    }
    inspection.holds("dependencies and imports");
}

/// The first name of each `use` and each `extern crate`, unless the file has a module of that name.
fn imports(tokens: &[(usize, Token)]) -> Vec<(usize, &str)> {
    let is_own = |name: &str| tokens.windows(2).any(|pair| pair[0].1.is("mod") && pair[1].1.is(name));
    let mut found = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let is_import = token.is("use") || (token.is("crate") && at > 0 && tokens[at - 1].1.is("extern"));
        let mut rest = tokens[at + 1..].iter().skip_while(|(_, next)| next.is_sign(':'));
        if let Some((_, Token::Word(name))) = rest.next().filter(|_| is_import)
            && !is_own(name)
        {
            found.push((*line, name.as_str()));
        }
    }
    found
}

/// Fails if a crate depends on a crate of ours that is not among `allowed`; `for_testing` are allowed to its tests too.
#[track_caller]
fn knows_only(members: &[Member], name: &str, allowed: &[&str], for_testing: &[&str]) {
    let member = named(members, name);
    let ours = names(members);
    let mut inspection = Inspection::default();
    for dependency in &member.dependencies {
        inspection.examine();
        let package = dependency.package.as_str();
        let is_allowed = allowed.contains(&package) || (dependency.is_for_testing && for_testing.contains(&package));
        if ours.contains(&package) && package != name && !is_allowed {
            inspection.breach(
                &member.manifest,
                dependency.line,
                format!("of the crates of this workspace {name} may depend on {allowed:?} only, not on {package}"),
            );
        }
    }
    inspection.holds("dependencies");
}

#[test]
fn every_crate_stands_in_a_room_whose_walls_are_checked() {
    let rooms = ["contracts/", "services/", "simulator/"];
    let mut inspection = Inspection::default();
    for member in members() {
        inspection.examine();
        let is_known = rooms.iter().any(|room| member.place.starts_with(room));
        if !is_known && !["simulator", "tests"].contains(&member.place.as_str()) {
            let problem = format!(
                "{} stands in none of {rooms:?}; give its room walls in this suite",
                member.name
            );
            inspection.breach(&member.manifest, 1, problem);
        }
    }
    inspection.holds("crates");
}

#[test]
fn every_crate_keeps_the_lints_of_the_workspace() {
    let mut inspection = Inspection::default();
    for member in members() {
        inspection.examine();
        if !member.text.contains("[lints]\nworkspace = true") {
            inspection.breach(&member.manifest, 1, "wanted `[lints]` with `workspace = true`");
        }
    }
    inspection.holds("manifests");
}

#[test]
fn seam_depends_on_no_crate_of_ours_but_its_macros_and_the_linearizability_checker() {
    knows_only(&members(), "seam", &["seam-macros", "linearizability"], &[]);
}

#[test]
fn the_linearizability_checker_knows_nothing_of_ours() {
    knows_only(&members(), "linearizability", &[], &[]);
}

#[test]
fn the_macros_of_seam_know_nothing_of_ours() {
    knows_only(&members(), "seam-macros", &[], &[]);
    knows_only(&members(), "refusals", &[], &["seam"]);
}

#[test]
fn contracts_know_no_service_no_simulator_no_database_and_no_docker() {
    let members = members();
    let mut forbidden = names(below(&members, "services/"));
    forbidden.extend(names(below(&members, "simulator")));
    know_none_of(
        &below(&members, "contracts/"),
        &[&forbidden, DATABASES, DOCKER].concat(),
    );
}

#[test]
fn commerce_knows_no_crate_of_ours_but_seam() {
    knows_only(&members(), "commerce", &["seam"], &[]);
}

#[test]
fn ledger_and_verifier_know_neither_simulator_nor_commerce_nor_services() {
    let members = members();
    knows_only(&members, "ledger", &["page"], &[]);
    knows_only(&members, "verifier", &["ledger", "page"], &[]);
}

#[test]
fn the_frame_of_pages_knows_no_crate_of_ours() {
    knows_only(&members(), "page", &[], &[]);
}

#[test]
fn the_features_that_the_suites_switch_on_are_switched_on_without_any_crate_of_ours() {
    knows_only(&members(), "unified", &[], &[]);
}

#[test]
fn the_listener_of_services_and_sinks_knows_no_crate_of_ours() {
    knows_only(&members(), "listener", &[], &[]);
}

#[test]
fn shared_knows_no_module_and_no_simulator() {
    knows_only(&members(), "shared", &["seam", "commerce", "listener", "unified"], &[]);
}

#[test]
fn no_module_imports_another_module() {
    let members = members();
    let modules = modules(&members);
    assert!(modules.len() >= 4, "found {:?}", names(modules.iter().copied()));
    for module in &modules {
        let others = modules.iter().copied().filter(|other| other.name != module.name);
        know_none_of(
            &[module],
            &[names(others), vec!["monolith", "simulator", "tests"]].concat(),
        );
    }
}

#[test]
fn only_the_monolith_knows_the_modules_and_it_knows_them_all() {
    let members = members();
    let modules = names(modules(&members));
    // The modules themselves have a wall of their own, above.
    let may = |name: &str| name == "monolith" || name == "tests" || modules.contains(&name);
    let others: Vec<&Member> = members.iter().filter(|member| !may(&member.name)).collect();
    know_none_of(&others, &modules);
    let monolith = &named(&members, "monolith").dependencies;
    for module in &modules {
        let is_known = monolith
            .iter()
            .any(|known| known.package == *module && !known.is_for_testing);
        assert!(
            is_known,
            "services/monolith/Cargo.toml: the monolith does not know the module {module}"
        );
    }
}

#[test]
fn the_simulator_knows_neither_commerce_nor_any_service() {
    let members = members();
    let simulator = named(&members, "simulator");
    let forbidden = [
        names(below(&members, "services/")),
        vec!["commerce", "seam-macros", "outside"],
    ]
    .concat();
    know_none_of(&[simulator], &forbidden);
}

#[test]
fn faults_and_outside_know_neither_the_simulator_nor_a_module() {
    let members = members();
    knows_only(&members, "faults", &[], &[]);
    knows_only(&members, "outside", &["listener"], &[]);
    let pair = [named(&members, "faults"), named(&members, "outside")];
    know_none_of(&pair, DOCKER);
}

#[test]
fn nothing_depends_on_the_suites() {
    let members = members();
    let others: Vec<&Member> = members.iter().filter(|member| member.name != "tests").collect();
    know_none_of(&others, &["tests"]);
}
