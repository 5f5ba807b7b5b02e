use rustix::process::{Pid, Signal, kill_process};

use crate::seam::{PYTHON, Shop, address, get, node, refused};

#[test]
fn a_node_that_dies_early_is_reported_with_its_last_lines() {
    let (code, said) = refused(&format!(
        r#"
        name = "shop"
        [node.fine]
        command = {PYTHON}
        [node.broken]
        needs = ["fine"]
        command = ["sh", "-c", "echo one; echo the disk is full >&2; exit 3"]
        "#
    ));

    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("node 'broken' ended before it was ready (exit status 3)"),
        "{said}"
    );
    assert!(said.contains("\n    one\n    the disk is full\n"), "{said}");
}

#[test]
fn a_node_that_goes_into_the_background_is_told_to_stay() {
    let (code, said) = refused("name = 's'\n[node.web]\ncommand = ['sh', '-c', 'setsid sleep 600 & exit 0']");

    assert_eq!(code, Some(1), "{said}");
    let hint = "(exit status 0; if it puts itself into the background, have it stay in the foreground";
    assert!(said.contains(hint), "{said}");
}

#[test]
fn a_node_that_is_killed_early_is_reported_with_the_signal() {
    let (code, said) = refused("name = 's'\n[node.shot]\ncommand = ['sh', '-c', 'kill -SEGV $$']");

    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("(signal 11, SIGSEGV)"), "{said}");
}

#[test]
fn a_node_that_is_never_ready_is_reported_with_what_it_answered() {
    let (code, said) = refused(&format!(
        "name = 's'\n[node.slow]\ncommand = {PYTHON}\nready = {{ http = '/nothing', within_ms = 5000 }}"
    ));

    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(
            "node 'slow' was not ready after 5.00 s (`within_ms` of its `ready` gives it more); \
             last check: GET /nothing: HTTP/1.0 404"
        ),
        "{said}"
    );
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let (code, said) = refused("name = 's'\n[node.web]\ncommand = ['no-such-program']");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("node 'web' runs 'no-such-program', and there is no such program in PATH"),
        "{said}"
    );
}

#[test]
fn a_topology_that_is_not_there_is_refused_with_what_is() {
    let shop = Shop::new("name = 's'");
    std::fs::create_dir(shop.folder.path().join("topologies")).unwrap();
    std::fs::write(shop.folder.path().join("topologies/garden.toml"), "").unwrap();

    let output = std::process::Command::new(env!("CARGO_BIN_EXE_seam"))
        .args(["up", "gardn"])
        .current_dir(shop.folder.path())
        .output()
        .unwrap();

    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("there is no 'gardn' among the topologies; known are garden"),
        "{said}"
    );
}

#[test]
fn a_folder_without_topologies_or_scenarios_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    for (line, kind) in [(["up", "garden"], "topologies"), (["run", "garden"], "scenarios")] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_seam"))
            .args(line)
            .current_dir(folder.path())
            .output()
            .unwrap();

        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        let sentence = format!(
            "there is no 'garden' among the {kind}; there is no folder {kind} or simulator/{kind} in {}, nor above it \
             in its workspace; a path to a .toml file works too\n",
            std::fs::canonicalize(folder.path()).unwrap().display()
        );
        assert!(said.ends_with(&sentence), "{said}");
    }
}

#[test]
fn a_file_that_is_not_text_is_said_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.toml"), b"name = \"\xff\"").unwrap();
    for line in [
        &["up", "x.toml"][..],
        &["run", "./x.toml"],
        &["provide", "--providers", "x.toml"],
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_seam"))
            .args(line)
            .current_dir(folder.path())
            .output()
            .unwrap();

        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(
            said.contains("x.toml") && said.contains("did not contain valid UTF-8"),
            "{said}"
        );
    }
}

#[test]
fn a_node_that_dies_later_is_shown_and_the_others_stay_up() {
    let shop = Shop::new(&format!(
        "name = 's'\n[node.mortal]\ncommand = {PYTHON}\n[node.other]\ncommand = {PYTHON}\nready = {{ http = '/' }}"
    ));
    let mut seam = shop.up(&["--json"]);
    let ready = seam.ready();
    let (mortal, other) = (node(&ready, "mortal"), node(&ready, "other"));

    let pid = i32::try_from(mortal["pid"].as_u64().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    let died = seam.died("mortal");

    assert_eq!(
        (died["name"].as_str(), died["how"].as_str()),
        (Some("mortal"), Some("signal 9, SIGKILL"))
    );
    assert_eq!(get(address(other), "/").as_deref(), Some("HTTP/1.0 200 OK"));
    seam.signal(Signal::INT);
    let (status, said) = seam.ended();
    assert_eq!(status.code(), Some(0));
    assert!(
        said.contains("mortal died (signal 9, SIGKILL); its last lines:"),
        "{said}"
    );
}
