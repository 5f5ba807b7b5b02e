use std::collections::BTreeMap;

use crate::{
    scenario::Scenario,
    steps::{FailPoint, Target},
    topology::Topology,
};

/// Points at which the faults of a scenario have nodes of this topology die, by the nodes' names. Roles that nothing
/// plays are left out.
///
/// # Errors
/// When two faults want two points of one node: a program is started with one.
pub(crate) fn fail_points(scenario: &Scenario, topology: &Topology) -> Result<BTreeMap<String, FailPoint>, String> {
    let mut points: BTreeMap<String, FailPoint> = BTreeMap::new();
    let plans = scenario.faults.iter().chain(scenario.candidates());
    for fault in plans.flat_map(|plan| plan.possible()) {
        let (Some(point), Target::Node(role)) = (fault.point, &fault.target) else {
            continue;
        };
        let played = || topology.node(&topology.role(role)?.node);
        let Some(node) = topology.node(role).or_else(played) else {
            continue;
        };
        match points.insert(node.name.clone(), point.clone()) {
            Some(other) if other != point => {
                return Err(format!(
                    "fault {:?} has {} crash at {point}, and another one at {other}; in one run a node crashes at one \
                     point and pass",
                    fault.name, node.name
                ));
            }
            _ => {}
        }
    }
    Ok(points)
}
