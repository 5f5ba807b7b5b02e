//! What is kept of runs: bounded, ignored by git, and removed by `seam clean`.

use std::{process::Command, thread};

use serde_json::Value;

use crate::folder::Folder;

const OLD: [&str; 3] = [
    "shop-1700000000000-1-0",
    "shop-1700000000001-1-0",
    "shop-1700000000002-1-0",
];

/// A folder with a topology of one worker, and what three runs of long ago have left.
fn shop() -> Folder {
    let folder = Folder::new();
    folder.write(
        "shop.toml",
        "name = 'shop'\n[node.clock]\ncommand = ['sleep', '600']\nports = []\ndata = 'times'\n",
    );
    folder.write(
        "other.toml",
        "name = 'other'\n[node.clock]\ncommand = ['sleep', '600']\nports = []\n",
    );
    for run in OLD {
        folder.write(&format!(".seam/runs/{run}/logs/clock.log"), &"tick\n".repeat(10_000));
    }
    folder.write(".seam/runs/notes/of-mine", "");
    folder
}

fn old_runs(folder: &Folder) -> Vec<String> {
    let mut names = folder.names(".seam/runs");
    names.retain(|name| OLD.contains(&name.as_str()));
    names
}

#[test]
fn the_start_of_a_run_removes_the_oldest_beyond_the_limits() {
    let folder = shop();
    let said = folder.seam(&["up", "shop.toml", "-d", "--keep-runs", "2"]).is(0);
    assert_eq!(old_runs(&folder), OLD[1..], "{}", said.err);
    folder.seam(&["down"]).is(0);

    let keep = [("SEAM_KEEP_SIZE", "100kB")];
    folder.seam_with(&["up", "shop.toml", "-d"], &keep).is(0);
    assert_eq!(old_runs(&folder), OLD[2..]);
    folder
        .seam(&["up", "shop.toml", "--keep-size", "much"])
        .refuses("such as 500MiB");
    folder
        .seam_with(&["up", "shop.toml"], &[("SEAM_KEEP_RUNS", "-1")])
        .refuses("invalid digit");
    assert!(folder.names(".seam/runs").contains(&"notes".to_owned()));
}

#[test]
fn a_run_that_is_up_is_removed_by_nobody() {
    let folder = shop();
    folder.seam(&["up", "shop.toml", "-d"]).is(0);
    folder.seam(&["up", "other.toml", "-d", "--keep-runs", "0"]).is(0);

    assert_eq!(old_runs(&folder), [""; 0]);
    let is_up = |name: &String| name.starts_with("shop-") || name.starts_with("other-");
    assert_eq!(folder.names(".seam/runs").iter().filter(|name| is_up(name)).count(), 2);
    let said = folder.seam(&["clean", "--all"]).is(0);
    assert!(
        said.err.contains("is in use and stays") && said.out.contains("removed 0 runs"),
        "{said:?}"
    );
    folder
        .seam(&["clean", "--data", "times"])
        .refuses("data 'times' is in use by a run; take that one down first");
    assert_eq!(folder.names(".seam/runs").iter().filter(|name| is_up(name)).count(), 2);
    assert!(folder.path().join(".seam/data/times").is_dir());
    folder.seam(&["down", "--topology", "shop"]).is(0);
}

#[test]
fn many_that_start_at_once_leave_each_other_alone() {
    let folder = shop();
    let names: Vec<String> = (0..6).map(|number| format!("at-once-{number}")).collect();
    for name in &names {
        let text = format!("name = '{name}'\n[node.clock]\ncommand = ['sleep', '600']\nports = []\n");
        folder.write(&format!("{name}.toml"), &text);
    }
    thread::scope(|scope| {
        for name in &names {
            let folder = &folder;
            scope.spawn(move || {
                let file = format!("{name}.toml");
                folder.seam(&["up", &file, "-d", "--keep-runs", "0"]).is(0);
            });
        }
    });

    let up: Value = serde_json::from_str(&folder.seam(&["ps", "--json"]).out).unwrap();
    assert_eq!(up.as_array().unwrap().len(), names.len(), "{up}");
    assert_eq!(old_runs(&folder), [""; 0]);
}

#[test]
fn clean_says_what_it_removes_and_leaves_data_unless_it_is_named() {
    let folder = shop();
    folder.write(".seam/data/times/rows", "1\n");
    folder.write(".seam/data/names/rows", "1\n");

    let said = folder.seam(&["clean", "--dry-run"]).is(0);
    assert!(said.out.contains("would remove 3 runs: "), "{}", said.out);
    assert_eq!(old_runs(&folder), OLD);
    folder
        .seam(&["clean", "--data", "times", "--data", "tmes"])
        .refuses("there is no data 'tmes' here; known are names, times; nothing was removed");
    assert_eq!(
        folder
            .names(".seam/data")
            .iter()
            .filter(|name| !name.ends_with(".lock"))
            .count(),
        2
    );

    let said = folder.seam(&["clean"]).is(0);
    assert!(
        OLD.iter().all(|run| said.out.contains(&format!("run {run}: "))) && said.out.contains("\nremoved 3 runs: "),
        "{}",
        said.out
    );
    assert_eq!(folder.names(".seam/runs"), ["notes"]);
    folder.seam(&["clean", "--data", "times"]).is(0);
    assert!(!folder.path().join(".seam/data/times").exists());
    assert_eq!(folder.read(".seam/data/names/rows"), "1\n");
    folder.seam(&["clean", "--all"]).is(0);
    assert!(!folder.path().join(".seam/data/names").exists());
    let said = folder.seam(&["clean", "--all"]).is(0);
    assert!(said.out.contains("removed 0 runs and 0 of data: 0 B"), "{}", said.out);
}

#[test]
fn git_takes_nothing_of_what_runs_leave_behind() {
    let folder = shop();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(args);
        folder.ended(command).is(0).out
    };
    git(&["init", "--quiet"]);
    assert!(git(&["status", "--porcelain"]).contains(".seam/"));
    folder.seam(&["up", "shop.toml", "-d"]).is(0);
    assert_eq!(git(&["status", "--porcelain"]), "?? other.toml\n?? shop.toml\n");
}
