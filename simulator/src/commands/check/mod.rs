//! `seam check`: reads topologies, scenarios and plans of rehearsals, and says everything that is wrong with them.
//! Nothing is started.

mod points;

use std::{fs, path::Path};

use clap::Args;

pub(crate) use points::fail_points;

use super::{arguments::own_topology, output};
use crate::{
    backend, exit,
    rehearsal::Plan,
    scenario::{FaultPlan, Scenario, UseKind},
    search,
    steps::{Errand, Fault, Support, Target},
    topology::Topology,
};

/// Check topologies, scenarios and plans without starting anything.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing is wrong, 2 something is; every flaw is a line on stderr.")]
pub(crate) struct CheckArgs {
    /// The files: names, looked for among topologies, scenarios and rehearsals, or paths. A scenario is checked with
    /// its topology, a plan with both
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

/// Runs `seam check` and returns the exit code, one of [`crate::exit`].
pub(crate) fn run(args: &CheckArgs) -> u8 {
    let mut flawed = false;
    for file in &args.files {
        let checked = check(file);
        match checked {
            Ok(kind) => {
                if let Err(error) = output::print_line(&format!("{file}: {kind}, nothing wrong")) {
                    return output::could_not_run("check", &error);
                }
            }
            Err(flaws) => {
                flawed = true;
                flaws.iter().for_each(|flaw| output::note(flaw));
            }
        }
    }
    if flawed { exit::COULD_NOT_RUN } else { exit::PASS }
}

/// Everything in a scenario that a topology does not have. `own` is true for the topology that the scenario names: the
/// roles that it only names must be there too.
pub(crate) fn misfits(scenario: &Scenario, topology: &Topology, own: bool) -> Vec<String> {
    let is_there = |role: &str, kind| match kind {
        UseKind::Asked => topology.role(role).is_some(),
        UseKind::Hit | UseKind::Named => topology.role(role).is_some() || topology.node(role).is_some(),
    };
    let mut known: Vec<&str> = topology.roles();
    known.extend(topology.nodes().iter().map(|node| node.name.as_str()));
    known.sort_unstable();
    known.dedup();
    let wanted = scenario
        .uses()
        .into_iter()
        .filter(|it| own || it.kind != UseKind::Named);
    let missing = wanted.filter(|it| !is_there(&it.role, it.kind));
    let line = |it: crate::scenario::Use| {
        let lacks = match topology.node(&it.role) {
            Some(_) => "has no port to ask it at",
            None => "has no such node or role",
        };
        let (name, known) = (topology.name(), known.join(", "));
        format!(
            "{} names '{}', and topology {name} {lacks}; known are {known}",
            it.place, it.role
        )
    };
    let mut misfits: Vec<String> = missing.map(line).collect();
    misfits.extend(scenario.errands().filter_map(no_program));
    let faults = scenario.faults.iter().chain(scenario.candidates());
    misfits.extend(faults.flat_map(|plan| refused(plan, topology)));
    misfits.extend(fail_points(scenario, topology).err());
    misfits
}

/// The lack of the program that a scenario runs beside the system.
fn no_program(errand: &Errand) -> Option<String> {
    let program = errand.words.first()?;
    let place = match program.contains('/') {
        true => errand.folder.display().to_string(),
        false => "PATH".to_owned(),
    };
    let is_there = backend::program_is_there(program, &errand.folder);
    let lack = format!("there is no program {program} in {place}; install it, or correct the scenario's command");
    (!is_there).then_some(lack)
}

/// The reasons why a fault can't be laid on a topology. A role that is missing is said otherwise.
fn refused(plan: &FaultPlan, topology: &Topology) -> Vec<String> {
    let is_there = |fault: &Fault| match &fault.target {
        Target::Node(role) => topology.role(role).is_some() || topology.node(role).is_some(),
        Target::Link(_) | Target::Partition(..) => true,
    };
    let reason = |fault: Fault| match backend::support(topology, &fault) {
        Support::Refused(reason) => {
            let what = format!("{} {}", fault.kind.to_do(), fault.target);
            Some(format!("fault {:?} can't {what}: {reason}", fault.name))
        }
        Support::Supported | Support::Approximated(_) => None,
    };
    plan.possible()
        .into_iter()
        .filter(is_there)
        .filter_map(reason)
        .collect()
}

/// Checks one file, and returns its kind or everything that is wrong.
fn check(name: &str) -> Result<&'static str, Vec<String>> {
    let here = std::env::current_dir().map_err(|error| vec![format!("the current folder can't be told: {error}")])?;
    let found = search::find_from(&here, "topologies", name).or_else(|not_found| {
        // The first error lists the topologies; a name of neither kind is more likely to be meant as one.
        let scenario = search::find_from(&here, "scenarios", name);
        scenario.or_else(|_| search::find_from(&here, "rehearsals", name).map_err(|_| not_found))
    });
    let file = found.map_err(|error| vec![error.to_string()])?;
    let shown = if name.contains('/') || name.ends_with(".toml") {
        Path::new(name)
    } else {
        &file
    };
    let text = fs::read_to_string(&file).map_err(|error| vec![format!("cannot read {}: {error}", shown.display())])?;
    if is_plan(&text) {
        return check_plan(&text, shown, &here);
    }
    if !is_scenario(&text) {
        let checked = Topology::check(&text, shown, &[]);
        let lines = |errors: Vec<_>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        return checked.map(|_| "a topology").map_err(lines);
    }
    let scenario = Scenario::parse(&text, shown).map_err(|error| vec![error.to_string()])?;
    let topology = own_topology(&scenario, &file, &here).map_err(|error| vec![error])?;
    let topology = Topology::load(&topology, &[]);
    let topology = topology.map_err(|error| vec![format!("{}: its topology: {error}", shown.display())])?;
    let misfits = misfits(&scenario, &topology, true);
    if misfits.is_empty() {
        return Ok("a scenario");
    }
    Err(misfits.iter().map(|it| format!("{}: {it}", shown.display())).collect())
}

