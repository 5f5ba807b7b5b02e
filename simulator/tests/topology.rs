//! Topology files: their meaning, and the refusal of those that are wrong.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

#[path = "cases/flawed.rs"]
mod flawed;

use std::path::Path;

use flawed::FLAWED;

use simulator::topology::{Backend, Endpoint, Program, ReadyProbe, Topology, TopologyError};

fn parse(text: &str) -> Result<Topology, TopologyError> {
    Topology::parse(text, Path::new("shop.toml"), &[])
}

/// Error for a file whose first line is its name, followed by `lines`.
fn refusal(lines: &str) -> String {
    parse(&format!("name = 'shop'\n{lines}")).unwrap_err().to_string()
}

const WEB: &str = "[node.web]\ncommand = ['web', '${port}']\n";

#[test]
fn the_platforms_own_topologies_are_sound_and_have_the_same_roles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let all = ["monolith", "microservices", "extraction", "two-monoliths"]
        .map(|name| [Backend::Local, Backend::Containers].map(|on| (name, on)));
    for (name, backend) in all.into_iter().flatten() {
        let file = folder.join(format!("{name}.toml"));
        let topology = Topology::load_for(backend, file.to_str().unwrap(), &[]).unwrap();

        assert_eq!(topology.name(), name);
        for role in [
            "orders",
            "payments",
            "inventory",
            "notifications",
            "provider",
            "mail",
            "push",
        ] {
            assert!(topology.role(role).is_some(), "{name} has nobody for {role}");
        }
        let database = match backend {
            Backend::Local => "sqlite://",
            Backend::Containers => "postgres://{module}:seam@",
        };
        let mut urls = topology.nodes().iter().filter_map(|node| node.env.get("DATABASE_URL"));
        assert!(
            urls.all(|url| format!("{url:?}").contains(database)),
            "{name} on {backend}"
        );
        assert!(
            topology
                .nodes()
                .iter()
                .any(|node| node.env.contains_key("DATABASE_URL"))
        );
        assert_eq!(
            topology.role("mail"),
            Some(Endpoint {
                node: "mail".into(),
                port: "http".into()
            })
        );
    }
}

#[test]
fn a_file_says_what_it_means() {
    let shop = parse(
        "name = 'shop'\n[node.web]\ncargo = { package = 'web' }\nlinks = ['store']\nneeds = ['mail']\n\
         ready = { http = '/up', within_ms = 50 }\n[node.store]\ncommand = ['store']\n\
         [node.mail]\ncommand = ['mail']\nports = ['smtp', 'http']\n[roles]\nfront = 'web'\npost = 'mail.http'",
    )
    .unwrap();

    let names: Vec<&str> = shop.nodes().iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["web", "store", "mail"], "in the order of the file");
    let web = shop.node("web").unwrap();
    assert!(matches!(&web.program, Program::Cargo { package, bin, .. } if package == "web" && bin == "web"));
    let links: Vec<String> = web.links.iter().map(ToString::to_string).collect();
    assert_eq!(links, ["mail.smtp", "mail.http", "store.main"]);
    let links: Vec<String> = shop.links().map(|link| link.to_string()).collect();
    assert_eq!(links, ["web -> mail:smtp", "web -> mail:http", "web -> store:main"]);
    assert_eq!(
        (&web.ready.probe, web.ready.within.as_millis()),
        (
            &ReadyProbe::Http {
                port: "main".into(),
                path: "/up".into(),
                statuses: Vec::new()
            },
            50
        )
    );
    assert_eq!(shop.role("post").unwrap().to_string(), "mail.http");
    assert_eq!(shop.role("store").unwrap().to_string(), "store.main");
    assert_eq!(shop.role("nobody"), None);
    assert_eq!(shop.roles(), ["front", "mail", "post", "store", "web"]);
}

#[test]
fn a_key_that_is_not_known_is_refused_with_those_that_are() {
    let said = refusal("[node.web]\ncomand = ['web']");

    assert!(said.starts_with("shop.toml is not a topology:"), "{said}");
    assert!(
        said.contains("line 3") && said.contains("`comand`") && said.contains("`command`"),
        "{said}"
    );
}

