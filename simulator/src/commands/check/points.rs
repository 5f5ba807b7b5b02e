use std::collections::BTreeMap;

use crate::{
    scenario::Scenario,
    steps::{FailPoint, Target},
    topology::Topology,
};

/// Points at which the faults of a scenario have nodes of this topology die, by the nodes' names. Roles that nothing
/// plays are left out. Candidates count together, even those that no run draws together.
///
/// # Errors
/// When two faults want two points of one node: a program is started with one.
pub(crate) fn fail_points(scenario: &Scenario, topology: &Topology) -> Result<BTreeMap<String, FailPoint>, String> {
    let mut points: BTreeMap<String, (String, FailPoint)> = BTreeMap::new();
    let plans = scenario.faults.iter().chain(scenario.candidates());
    for fault in plans.flat_map(|plan| plan.possible()) {
        let (Some(point), Target::Node(role)) = (fault.point, &fault.target) else {
            continue;
        };
        let Some(node) = topology.node_for(role) else {
            continue;
        };
        let named = (fault.name, point);
        if let Some(other) = points.get(&node.name).filter(|other| other.1 != named.1) {
            return Err(format!(
                "fault {:?} has {} crash at {}, and {:?} at {}; a node is started with one point and pass, and \
                 candidates count even if no run draws both",
                named.0, node.name, named.1, other.0, other.1
            ));
        }
        points.insert(node.name.clone(), named);
    }
    Ok(points.into_iter().map(|(node, (_, point))| (node, point)).collect())
}
