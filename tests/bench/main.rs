//! The benchmark of the platform: each figure beside its reference, measured in the same run on the same machine.
//!
//! `just bench` builds everything in release and prints the table. Nothing here passes or fails.

mod commits;
mod orders;
mod readiness;

use comfy_table::Table;

const TOPOLOGIES: [&str; 3] = ["monolith", "microservices", "extraction"];

fn main() {
    // cargo hands over its own flags (such as --bench): there is nothing to choose here.
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");

    let mut up = table(&["topology", "ready in (median of 5)", "node", "resident memory"]);
    for topology in TOPOLOGIES {
        let readiness = readiness::measure(topology, 5);
        for (row, (node, resident)) in readiness.resident.iter().enumerate() {
            let (name, time) = match row {
                0 => (topology.to_owned(), format!("{} ms", readiness.median_ms)),
                _ => (String::new(), String::new()),
            };
            up.add_row([name, time, node.clone(), resident.clone()]);
        }
    }
    println!("{up}");

    let mut throughput = table(&["microservices on SQLite", "per second", "against the commits alone"]);
    let reference = runtime.block_on(commits::per_second());
    let run = orders::run();
    throughput.add_row(["commits of this disk alone (WAL, synchronous=FULL)", &format!("{reference:.0}"), "1.00"]);
    throughput.add_row([
        "orders completed (captured, confirmed, mailed)",
        &format!("{:.0}", run.orders_per_second),
        &format!("{:.2}", run.orders_per_second / reference),
    ]);
    throughput.add_row([
        "commits of all services",
        &format!("{:.0}", run.orders_per_second * run.commits_per_order),
        &format!("{:.2}", run.orders_per_second * run.commits_per_order / reference),
    ]);
    println!("{throughput}");

    let mut order = table(&["one order needs", "under load", "alone"]);
    let alone = orders::run_one_at_a_time();
    order.add_row([
        "transactions".to_owned(),
        format!("{:.2}", run.writes_per_order),
        format!("{:.2}", alone.writes_per_order),
    ]);
    order.add_row([
        "commits".to_owned(),
        format!("{:.2}", run.commits_per_order),
        format!("{:.2}", alone.commits_per_order),
    ]);
    println!("{order}");
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.set_header(header);
    table
}
