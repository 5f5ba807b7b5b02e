//! JSON Schemas and the reference page: current, and of one mind with the parser.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use simulator::{scenario::Scenario, topology::Topology};

use crate::{flawed::FLAWED, folder::Folder, validator::fits};

const SHOP: &str = include_str!("../scenario/shop.toml");

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn schema(kind: &str) -> Value {
    let said = Folder::new().seam(&["schema", kind]).is(0);
    serde_json::from_str(&said.out).unwrap()
}

fn json(toml: &str) -> Value {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

#[test]
fn the_committed_schemas_and_the_reference_are_those_of_the_types() {
    for (args, file) in [
        (&["schema", "topology"][..], "schemas/topology.json"),
        (&["schema", "scenario"], "schemas/scenario.json"),
        (&["schema", "rehearsal"], "schemas/rehearsal.json"),
        (&["reference"], "REFERENCE.md"),
    ] {
        let made = Folder::new().seam(args).is(0).out;
        if std::env::var_os("SEAM_WRITE_SCHEMAS").is_some() {
            fs::create_dir_all(here(file).parent().unwrap()).unwrap();
            fs::write(here(file), &made).unwrap();
        }
        let committed = fs::read_to_string(here(file)).unwrap_or_default();
        assert!(
            committed == made,
            "simulator/{file} is not what the types say; write it with: SEAM_WRITE_SCHEMAS=1 cargo test --workspace \
             --locked --test tools"
        );
    }
}

#[test]
fn every_key_has_a_description() {
    fn look(at: &str, value: &Value, lacking: &mut Vec<String>) {
        if let Some(properties) = value["properties"].as_object().filter(|_| value["type"] == "object") {
            for (name, key) in properties {
                if key["description"].as_str().is_none_or(str::is_empty) {
                    lacking.push(format!("{at}.{name}"));
                }
            }
        }
        value["definitions"]
            .as_object()
            .into_iter()
            .flatten()
            .for_each(|(name, table)| look(name, table, lacking));
    }
    let mut lacking = Vec::new();
    for kind in ["topology", "scenario", "rehearsal"] {
        look(kind, &schema(kind), &mut lacking);
    }
    assert_eq!(lacking, [""; 0]);
}

/// Files of a folder that end in `.toml`.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(here(folder)).unwrap().flatten();
    let files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(!files.is_empty(), "{folder} has no file");
    files
}

#[test]
fn every_file_that_ships_fits_its_schema() {
    let (topology, scenario) = (schema("topology"), schema("scenario"));
    let mut topologies = files("topologies");
    topologies.push(here("tests/scenario_run/topology.toml"));
    topologies.push(here("examples/two-languages/topology.toml"));
    topologies.push(here("rehearsals/payments/topology.toml"));
    let mut scenarios = files("scenarios");
    scenarios.extend([
        here("tests/scenario_run/scenario.toml"),
        here("tests/scenario/shop.toml"),
        here("rehearsals/payments/customers.toml"),
    ]);
    let (rehearsal, plans) = (schema("rehearsal"), files("rehearsals"));
    for (schema, files) in [(&topology, topologies), (&scenario, scenarios), (&rehearsal, plans)] {
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            assert!(fits(schema, &json(&text)), "{} does not fit", file.display());
        }
    }
    // The topology of the guide.
    let guide = fs::read_to_string(here("TOPOLOGY.md")).unwrap();
    let example = guide.split("```").find_map(|part| part.strip_prefix("toml\n")).unwrap();
    assert!(fits(&topology, &json(example)));
}

