use std::fs;

use tests::Platform;

/// Start-up time of a topology, and memory of its nodes at rest.
pub(crate) struct Readiness {
    pub(crate) median_ms: u64,
    /// Name and resident memory of each node.
    pub(crate) resident: Vec<(String, String)>,
}

pub(crate) fn measure(topology: &str, runs: usize) -> Readiness {
    let mut times = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..runs {
        let platform = Platform::up(topology);
        times.push(platform.ready_in_ms());
        resident = platform
            .processes()
            .into_iter()
            .map(|(node, pid)| (node, resident_memory(pid)))
            .collect();
    }
    times.sort_unstable();
    Readiness {
        median_ms: times[times.len() / 2],
        resident,
    }
}

/// `VmRSS` of a process, as Linux reports it.
fn resident_memory(pid: u64) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        line.strip_prefix("VmRSS:")?
            .trim()
            .strip_suffix(" kB")?
            .parse::<f64>()
            .ok()
    });
    kib.map_or_else(
        || "not told by this system".to_owned(),
        |kib| format!("{:.1} MiB", kib / 1024.0),
    )
}
