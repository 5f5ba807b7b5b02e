use super::{Scenario, check::How};
use crate::steps::Errand;

/// Use of a role or node in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The place in the scenario, such as `step "order"`.
    pub place: String,
    /// The role or node.
    pub role: String,
    /// The thing that is done to it.
    pub kind: UseKind,
}

/// The things that a scenario does to a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseKind {
    /// A request is sent, so it must have a port.
    Asked,
    /// A fault hits it, or its log is read.
    Hit,
    /// It is only named, for a topology that has it.
    Named,
}

impl Scenario {
    /// Every program that it runs.
    pub fn errands(&self) -> impl Iterator<Item = &Errand> {
        let checks = self.checks.iter().filter_map(|check| match &check.how {
            How::Command(errand) => Some(errand),
            _ => None,
        });
        self.command.iter().chain(checks)
    }

    /// Every use of a role or node, in the order of the file's sections.
    pub fn uses(&self) -> Vec<Use> {
        let a_use = |place: String, role: &str, kind| Use {
            place,
            role: role.to_owned(),
            kind,
        };
        let named = |key: &str, role: &String| a_use(format!("`{key}`"), role, UseKind::Named);
        let killable = self.killable.iter().map(|role| named("killable", role));
        let may_die = self.may_die.iter().map(|role| named("may_die", role));
        let steps = self.setup.iter().map(|setup| &setup.step).chain(&self.steps);
        let steps = steps.map(|step| a_use(format!("step {:?}", step.name), &step.role, UseKind::Asked));
        let own = (1..).zip(&self.faults);
        let own = own.map(|(number, fault)| (format!("fault {number}"), fault));
        let candidates = self.candidates().iter();
        let candidates = candidates.map(|fault| (format!("candidate {:?}", fault.name()), fault));
        let faults = own.chain(candidates).flat_map(|(place, fault)| {
            let roles = fault.roles().into_iter().chain(fault.awaited());
            roles.map(move |role| a_use(place.clone(), role, UseKind::Hit))
        });
        let observed = self.observations.iter().flat_map(|observation| {
            let place = format!("table {:?}", observation.table);
            let roles = observation.roles.iter();
            roles.map(move |role| a_use(place.clone(), role, UseKind::Asked))
        });
        let checked = self.checks.iter().filter_map(|check| {
            let place = format!("invariant {:?}", check.name);
            match &check.how {
                How::Probe { role, .. } => Some(a_use(place, role, UseKind::Asked)),
                How::Log { node, .. } => Some(a_use(place, node, UseKind::Hit)),
                How::Latency { .. } | How::Errors { .. } | How::Command(_) => None,
            }
        });
        killable
            .chain(may_die)
            .chain(checked)
            .chain(steps)
            .chain(faults)
            .chain(observed)
            .collect()
    }
}