/// Flaws of topologies, by what the parser says of them, that JSON Schema can't say: what a name refers to, what other
/// files and the environment hold, and what a text means. The parser finds them.
const BEYOND_A_SCHEMA: &[&str] = &[
    "shop.toml:5: no node is called 'wep'; the nodes are web",
    "shop.toml:4: files of node 'db', /etc/a: ./no.sql: No such file",
    "shop.toml:5: [backend.local.variables] gives 'x' a value, and [variables] has no such name; it has none",
    "shop.toml:4: node 'job' has no port, so it can't be called or asked; name some in its `ports`",
    "shop.toml:3: node 'web' has no port",
    "shop.toml:5: node 'web' has no port",
    "shop.toml:4: `log` in the ready of node 'web' is no regular expression",
    "shop.toml:4: node 'web' has no port 'http'; its ports are main",
    "two nodes are called 'web-2'",
    "two nodes have data = \"x\"",
    "shop.toml:3: node 'bank' has address 'http://bank/v2'; use host:port, or http://host",
    "shop.toml:4: env file ./no.env: No such file",
    "shop.toml:4: openapi of node 'web', ./no.json: No such file",
    "shop.toml:2: cannot include ./no.toml: No such file",
    "the environment variable SEAM_TEST_NOWHERE is not set; set it, or give a default: \
             ${env.SEAM_TEST_NOWHERE:-default}",
    "shop.toml:2: secret 'pasword' is no variable; the variables are password",
    "secret 'pw' must be text",
    "say which: ${port.x} or ${port.y}",
    "has a ${ without its }",
    "'web' occurs twice",
    "contains itself",
    "role 'web' is also the name of a node, but points to 'store.main'; rename",
];

#[test]
fn a_topology_that_the_parser_refuses_is_refused_by_the_schema_where_a_schema_can_say_it() {
    let schema = schema("topology");
    let more = [
        ("[node.web]\ncomand = ['web']", "comand"),
        ("colour = 'red'\n[node.web]\ncommand = ['web']", "colour"),
        ("[node.web]\ncommand = 'web'", "invalid type"),
        (
            "[node.web]\ncommand = ['web']\nbackend = 'cloud'",
            "`local` or `containers`",
        ),
        (
            "[node.web]\ncommand = ['web']\n[backend.cloud.variables]",
            "`local` or `containers`",
        ),
        ("[node.web]\ncommand = ['web']\nfixed_ports = { main = 70000 }", "u16"),
        ("[node.web]\ncommand = ['web']\nrestart = {}", "on_failure"),
        ("[node.web]\ncommand = ['web']\nready = { htp = '/' }", "htp"),
        (
            "[node.web]\ncommand = ['web']\nready = { http = '/', status = 'ok' }",
            "a status such as",
        ),
        (
            "[node.web]\ncommand = ['web']\nready = { within_ms = 5, port = 'main' }",
            "ready of node 'web' must be",
        ),
    ];
    let mut seen = 0;
    for (lines, said) in FLAWED.iter().chain(&more) {
        let text = format!("name = 'shop'\n{lines}");
        let refusal = Topology::parse(&text, Path::new("shop.toml"), &[])
            .unwrap_err()
            .to_string();
        assert!(refusal.contains(said), "{lines}: {refusal}");
        let beyond = BEYOND_A_SCHEMA.contains(said);
        assert_eq!(fits(&schema, &json(&text)), beyond, "{lines}");
        seen += usize::from(beyond);
    }
    assert_eq!(seen, BEYOND_A_SCHEMA.len(), "some are no flaws any more");
}

/// The fault of the scenario.
const WHOLE: &str = "kind = \"kill\"\nnode = \"bank\"\nat = 0.5\nlasts = [\"5ms\", \"10ms\"]";

