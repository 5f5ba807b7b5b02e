//! Claims about logs, answers and programs, and a program as the workload, on real processes.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio, time::Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Project, check};

fn with_invariants(invariants: &str) -> Project {
    Project::with_scenario(&format!("{}\n{invariants}\n", include_str!("scenario.toml")))
}

/// A project whose workload is a program, beside the scenario.
fn with_script(script: &str) -> Project {
    let scenario = "name = 'errand'\nabout = 'A script.'\ntopology = 'corner'\n[workload]\n\
                    command = ['./script.sh', 'once']\n";
    let project = Project::with_scenario(scenario);
    let file = project.0.path().join("scenarios/script.sh");
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it can be run");
    project
}

#[test]
fn logs_probes_and_programs_are_examined() {
    let project = with_invariants(
        r#"
[[invariant]]
name = "it is open"
probe = { node = "shop", path = "/", pointer = "/open", one_of = [true] }
when = "once"
[[invariant]]
name = "nobody ran out of memory"
log = { node = "shop", must_not = "out of memory" }
[[invariant]]
name = "the address is given"
command = ["sh", "-c", "test -n \"$SEAM_URL_SHOP\" && test -n \"$SEAM_RUN\""]
"#,
    );

    let run = project.run(&["errand", "--seed", "7"]);

    // A shop that prints nothing has no log to be examined.
    assert_eq!(run.code, Some(3), "{run:#?}");
    let inconclusive = "examined nothing: nobody ran out of memory";
    assert!(
        run.stdout.contains(inconclusive) && !run.stdout.contains("examined nothing: it"),
        "{run:#?}"
    );

    let topology = include_str!("topology.toml").to_owned() + "restart = { on_failure = 1, backoff_ms = 10 }\n";
    fs::write(project.0.path().join("topologies/corner.toml"), topology).expect("a file");
    let run = project.run(&["errand", "--seed", "7", "--kill", "none", "--set", "defect=mortal"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let violated = "violated 1 times: nobody ran out of memory\n    line=out of memory, giving up\n";
    assert!(run.stdout.contains(violated), "{run:#?}");
}

#[test]
fn a_log_is_examined_in_the_part_of_the_run_that_a_claim_is_about() {
    let claim = |name: &str, log: &str, during: &str| {
        format!("[[invariant]]\nname = '{name}'\nlog = {{ node = 'shop', {log} }}\nduring = {during}\n")
    };
    let opens = |must: &str| format!("{must} = 'shop opens'");
    // The shop opens before the run and, killed, once more before the fault is over.
    let project = with_invariants(
        &[
            claim("one", &opens("must_not"), "'steady'"),
            claim("two", "must = 'an order'", "'steady'"),
            claim("three", &opens("must"), "'faults'"),
            claim("four", &opens("must"), "{ fault = 'fault 1' }"),
            claim("five", "must = 'an order'", "{ healed = 'fault 1' }"),
            claim("six", &opens("must_not"), "{ healed = 'fault 1', after = '1ms' }"),
        ]
        .concat(),
    );
    let chatty = |project: &Project| project.run(&["errand", "--seed", "7", "--count", "40", "--set", "defect=chatty"]);
    let run = chatty(&project);
    assert_eq!(run.code, Some(0), "{run:#?}");

    let project = with_invariants(
        &[
            claim("one", &opens("must"), "'steady'"),
            claim("two", &opens("must_not"), "'faults'"),
            claim("three", &opens("must_not"), "{ fault = 'fault 1' }"),
            claim("four", &opens("must"), "{ healed = 'fault 1' }"),
            claim("late", &opens("must_not"), "{ healed = 'fault 1', after = '1h' }"),
        ]
        .concat(),
    );
    let run = chatty(&project);
    assert_eq!(run.code, Some(1), "{run:#?}");
    for name in ["one", "two", "three", "four"] {
        assert!(run.stdout.contains(&format!("violated 1 times: {name}\n")), "{run:#?}");
    }
    assert!(run.stdout.contains("examined nothing: late"), "{run:#?}");
}

#[test]
fn a_seed_that_was_used_on_the_same_data_proves_nothing() {
    let project = Project::new();
    let topology = include_str!("topology.toml").to_owned() + "data = 'kept'\n";
    fs::write(project.0.path().join("topologies/corner.toml"), topology).expect("a file");
    let run = |seed: &str| project.run(&["errand", "--seed", seed, "--kill", "none"]);

    assert_eq!(run("7").code, Some(0));
    let again = run("7");

    assert_eq!(again.code, Some(3), "{again:#?}");
    let reason = "nothing was done, so nothing was proved: the first answers to all 10 idempotency keys";
    assert!(
        again.stdout.contains(reason) && again.stdout.contains("give another --seed"),
        "{again:#?}"
    );
    assert_eq!(run("8").code, Some(0));
}

#[test]
fn a_script_is_a_workload_that_finds_the_front_doors() {
    let order = "python3 -c 'import os, urllib.request as r; r.urlopen(os.environ[\"SEAM_URL_SHOP\"])'";
    let project = with_script(&format!("test \"$1\" = once || exit 9\n{order}"));
    let run = project.run(&["errand", "--seed", "7"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let took = run.stdout.contains(": the workload took ");
    assert!(
        took && run.stdout.contains("the workload ends with status 0"),
        "{run:#?}"
    );
    let run = project.run(&["errand", "--count", "3"]);
    let refused = run.stderr.contains("--count and --concurrency are of journeys");
    assert!(run.code == Some(2) && refused, "{run:#?}");

    let run = with_script("echo it rains; exit 4").run(&["errand"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    let said = "./script.sh once ended with exit status 4; it said last: it rains";
    assert!(run.stdout.contains(said), "{run:#?}");
}

#[test]
fn a_program_that_is_not_there_is_refused_before_anything_starts() {
    let absent = with_script("true");
    fs::remove_file(absent.0.path().join("scenarios/script.sh")).expect("it was there");
    let invariant = with_invariants("[[invariant]]\nname = 'x'\ncommand = ['no-such-program']");
    for (project, wanted) in [
        (absent, "there is no program ./script.sh in "),
        (invariant, "there is no program no-such-program in PATH; install it"),
    ] {
        for run in [project.run(&["errand"]), check(&project, &["errand"])] {
            assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
            assert!(run.stderr.contains(wanted), "{run:#?}");
        }
        assert!(project.runs().is_empty());
    }
}

#[test]
fn interrupted_it_ends_its_workload_with_all_that_that_started() {
    let project = with_script("sleep 600 &\necho $$ > begun.part; mv begun.part begun; sleep 600");
    let mut child = project
        .command(&["errand"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("seam starts");
    let deadline = Instant::now() + std::time::Duration::from_secs(20);
    while !project.0.path().join("scenarios/begun").exists() {
        assert!(Instant::now() < deadline, "the script never began");
        std::thread::yield_now();
    }

    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    kill_process(pid, Signal::INT).expect("seam is there");

    assert_eq!(child.wait().expect("seam ends").code(), Some(2));
    let deadline = Instant::now() + std::time::Duration::from_secs(5);
    while !project.processes().is_empty() {
        assert!(Instant::now() < deadline, "left behind: {:?}", project.processes());
        std::thread::yield_now();
    }
}
