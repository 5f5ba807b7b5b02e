//! The benchmark of the platform: each figure beside its reference, measured in the same run on the same
//! machine.
//!
//! `just bench` builds everything in release and prints the table. Nothing here passes or fails.

#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]

mod commits;
mod orders;
mod readiness;

use comfy_table::Table;

const TOPOLOGIES: [&str; 3] = ["monolith", "microservices", "extraction"];

fn main() {
    // Cargo passes flags of its own, such as `--bench`; this benchmark has no options.
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

    let reference = runtime.block_on(commits::per_second());
    let mut throughput = table(&[
        "microservices on SQLite",
        "orders per second",
        "commits per order",
        "transactions per order",
        "commits per second",
        "of the disk's own rate",
    ]);
    for (customers, orders) in [(1, 60), (8, 400), (32, 800), (128, 1600)] {
        let run = orders::run(orders, customers);
        let commits = run.per_second * run.commits_per_order;
        throughput.add_row([
            format!("{customers} customers at a time"),
            format!("{:.0}", run.per_second),
            format!("{:.2}", run.commits_per_order),
            format!("{:.2}", run.transactions_per_order),
            format!("{commits:.0}"),
            format!("{:.2}", commits / reference),
        ]);
    }
    throughput.add_row([
        "the disk alone: one insert a commit (WAL, synchronous=FULL)",
        "",
        "",
        "",
        &format!("{reference:.0}"),
        "1.00",
    ]);
    println!("{throughput}");
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.set_header(header);
    table
}