/// Faults that are right.
const FAULTS: &[&str] = &[
    "link = \"* -> bank\"\nat = \"random\"\n\
     does = { latency = { delay = \"1.5s\", jitter = \"1ms\", distribution = \"normal\" } }",
    "link = \"a -> b\"\nat = { after = \"2s\" }\nlasts = \"1s\"\ndoes = { refuse = {} }\none_way = false\non = {}",
    "link = \"a -> b\"\nat = 1\ndoes = { answer = { status = 503 } }\n\
     on = { connections = { nth = 1 }, http = { method = \"POST\", requests = { probability = 0.5 } } }",
    "partition = [\"a\", \"b\"]\none_way = true\nat = { ready = \"a\", after = \"1ms\" }\nevery = \"1s\"\ntimes = 3",
    "kind = \"restart\"\nany_of = [\"bank\"]\nat = { journey = 1 }\ntimes = 1",
    "kind = \"disk_full\"\nnode = \"bank\"\nat = 0",
    "kind = \"pause\"\nnode = \"bank\"\nat = [0.2, 0.8]\nlasts = [\"1s\", \"2s\"]\nevery = \"1s\"\ntimes = [1, 3]",
    "link = \"a -> b\"\nat = { journey = [2, 9], after = [\"1ms\", \"1s\"] }\ndoes = { refuse = {} }",
    "kind = \"kill\"\nnode = \"bank\"\nat = { ready = \"a\", after = [\"1ms\", \"1s\"] }\n\
     [explore]\nfaults = [0, 1]\n[[explore.fault]]\nname = \"x\"\nkind = \"stop\"\nnode = \"bank\"\n\
     at = { journey = 3 }",
    "kind = \"crash\"\nnode = \"bank\"\npoint = \"bank.booked\"\nat = 0.5",
    "kind = \"crash\"\nnode = \"bank\"\npoint = \"a\"\nnth = 3\nat = 0.5\nlasts = \"1s\"\nevery = \"1s\"\ntimes = 2",
];

#[test]
fn the_schema_takes_the_faults_that_the_parser_takes() {
    let schema = schema("scenario");
    for fault in FAULTS {
        let text = SHOP.replacen(WHOLE, fault, 1);
        assert_ne!(text, SHOP);
        Scenario::parse(&text, Path::new("shop.toml")).unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert!(fits(&schema, &json(&text)), "{fault}");
    }
    for during in [
        "'faults'",
        "{ fault = 'fault 1' }",
        "{ healed = 'fault 1', after = '1s' }",
    ] {
        for way in ["errors = { below = 1 }", "log = { node = 'shop', must = 'a' }"] {
            let claim = format!("[[invariant]]\nname = 'y'\n{way}\nduring = {during}\n[[invariant]]");
            let text = SHOP.replacen("[[invariant]]", &claim, 1);
            Scenario::parse(&text, Path::new("shop.toml")).unwrap_or_else(|error| panic!("{during}: {error}"));
            assert!(fits(&schema, &json(&text)), "{way}: {during}");
        }
    }
}

