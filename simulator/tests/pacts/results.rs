//! Results that can't be written, in every command: a full disk is said, and a reader that has gone away is not.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read, pipe},
    process::{Child, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    handovers::Shelves,
    operators::{Operators, TOKEN},
    shop::Shop,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A command line that prints a result.
struct Case {
    line: &'static str,
    /// The exit code where the result can be written, or its reader has gone away.
    code: i32,
    /// Command lines that have to come first.
    first: &'static [&'static str],
    /// Runs until a signal, even if nobody reads.
    lasts: bool,
}

const fn case(line: &'static str, code: i32) -> Case {
    Case {
        line,
        code,
        first: &[],
        lasts: false,
    }
}

const PUBLISH: &str = "publish storefront --version 1 --calls-nobody --pacts nobody";
const DEPLOY: &str = "record-deployment storefront --version 1 --to production --pacts nobody";

fn cases() -> Vec<Case> {
    let mut all = vec![
        case("--help", 0),
        case("help up", 0),
        case("--version", 0),
        case("mutate --help", 0),
        case("doctor", 0),
        case("doctor --json", 0),
        case("check shop.toml", 0),
        case("clean --dry-run", 0),
        case("completions bash", 0),
        case("schema topology", 0),
        case("reference", 0),
        case("up shop.toml", 0),
        case("up shop.toml --json", 0),
        case("run errand --json", 0),
        case("run errand", 0),
        case("rehearse move", 1),
        case("rehearse move --json", 1),
        case("explore errand --seeds 1 --from 1", 0),
        case("explore errand --seeds 1 --from 1 --json", 0),
        case("verify orders --provider-url http://127.0.0.1:1 --consumer nobody", 3),
        case(
            "verify orders --json --provider-url http://127.0.0.1:1 --consumer nobody",
            3,
        ),
        Case {
            lasts: true,
            ..case("provide --providers providers.toml", 0)
        },
        Case {
            lasts: true,
            ..case("provide --json --providers providers.toml", 0)
        },
        Case {
            lasts: true,
            ..case("proxy --port 0", 0)
        },
        case("mutate", 0),
        case("mutate --json", 0),
        case("score score.toml", 3),
        case("score score.toml --json", 3),
        case("score score.toml --lint", 3),
        case("diff HEAD..", 0),
        case("diff HEAD.. --json", 0),
        case("launch status", 0),
        case("launch status --json", 0),
        case("launch set stock --reads off", 0),
        case("handover copy shelf", 0),
        case("handover status shelf --json", 0),
        case("reconcile stock", 0),
        case("reconcile prices --json", 3),
    ];
    all.extend(of_the_ledger());
    all
}

fn of_the_ledger() -> Vec<Case> {
    let after = |first, it: Case| Case { first, ..it };
    vec![
        case(PUBLISH, 0),
        after(
            &[PUBLISH],
            case(
                "can-i-deploy storefront --version 1 --to production --pacts nobody --json",
                3,
            ),
        ),
        after(&[PUBLISH], case("matrix --pacts nobody", 0)),
        after(&[PUBLISH], case(DEPLOY, 0)),
        after(
            &[PUBLISH, DEPLOY],
            case(
                "can-i-undeploy storefront --version 1 --from production --pacts nobody",
                0,
            ),
        ),
        after(
            &[PUBLISH, DEPLOY],
            case(
                "can-i-rollback storefront --version 1 --in production --pacts nobody",
                3,
            ),
        ),
        after(
            &[PUBLISH, DEPLOY],
            case(
                "record-undeployment storefront --version 1 --from production --pacts nobody",
                0,
            ),
        ),
    ]
}

/// Commands for a topology that is up.
const LIVE: [&str; 4] = ["ps", "ps --json", "logs", "fault list --json"];
const UP: &str = "up shop.toml -d";

/// Commands that write files, each for two stdouts: what they wrote is there whatever becomes of the result.
const WRITING: [&str; 2] = [
    "init --from compose.yaml --name first",
    "init --from compose.yaml --name second",
];

/// Lines on stderr of commands that last, when they are up.
const UP_TO_WORK: [&str; 2] = ["every node is ready", "the API is up"];

/// Commands that print nothing to stdout.
const WITHOUT_RESULT: [&str; 4] = [
    "fault add outside->corner-shop refuse",
    "fault remove refuse",
    "restart corner-shop",
    "down",
];

/// A shop with a topology of one node, a scenario for it, and a folder of pacts in which nobody has one.
fn shop() -> Shop {
    let shop = Shop::new();
    let topology = include_str!("../scenario_run/topology.toml");
    let talking = topology.replace(
        r#"["python3", "shop.py", "#,
        r#"["sh", "-c", 'echo here && exec python3 shop.py "$0" "$1"', "#,
    );
    shop.write("shop.toml", &talking);
    shop.write("topologies/corner.toml", topology);
    shop.write("shop.py", include_str!("../scenario_run/shop.py"));
    shop.write("topologies/shop.py", include_str!("../scenario_run/shop.py"));
    shop.write("scenarios/errand.toml", include_str!("../scenario_run/scenario.toml"));
    let calm = include_str!("../scenario_run/scenario.toml")
        .replace("\"corner\"", "\"counter\"")
        .replace("\"shop\"", "\"corner-shop\"");
    let (before, rest) = calm.split_once("[[fault]]").unwrap();
    let (_fault, after) = rest.split_once("[[observe]]").unwrap();
    shop.write("scenarios/calm.toml", &format!("{before}[[observe]]{after}"));
    shop.write("topologies/counter.toml", include_str!("../cases/counter.toml"));
    shop.write("rehearsals/move.toml", include_str!("../cases/move.toml"));
    shop.write(
        "providers.toml",
        "topology = 'corner'\n[provider]\norders = 'corner-shop'\n",
    );
    shop.write(
        "compose.yaml",
        "services: { web: { build: ., command: ./web, ports: ['80'] } }\n",
    );
    shop.write("score.toml", include_str!("../cases/score.toml"));
    shop.write("nobody/environments.toml", "[environments]\nproduction = \"\"\n");
    shop.commit();
    shop
}

