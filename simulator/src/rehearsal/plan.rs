use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use seam::launch::{Claim, Dial, Lane, Side, Stage};
use thiserror::Error;

use super::file::{ControlTable, DefectTable, PlanFile, StepKind, StepTable};
use crate::{
    scenario::{Scenario, ScenarioError, Span},
    search::{self, NotFound},
    steps::{Fault, FaultKind, LinkFault, Target},
};

/// The version of plans that is understood.
const VERSION: u64 = 1;

/// A plan that was read and checked.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) about: String,
    /// The scenario, and the file that it stands in.
    pub(crate) scenario: Scenario,
    pub(crate) scenario_file: PathBuf,
    pub(crate) launch_node: String,
    pub(crate) launch: String,
    /// The variable of the topology that holds the operators' token.
    pub(crate) token: String,
    pub(crate) module: String,
    /// The roles of the side that has the module at first, and of the one that is to have it.
    pub(crate) sides: [String; 2],
    pub(super) copy_every: Duration,
    pub(crate) claim: Claim,
    pub(super) caught_within: Duration,
    /// At least one.
    pub(super) defects: Vec<Defect>,
    pub(super) kill: Option<Kill>,
    pub(super) rolls_back: bool,
    /// Begins with a backfill, ends with `complete`, and has at least three more.
    pub(super) steps: Vec<Step>,
}

/// A defect of the candidate.
#[derive(Clone, Debug)]
pub(super) struct Defect {
    pub(super) fault: Fault,
    /// Texts that one reason of the gate must hold.
    pub(super) named: Vec<String>,
}

/// Roles of which one is killed.
#[derive(Clone, Debug)]
pub(super) struct Kill {
    pub(super) roles: Vec<String>,
    pub(super) lasts: Span,
}

/// A step: the state of the platform after it, and the time until the gate has to let the next one begin.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    /// The stage and the dials of reads.
    pub(super) lane: Lane,
    /// The side that has the duty to act.
    pub(super) duty: Side,
    /// The rows that a copy has to have seen.
    pub(super) rows: u64,
    pub(super) within: Duration,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            StepKind::Backfill => f.write_str("backfill"),
            StepKind::Shadow => write!(f, "shadow {}", self.lane.shadowed),
            StepKind::Serve => write!(f, "serve {}", self.lane.served),
            StepKind::Switch => f.write_str("switch the duty"),
            StepKind::ReverseShadow => f.write_str("reverse shadow"),
            StepKind::Complete => f.write_str("complete"),
        }
    }
}

/// The reason why a plan can't be followed.
#[derive(Debug, Error)]
pub(crate) enum PlanError {
    #[error(transparent)]
    NotFound(#[from] NotFound),
    #[error("plan {} can't be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("plan {} is not right: {source}", path.display())]
    Malformed {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("plan {}: {problem}", path.display())]
    Invalid { path: PathBuf, problem: String },
    #[error("plan {}: its scenario: {source}", path.display())]
    Scenario { path: PathBuf, source: Box<ScenarioError> },
}

impl Plan {
    /// Reads a plan by name or path. A name is looked for in `simulator/rehearsals` and `rehearsals`, in `from` and the
    /// folders above it up to the root of the workspace.
    pub(crate) fn load(name: &str, from: &Path) -> Result<Self, PlanError> {
        let path = search::find_from(from, "rehearsals", name)?;
        let text = fs::read_to_string(&path).map_err(|source| PlanError::Unreadable {
            path: path.clone(),
            source,
        })?;
        Self::parse(&text, &path)
    }