/// Changes to a scenario that the parser refuses, and whether a schema can say so.
const CHANGES: &[(&str, &str, bool)] = &[
    ("count = 20", "cuont = 20", true),
    ("count = 20", "count = \"many\"", true),
    ("count = 20", "count = 0", true),
    ("expect = [201]", "expects = [201]", true),
    ("expect = [201]", "expect = []", true),
    ("kind = \"kill\"", "kind = \"tickle\"", true),
    ("at = 0.5", "at = 1.5", true),
    ("at = 0.5", "at = \"noon\"", true),
    ("node = \"bank\"\nat", "at", true),
    ("kind = \"kill\"", "kind = \"crash\"", true),
    ("kind = \"kill\"", "kind = \"crash\"\npoint = \"a b\"", true),
    ("kind = \"kill\"", "kind = \"crash\"\npoint = \"a\"\nnth = 0", true),
    ("kind = \"kill\"", "kind = \"kill\"\npoint = \"a\"", true),
    ("kind = \"kill\"", "kind = \"kill\"\nnth = 2", true),
    (
        WHOLE,
        "kind = \"crash\"\nany_of = [\"bank\"]\npoint = \"a\"\nat = 0.5",
        true,
    ),
    (WHOLE, "at = 0.5", true),
    (WHOLE, "link = \"a -> b\"\nat = 0.5", true),
    (
        WHOLE,
        "link = \"a -> b\"\nat = 0.5\ndoes = { refuse = {} }\nnode = \"bank\"",
        true,
    ),
    (
        WHOLE,
        "link = \"a -> b\"\nat = 0.5\ndoes = { refuse = {} }\non = { for = \"1s\" }",
        true,
    ),
    (
        WHOLE,
        "link = \"a -> b\"\nat = 0.5\ndoes = { refuse = {} }\non = { conections = \"all\" }",
        true,
    ),
    (
        WHOLE,
        "link = \"a -> b\"\nat = 0.5\ndoes = { latency = { delay = \"1\" } }",
        true,
    ),
    (
        WHOLE,
        "link = \"a -> b\"\nat = 0.5\ndoes = { latency = { dealy = \"1s\" } }",
        true,
    ),
    (WHOLE, "link = \"a -> b\"\nat = 0.5\ndoes = { slowness = {} }", true),
    (WHOLE, "partition = [\"a\"]\nat = 0.5", true),
    ("kind = \"kill\"", "kind = \"link\"", true),
    ("kind = \"kill\"", "kind = \"restart\"", true),
    ("\"5ms\"", "\"5min\"", true),
    ("[\"5ms\", \"10ms\"]", "[\"5ms\"]", true),
    ("\"5ms\"", "5", true),
    ("at = 0.5", "at = { journey = 0 }", true),
    ("at = 0.5", "at = { when = 1 }", true),
    ("at = 0.5", "at = 0.5\nevery = \"1s\"", true),
    ("at = 0.5", "at = 0.5\ntimes = 2", true),
    ("at = 0.5", "at = 0.5\nevery = \"1s\"\ntimes = 0", true),
    ("at = 0.5", "at = 0.5\nheal_after_ms = [1, 2]", true),
    ("at = 0.5", "at = [0.5]", true),
    ("at = 0.5", "at = [0.5, 1.5]", true),
    ("at = 0.5", "at = { journey = [0, 3] }", true),
    ("at = 0.5", "at = { after = [\"1s\"] }", true),
    ("at = 0.5", "at = 0.5\nevery = \"1s\"\ntimes = [0, 3]", true),
    ("at = 0.5", "at = 0.5\ntimes = [1, 3]", true),
    ("[converge]", "[explore]\nfaults = 1\n[converge]", true),
    ("[converge]", "[explore]\nfault = []\n[converge]", true),
    (
        "[converge]",
        "[[explore.fault]]\nkind = \"kill\"\nnode = \"bank\"\nat = 0.5\n[converge]",
        true,
    ),
    (
        "[converge]",
        "[[explore.fault]]\nname = \"x\"\nkind = \"kill\"\nat = 0.5\n[converge]",
        true,
    ),
    ("name = \"", "seed = -1\nname = \"", true),
    // Limits of values, and names that refer to nothing.
    ("at = 0.5", "at = [0.8, 0.5]", false),
    (
        WHOLE,
        "link = \"a -> b\"\nat = 0.5\ndoes = { latency = { delay = \"2h\" } }",
        false,
    ),
    (WHOLE, "link = \"a to b\"\nat = 0.5\ndoes = { refuse = {} }", false),
    (WHOLE, "partition = [\"a\", \"a\"]\nat = 0.5", false),
    ("\"5ms\"", "\"5s\"", false),
    ("at = 0.5", "at = { journey = 21 }", false),
    ("at = 0.5", "at = { fault = \"x\" }", false),
    ("at = 0.5", "at = { fault = \"fault 1\" }", false),
    ("between = [1, 100]", "", true),
    ("between = [1, 100]", "between = [1]", true),
    ("\"/id\" }", "\"id\" }", true),
    ("table = \"charges\"", "table = \"charges; --\"", true),
    ("path = \"/orders\"", "path = \"orders\"", true),
    (
        "path = \"/thanks/${order_id}\"",
        "path = \"/thanks/${ordre_id}\"",
        false,
    ),
    ("value = \"good\"", "value = \"${order}\"", false),
    ("between = [1, 100]", "between = [9, 1]", false),
    ("weight = 3 }, { value = \"bad\" }", "weight = 0 }", false),
    ("for_each = \"product\"", "for_each = \"prodcut\"", false),
    ("table = \"charges\"", "table = \"product\"", false),
    ("table = \"charges\"", "table = \"journey\"", false),
    (
        "[[invariant]]",
        "[[invariant]]\nname = 'y'\nerrors = { below = 1 }\nduring = 'heal'\n[[invariant]]",
        true,
    ),
    (
        "[[invariant]]",
        "[[invariant]]\nname = 'y'\ncommand = ['a']\nduring = 'steady'\n[[invariant]]",
        true,
    ),
    (
        "[[invariant]]",
        "[[invariant]]\nname = 'y'\nerrors = { below = 1 }\nduring = { healed = 'nobody' }\n[[invariant]]",
        false,
    ),
];