#[test]
fn names_that_nobody_has_are_refused_with_those_that_somebody_has() {
    let unknown = [
        (
            "needs = ['stor']",
            "shop.toml:4: no node is called 'stor'; the nodes are web",
        ),
        ("env = { A = '${link.stor}' }", "shop.toml:4: no node is called 'stor'"),
        (
            "env = { A = '${link.web.http}' }",
            "node 'web' has no port 'http'; its ports are main",
        ),
        (
            "env = { A = '${link.web}' }",
            "node 'web' uses ${link.web}, but neither needs nor links 'web'",
        ),
        (
            "env = { A = '${databse}' }",
            "shop.toml:4: unknown placeholder ${databse}; known are ${data}",
        ),
        ("ready = { tcp = true, port = 'http' }", "node 'web' has no port 'http'"),
        ("[roles]\nfront = 'wep'", "shop.toml:5: no node is called 'wep'"),
    ];
    for (line, wanted) in unknown {
        let said = refusal(&format!("[node.web]\ncommand = ['web']\n{line}"));
        assert!(said.contains(wanted), "{line}: {said}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    for (lines, wanted) in FLAWED {
        let said = refusal(lines);
        assert!(said.contains(wanted), "{lines}: {said}");
    }
}

#[test]
fn a_topology_is_named_as_its_nodes_are() {
    let long = "n".repeat(64);
    for (name, shown) in [
        ("../../evil", "'../../evil'"),
        ("/tmp/evil", "'/tmp/evil'"),
        ("a/b", "'a/b'"),
        ("", "''"),
        ("..", "'..'"),
        ("Shop", "'Shop'"),
        ("a\\u001b[31mb", "'a\\u{1b}[31mb'"),
        ("a\\nb", "'a\\nb'"),
        (long.as_str(), "n...' is not a valid name (64 bytes); use at most 63"),
    ] {
        let said = parse(&format!("name = \"{name}\"\n{WEB}")).unwrap_err().to_string();
        assert!(said.starts_with("shop.toml:1: '"), "{said}");
        assert!(said.contains(shown) && said.contains("is not a valid name"), "{said}");
        assert!(!said.contains(char::is_control), "{said:?}");
        if !name.contains('\\') && !name.is_empty() {
            let node = refusal(&format!("[node.'{name}']\ncommand = ['a']"));
            assert!(node.contains(shown), "{node}");
        }
    }
    let longest = "n".repeat(63);
    assert_eq!(parse(&format!("name = '{longest}'\n{WEB}")).unwrap().name(), longest);
}

/// Variables of which each names the one before twice.
fn doubling(first: &str, count: usize) -> String {
    let rest = (1..=count).map(|n| format!("a{n} = '${{a{}}}${{a{}}}'\n", n - 1, n - 1));
    format!("[variables]\na0 = '{first}'\n{}", rest.collect::<String>())
}

#[test]
fn variables_that_double_are_refused_at_the_first_that_is_too_long() {
    let command = "[node.web]\ncommand = ['true', '${a40}']";
    let said = refusal(&format!("{}{command}", doubling("x", 40)));
    assert!(
        said.contains("variable 'a17' has 131072 bytes with its variables filled in, wanted at most 131071"),
        "{said}"
    );
    let placeholders = refusal(&format!("{}{command}", doubling("${data}", 40)));
    assert!(
        placeholders.contains("variable 'a15' has 229376 bytes"),
        "{placeholders}"
    );
    let in_a_text = refusal(&format!(
        "{}[node.web]\ncommand = ['true']\nenv = {{ A = '${{a16}}${{a16}}' }}",
        doubling("x", 16)
    ));
    assert!(in_a_text.contains("'${a16}${a16}' has 131072 bytes"), "{in_a_text}");
    // Without a byte there is nothing to bound but the work.
    parse(&format!("name = 'x'\n{}{command}", doubling("", 40))).unwrap();
}

#[test]
fn variables_within_too_many_others_are_refused() {
    let chain = |length: usize| {
        let rest = (1..length).map(|n| format!("a{n} = '${{a{}}}'\n", n - 1));
        let last = length - 1;
        format!(
            "name = 'x'\n[variables]\na0 = ''\n{}[node.web]\ncommand = ['${{a{last}}}']",
            rest.collect::<String>()
        )
    };
    assert!(parse(&chain(100)).is_ok());
    let said = parse(&chain(20_000)).unwrap_err().to_string();
    assert!(
        said.contains("variable 'a19899' lies within more than 100 others"),
        "{said}"
    );
}

#[test]
fn nodes_that_wait_for_each_other_are_refused_by_name() {
    let said = refusal(
        "[node.a]\ncommand = ['a']\nneeds = ['b']\n[node.b]\ncommand = ['b']\nneeds = ['c']\n\
         [node.c]\ncommand = ['c']\nneeds = ['b']",
    );

    assert!(
        said.contains("could never start: b needs c needs b; move one of these `needs` to `links`"),
        "{said}"
    );
}

#[test]
fn links_may_go_round_in_a_circle() {
    parse("name = 's'\n[node.a]\ncommand = ['a']\nlinks = ['b', 'a']\n[node.b]\ncommand = ['b']\nneeds = ['a']")
        .unwrap();
}

#[test]
fn an_override_replaces_a_variable_and_nothing_else() {
    let text = format!("name = 's'\n[variables]\ngreeting = 'hi'\n{WEB}");
    let set = |name: &str| Topology::parse(&text, Path::new("shop.toml"), &[(name.to_owned(), "1".to_owned())]);

    assert!(set("greeting").is_ok());
    let said = set("greting").unwrap_err().to_string();
    assert!(
        said.contains("--set greting=... names no variable of shop.toml; it has greeting"),
        "{said}"
    );
}

/// The same text as it is on each backend.
const ON_BOTH: &str = "name = 's'\n[variables]\ndb = 'file:${data}'\n[backend.containers.variables]\n\
    db = 'pg://${link.db}'\n[profile.all]\nnodes = ['web', 'db']\n[roles]\nbooks = 'db'\n\
    [node.web]\ncommand = ['web', '${db}']\nimage = 'web'\nneeds = ['db', 'spy']\n\
    [node.db]\nbackend = 'containers'\nimage = 'postgres:15'\n\
    [node.spy]\nbackend = 'local'\ncommand = ['spy']\n";

#[test]
fn a_topology_differs_by_backend_where_its_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.toml");
    std::fs::write(&file, ON_BOTH).unwrap();
    let load = |backend, set: &[(String, String)]| Topology::load_for(backend, file.to_str().unwrap(), set).unwrap();
    let seen = |topology: &Topology| {
        let web = topology.node("web").unwrap();
        let Program::Command { args, .. } = &web.program else {
            panic!("{web:?}");
        };
        let nodes: Vec<_> = topology.nodes().iter().map(|node| node.name.clone()).collect();
        (nodes.join(" "), web.needs.join(" "), format!("{:?}", args[0]))
    };
    let words = |nodes: &str, needs: &str, db: &str| (nodes.to_owned(), needs.to_owned(), format!("Template([{db}])"));

    let local = load(Backend::Local, &[]);
    assert_eq!(seen(&local), words("web spy", "spy", "\"file:\", ${data}"));
    assert_eq!(local.role("books"), None);
    let containers = load(Backend::Containers, &[]);
    assert_eq!(seen(&containers), words("web db", "db", "\"pg://\", ${link.db.main}"));
    assert_eq!(containers.role("books").unwrap().to_string(), "db.main");
    assert_eq!(
        containers.node("db").unwrap().image.as_ref().unwrap().name,
        "postgres:15"
    );
    let only_web = containers.with_profiles(&["all".to_owned()]).unwrap();
    assert_eq!(only_web.nodes().len(), 2);

    let set = load(Backend::Containers, &[("db".to_owned(), "mine".to_owned())]);
    assert_eq!(seen(&set), words("web db", "db", "\"mine\""));
}