    /// Reads a plan from text; `path` is for messages, and its scenario is looked for from there.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, PlanError> {
        let file: PlanFile = toml::from_str(text).map_err(|source| PlanError::Malformed {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let home = whole.parent().unwrap_or(Path::new("/"));
        let scenario = |source: ScenarioError| PlanError::Scenario {
            path: path.to_owned(),
            source: Box::new(source),
        };
        let scenario_file = search::find_from(home, "scenarios", &file.scenario).map_err(|it| scenario(it.into()))?;
        let read = Scenario::load(&file.scenario, home).map_err(scenario)?;
        resolve(file, read, scenario_file).map_err(|problem| PlanError::Invalid {
            path: path.to_owned(),
            problem,
        })
    }

    /// Roles that it names beside its scenario, each with its place in the plan.
    pub(crate) fn roles(&self) -> Vec<(&str, &str)> {
        let [from, to] = &self.sides;
        let mut roles = vec![
            ("launch.node", self.launch_node.as_str()),
            ("handover.from", from.as_str()),
            ("handover.to", to.as_str()),
        ];
        let killed = self.kill.iter().flat_map(|kill| &kill.roles);
        roles.extend(killed.map(|role| ("kill.nodes", role.as_str())));
        roles
    }

    /// The faults that it may lay on links.
    pub(crate) fn planted(&self) -> impl Iterator<Item = &Fault> {
        self.defects.iter().map(|defect| &defect.fault)
    }
}

fn resolve(file: PlanFile, scenario: Scenario, scenario_file: PathBuf) -> Result<Plan, String> {
    if file.version != VERSION {
        return Err(format!(
            "version is {}, wanted {VERSION}: the only form that this seam reads",
            file.version
        ));
    }
    check_scenario(&scenario, &file.scenario)?;
    let handover = file.handover;
    if handover.from == handover.to {
        return Err(format!("handover.from and handover.to are both {:?}", handover.from));
    }
    let claim = Claim {
        mismatches_below: file.claim.mismatches_below,
        left_out_below: file.claim.left_out_below,
        exempt: file.claim.exempt.into_iter().collect(),
    };
    if let Some(problem) = claim.problem() {
        return Err(format!("claim: {problem}"));
    }
    let kill = file.kill.map(|kill| Kill {
        roles: kill.nodes,
        lasts: kill.lasts,
    });
    if kill.as_ref().is_some_and(|kill| kill.roles.is_empty()) {
        return Err("kill.nodes is empty; name nodes, or leave [kill] out".to_owned());
    }
    Ok(Plan {
        name: file.name,
        about: file.about,
        scenario,
        scenario_file,
        launch_node: file.launch.node,
        launch: file.launch.name,
        token: file.launch.token,
        module: handover.module,
        sides: [handover.from, handover.to],
        copy_every: handover.copy_every.0.max(Duration::from_millis(10)),
        claim,
        caught_within: file.control.within.0,
        defects: defects(file.control)?,
        kill,
        rolls_back: file.roll_back,
        steps: steps(file.step, file.step_within.0)?,
    })
}

/// Refuses a scenario that can't go on until the last step.
fn check_scenario(scenario: &Scenario, name: &str) -> Result<(), String> {
    if !scenario.faults.is_empty() || scenario.explore.is_some() {
        return Err(format!(
            "scenario {name:?} has faults, whose moments are counted in journeys that nobody knows here; name \
             one without"
        ));
    }
    if scenario.command.is_some() {
        return Err(format!(
            "scenario {name:?} has a command for a workload, which can't go on until the last step; name \
             one with journeys"
        ));
    }
    Ok(())
}

fn defects(control: ControlTable) -> Result<Vec<Defect>, String> {
    if control.defect.is_empty() {
        return Err("control.defect is empty: a gate that catches nothing would pass; plant at least one".to_owned());
    }
    let (mut defects, mut names) = (Vec::new(), BTreeSet::new());
    for table in control.defect {
        if !names.insert(table.name.clone()) {
            return Err(format!("control.defect: {:?} is there twice", table.name));
        }
        defects.push(defect(table, &control.link)?);
    }
    Ok(defects)
}

fn defect(table: DefectTable, link: &str) -> Result<Defect, String> {
    let DefectTable { name, on, does, named } = table;
    if named.iter().all(|text| text.trim().is_empty()) {
        return Err(format!(
            "control.defect {name:?}: named has no text; say what the gate has to name, such as a method and a field"
        ));
    }
    let fault = faults::Fault::new(name.clone(), on, does).map_err(|error| format!("control.defect: {error}"))?;
    Ok(Defect {
        fault: Fault {
            name,
            kind: FaultKind::Link,
            target: Target::Link(link.to_owned()),
            links: vec![LinkFault {
                link: link.to_owned(),
                fault,
            }],
            point: None,
        },
        named,
    })
}

/// The steps in their order, or the first one that is out of it.
fn steps(tables: Vec<StepTable>, within: Duration) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    for (index, table) in tables.into_iter().enumerate() {
        let place = format!("step {} ({:?})", index + 1, table.does);
        let step = step(&table, steps.last(), within).map_err(|problem| format!("{place}: {problem}"))?;
        let last = steps.last().map(|last| last.kind);
        let may_follow = match last {
            None => step.kind == StepKind::Backfill,
            Some(StepKind::Serve) => step.kind >= StepKind::Serve,
            Some(last) => step.kind > last,
        };
        if !may_follow {
            let after = last.map_or("the first is Backfill".to_owned(), |last| {
                format!("it comes before {last:?}")
            });
            return Err(format!("{place}: out of order, {after}"));
        }
        steps.push(step);
    }
    use StepKind::{Backfill, Complete, Serve, Shadow, Switch};
    for wanted in [Backfill, Shadow, Serve, Switch, Complete] {
        if !steps.iter().any(|step| step.kind == wanted) {
            return Err(format!(
                "there is no step that does {wanted:?}, which no rehearsal leaves out"
            ));
        }
    }
    Ok(steps)
}

fn step(table: &StepTable, before: Option<&Step>, within: Duration) -> Result<Step, String> {
    let kind = table.does;
    if table.served.is_some() && kind != StepKind::Serve {
        return Err("served is a key of serve alone".to_owned());
    }
    if table.shadowed.is_some() && !matches!(kind, StepKind::Shadow | StepKind::Serve) {
        return Err("shadowed is a key of shadow and serve".to_owned());
    }
    if table.rows.is_some() && kind != StepKind::Backfill {
        return Err("rows is a key of backfill alone".to_owned());
    }
    let shadowed = table.shadowed.unwrap_or(Dial::ALL);
    if shadowed == Dial::NONE {
        return Err("shadowed is 0 %, wanted more: nothing would be compared".to_owned());
    }
    let served_before = before.map_or(Dial::NONE, |step| step.lane.served);
    let lane = match kind {
        StepKind::Backfill => Lane::default(),
        StepKind::Shadow => Lane::new(Stage::Shadow, shadowed, Dial::NONE),
        StepKind::Serve => {
            let served = table.served.ok_or("served is missing, such as \"5 %\"")?;
            if served <= served_before {
                return Err(format!(
                    "served is {served}, wanted more than the {served_before} of before"
                ));
            }
            Lane::new(Stage::Live, shadowed, served)
        }
        StepKind::Switch | StepKind::ReverseShadow => {
            if served_before < Dial::ALL {
                return Err(format!(
                    "the candidate answers {served_before} before it, wanted a serve of 100 % first"
                ));
            }
            before.map_or_else(Lane::default, |step| step.lane)
        }
        StepKind::Complete => Lane::new(Stage::Complete, Dial::NONE, Dial::NONE),
    };
    Ok(Step {
        kind,
        lane,
        duty: if kind < StepKind::Switch {
            Side::Control
        } else {
            Side::Candidate
        },
        rows: table.rows.unwrap_or(1),
        within: table.within.map_or(within, |within| within.0),
    })
}