#[test]
fn a_scenario_that_the_parser_refuses_is_refused_by_the_schema_where_a_schema_can_say_it() {
    let schema = schema("scenario");
    assert!(fits(&schema, &json(SHOP)));
    for (original, replacement, sayable) in CHANGES {
        let text = SHOP.replacen(original, replacement, 1);
        assert_ne!(text, SHOP, "{original:?} is in the file");
        assert!(Scenario::parse(&text, Path::new("shop.toml")).is_err(), "{replacement}");
        assert_eq!(!fits(&schema, &json(&text)), *sayable, "{replacement}");
    }
    let (without_invariants, _) = SHOP.split_once("[[invariant]]").unwrap();
    assert!(!fits(&schema, &json(without_invariants)));
}

/// Odd but right: the schema refuses nothing that the parser takes.
const ODD: &[&str] = &[
    "[node.web]\ncommand = ['a']\nready = { tcp = false, http = '/', port = 'main', status = [] }",
    "[node.web]\ncommand = ['a']\nready = { tcp = false, within_ms = 5 }",
    "[node.web]\ncommand = ['a']\nready = { tcp = true, port = 'main' }",
    "[node.web]\ncommand = ['a']\nready = { http = '/a?b=c' }",
    "[node.job]\ncommand = ['a']\nonce = true\nready = { within_ms = 5 }",
    "[node.job]\ncommand = ['a']\nports = []\nrestart = { on_failure = 0 }\nstop = { signal = 'SIGINT' }",
    "[node.web]\ncommand = ['a']\ninstances = 1\nfixed_ports = { main = 80 }",
    "[node.bank]\naddress = 'bank:80'\nargs = []\nenv = {}\nonce = false\nready = { http = '/', status = 401 }",
    "[node.bank]\naddress = 'bank:80'\nneeds = ['bank2']\npublic_ports = { main = 80 }\n[node.bank2]\naddress = 'b:1'",
    "[node.db]\nimage = 'a/b:1@sha256:c'\nbackend = 'local'\nfolder = 'x'\n[node.web]\ncommand = ['a']\nimage = 'b'",
    "[backend.local]\n[backend.containers.variables]\n[node.db]\nimage = 'b'\nfiles = { '/..a/b' = 'Cargo.toml' }",
    "include = []\nsecret = []\n[variables]\n'odd name' = ''\n[roles]\n'A role' = 'web'\n[node.web]\ncommand = ['a']",
];

#[test]
fn the_schema_takes_what_the_parser_takes() {
    let schema = schema("topology");
    for lines in ODD {
        let text = format!("name = 'shop'\n{lines}");
        Topology::parse(&text, Path::new("shop.toml"), &[]).unwrap_or_else(|error| panic!("{lines}: {error}"));
        assert!(fits(&schema, &json(&text)), "{lines}");
    }
}