#[test]
fn a_check_finds_the_flaws_of_either_backend_and_each_once() {
    let check = |text: &str| {
        let flaws = Topology::check(text, Path::new("s.toml"), &[]).unwrap_err();
        flaws.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(Topology::check(ON_BOTH, Path::new("s.toml"), &[]).is_ok());
    let text = ON_BOTH
        .replace("'web', '${db}'", "'web', '${db}', '${x}'")
        .replace("pg://${link.db}", "${link.d}");
    let said = check(&text);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].contains("unknown placeholder ${x}"), "{said:#?}");
    assert!(said[1].contains("no node is called 'd'"), "{said:#?}");

    let said = check(&format!("name = 's'\n{WEB}backend = 'containers'"));
    assert!(said[0].contains("no node is there on the backend local"), "{said:#?}");
}

#[test]
fn every_flaw_of_a_file_is_found_not_only_the_first() {
    let text = "name = 's'\n[node.a]\ncommand = ['a', '${x}']\nneeds = ['b']\nready = {}\n\
                [node.b]\nneeds = ['c']\n[roles]\nfront = 'd'";
    let flaws = Topology::check(text, Path::new("shop.toml"), &[]).unwrap_err();
    let said: Vec<String> = flaws.iter().map(ToString::to_string).collect();

    assert_eq!(said.len(), 5, "{said:#?}");
    for (said, wanted) in said.iter().zip([
        "shop.toml:3: unknown placeholder ${x}",
        "shop.toml:5: ready of node 'a' must be",
        "shop.toml:6: node 'b' has nothing to run",
        "shop.toml:7: no node is called 'c'",
        "shop.toml:9: no node is called 'd'",
    ]) {
        assert!(said.starts_with(wanted), "{said}");
    }
}

#[test]
fn included_files_are_read_once_and_the_file_that_includes_them_wins() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "all.toml",
        "name = 's'\ninclude = ['a.toml', 'b.toml']\n[variables]\nx = 'mine'\n",
    );
    write(
        "a.toml",
        "include = ['b.toml', 'all.toml']\n[variables]\nx = 'a'\n[node.a]\ncommand = ['a', '${x}']\n",
    );
    write("b.toml", "[node.b]\ncommand = ['b']\nneeds = ['a']\n");
    let load = || Topology::load(folder.path().join("all.toml").to_str().unwrap(), &[]);
    let names: Vec<String> = load().unwrap().nodes().iter().map(|node| node.name.clone()).collect();
    assert_eq!(names, ["a", "b"]);

    write("b.toml", "[variables]\nx = 'b'\n[node.a]\ncommand = ['b']\n");
    let said = load().unwrap_err().to_string();
    assert!(
        said.contains("b.toml:3: node 'a' comes from another file too; name it once"),
        "{said}"
    );
    write("b.toml", "[node.b]\ncomand = ['b']\n");
    let said = load().unwrap_err().to_string();
    assert!(
        said.contains("b.toml is not a topology") && said.contains("line 2"),
        "{said}"
    );
}
