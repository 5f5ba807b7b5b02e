use comfy_table::CellAlignment;

use crate::{backend::NodeStatus, commands::output};

/// The nodes as a table that is at most `width` wide, one row for each.
pub(super) fn table(nodes: &[NodeStatus], width: u16) -> String {
    let mut table = output::table(width);
    table.set_header(["node", "state", "address", "pid", "requests"]);
    for node in nodes {
        table.add_row([
            node.name.clone(),
            node.state.to_string(),
            addresses(node),
            node.pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
            node.requests.to_string(),
        ]);
    }
    for column in [3, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn addresses(node: &NodeStatus) -> String {
    match node.addresses.as_slice() {
        [(_, only)] => only.to_string(),
        several => {
            let each: Vec<String> = several
                .iter()
                .map(|(port, address)| format!("{address} ({port})"))
                .collect();
            each.join("\n")
        }
    }
}