/// Runs a command with this stdout; one that `lasts` gets a signal as soon as its nodes are up. Returns the exit code
/// and what it said on stderr.
fn ended(shop: &Shop, case: &Case, stdout: Stdio, lasts: bool) -> (Option<i32>, String) {
    for line in case.first {
        shop.seam(line).is(0, "");
    }
    // The commands for launches need a process that has some.
    static OPERATORS: LazyLock<Operators> = LazyLock::new(Operators::start);
    static SHELVES: LazyLock<Shelves> = LazyLock::new(|| Shelves::start(&[("a", "tea")], &[("a", "tea")]));
    let (mut said, stderr) = pipe().unwrap();
    let mut command = shop.command(case.line);
    command
        .env("SEAM_LAUNCH_URL", &OPERATORS.url)
        .env("SEAM_ADMIN_TOKEN", TOKEN);
    if case.line.starts_with("handover") {
        let [from, to] = &SHELVES.urls;
        command.args(["--from", from, "--to", to]);
    }
    let mut child = command.stdout(stdout).stderr(stderr).spawn().unwrap();
    drop(command);
    let mut text = Vec::new();
    if lasts {
        until(&mut child, || {
            let mut more = [0; 1024];
            let length = said.read(&mut more).unwrap();
            text.extend_from_slice(&more[..length]);
            let said = String::from_utf8_lossy(&text);
            length == 0 || UP_TO_WORK.iter().any(|is_up| said.contains(is_up))
        });
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    }
    said.read_to_end(&mut text).unwrap();
    let status = child.wait().unwrap();
    (status.code(), String::from_utf8(text).unwrap())
}

fn until(child: &mut Child, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("never came up");
        }
    }
}

fn closed_pipe() -> io::Result<Stdio> {
    let (reader, writer) = pipe()?;
    drop(reader);
    Ok(writer.into())
}

#[test]
fn a_result_that_cannot_be_written_is_said_and_a_closed_pipe_is_quiet() {
    let shop = shop();
    let mut wrong = Vec::new();
    for case in &cases() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let (code, said) = ended(&shop, case, full.into(), false);
        let lost = "the result can't be written to stdout: No space left on device";
        if code != Some(2) || !said.contains(lost) || said.contains("panicked") {
            wrong.push(format!("{} > /dev/full: {code:?}, {said}", case.line));
        }
        let (code, said) = ended(&shop, case, closed_pipe().unwrap(), case.lasts);
        let is_quiet = !said.contains("panicked") && !said.contains("can't be written") && !said.contains("pipe");
        if code != Some(case.code) || !is_quiet {
            wrong.push(format!(
                "{} | nobody: {code:?}, wanted {}, {said}",
                case.line, case.code
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn so_do_the_commands_for_a_topology_that_is_up() {
    let shop = shop();
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let mut wrong = Vec::new();
    let mut wants = |line: &'static str, stdout: Stdio, wanted: i32| {
        let (code, said) = ended(&shop, &case(line, wanted), stdout, false);
        if code != Some(wanted) || said.contains("panicked") || said.contains("can't be written") != (wanted == 2) {
            wrong.push(format!("{line}: {code:?}, wanted {wanted}, {said}"));
        }
    };
    wants(UP, full(), 2);
    for line in LIVE {
        wants(line, full(), 2);
        wants(line, closed_pipe().unwrap(), 0);
    }
    for line in WITHOUT_RESULT {
        wants(line, full(), 0);
    }
    wants(UP, closed_pipe().unwrap(), 0);
    for line in WITHOUT_RESULT {
        wants(line, closed_pipe().unwrap(), 0);
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(shop.seam("ps").is(0, "").out, "");
}

#[test]
fn so_do_the_commands_that_write_files() {
    let shop = shop();
    let [first, second] = WRITING.map(|line| case(line, 0));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (code, said) = ended(&shop, &first, full.into(), false);
    assert!(
        code == Some(2) && said.contains("can't be written to stdout"),
        "{code:?} {said}"
    );
    let (code, said) = ended(&shop, &second, closed_pipe().unwrap(), false);
    assert!(code == Some(0) && !said.contains("panicked"), "{code:?} {said}");
    for name in ["first", "second"] {
        shop.seam(&format!("check topologies/{name}.toml"))
            .is(0, "nothing wrong");
    }
}

#[test]
fn every_command_is_among_those_that_are_tried() {
    let help = Shop::new().seam("--help").is(0, "Commands:").out;
    let commands: BTreeSet<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let cases = cases();
    let lines = cases
        .iter()
        .map(|case| case.line)
        .chain(LIVE)
        .chain(WRITING)
        .chain(WITHOUT_RESULT);
    let tried: BTreeSet<&str> = lines.filter_map(|line| line.split(' ').next()).collect();

    assert!(commands.len() > 10, "{help}");
    assert_eq!(commands.difference(&tried).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn a_stderr_that_is_full_changes_nothing() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let output = Shop::new().command("mutate nobody").stderr(full()).output().unwrap();
    let wanted = Shop::new().command("mutate nobody").output().unwrap();

    assert_eq!(output.status.code(), wanted.status.code());
    assert_eq!(output.stdout, wanted.stdout);
    let refused = Shop::new().command("publish --pacts nowhere").stderr(full()).output();
    assert_eq!(refused.unwrap().status.code(), Some(2));
}