fn check_plan(text: &str, shown: &Path, here: &Path) -> Result<&'static str, Vec<String>> {
    let plan = Plan::parse(text, shown).map_err(|error| vec![error.to_string()])?;
    let topology = own_topology(&plan.scenario, &plan.scenario_file, here).map_err(|error| vec![error])?;
    let token = (plan.token.clone(), "a token of a rehearsal".to_owned());
    let topology = Topology::load(&topology, &[token]);
    let topology = topology.map_err(|error| vec![format!("{}: its topology: {error}", shown.display())])?;
    let misfits = misfits_of_plan(&plan, &topology);
    if misfits.is_empty() {
        return Ok("a plan");
    }
    Err(misfits.iter().map(|it| format!("{}: {it}", shown.display())).collect())
}

/// Everything in a plan and its scenario that a topology does not have.
pub(crate) fn misfits_of_plan(plan: &Plan, topology: &Topology) -> Vec<String> {
    let mut misfits = misfits(&plan.scenario, topology, true);
    let missing = plan
        .roles()
        .into_iter()
        .filter(|(_, role)| topology.role(role).is_none());
    misfits.extend(missing.map(|(place, role)| {
        let (name, known) = (topology.name(), topology.roles().join(", "));
        format!("{place} names '{role}', and topology {name} has no such node or role; known are {known}")
    }));
    if !topology.secrets().has(&plan.token) {
        misfits.push(format!(
            "launch.token names '{}', and topology {} does not list that variable as secret",
            plan.token,
            topology.name()
        ));
    }
    misfits.extend(
        plan.planted()
            .filter_map(|fault| match backend::support(topology, fault) {
                Support::Refused(reason) => Some(format!("control.defect {:?} can't be planted: {reason}", fault.name)),
                Support::Supported | Support::Approximated(_) => None,
            }),
    );
    misfits
}

/// True for a text with a section that only plans of rehearsals have.
fn is_plan(text: &str) -> bool {
    let keys = text.parse::<toml::Table>().unwrap_or_default();
    let broken = keys.is_empty() && text.contains("[launch]") && text.contains("[handover]");
    broken || (keys.contains_key("launch") && !keys.contains_key("workload")) || keys.contains_key("handover")
}

/// True for a text with a section that only scenarios have. Anything else is taken for a topology.
fn is_scenario(text: &str) -> bool {
    let keys = text.parse::<toml::Table>().unwrap_or_default();
    let broken = keys.is_empty() && (text.contains("[workload]") || text.contains("[[step]]"));
    broken
        || ["workload", "step", "invariant", "observe", "fault", "explore"]
            .iter()
            .any(|key| keys.contains_key(*key))
}
