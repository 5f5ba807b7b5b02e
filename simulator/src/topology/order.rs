use super::Node;

/// Finds a cycle among the needs of the nodes. Returns its nodes in order, the first one again at the end.
pub(super) fn cycle(nodes: &[Node]) -> Option<Vec<String>> {
    let mut done = Vec::new();
    nodes
        .iter()
        .find_map(|node| walk(nodes, node, &mut Vec::new(), &mut done))
}

fn walk<'n>(nodes: &'n [Node], node: &'n Node, way: &mut Vec<&'n str>, done: &mut Vec<&'n str>) -> Option<Vec<String>> {
    if let Some(start) = way.iter().position(|name| *name == node.service) {
        let circle = way[start..].iter().chain([&way[start]]);
        return Some(circle.map(|name| (*name).to_owned()).collect());
    }
    if done.contains(&node.service.as_str()) {
        return None;
    }
    way.push(&node.service);
    let found = node
        .needs
        .iter()
        .filter_map(|name| nodes.iter().find(|other| other.service == *name))
        .find_map(|needed| walk(nodes, needed, way, done));
    way.pop();
    done.push(&node.service);
    found
}
