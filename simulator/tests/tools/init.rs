//! `seam init`: what it makes of a folder or a compose file is sound, says what it leaves out, and runs.

use crate::folder::{Folder, Said};

/// A web application with a database, a cache, a migration, anchors and merge keys.
const WEB: &str = r#"
version: "3"
x-base: &base
  restart: on-failure:2
  environment: &env
    LOG: debug
services:
  web:
    <<: *base
    build: ./web
    command: ["node", "server.js", "--name", "${NAME:-shop}"]
    environment:
      <<: *env
      PORT: 3000
      DATABASE_URL: postgres://shop:pw@db:5432/shop
      CACHE: cache:6379
      DB_HOST: db
    ports: ["8080:3000"]
    depends_on:
      db: { condition: service_healthy }
      migrate: { condition: service_completed_successfully }
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:3000/healthz"]
      interval: 2s
      retries: 5
  migrate:
    build: { context: ./web }
    command: sh -c "node migrate.js && echo $$HOME"
    depends_on: [db]
  db:
    image: postgres:16
    volumes: ["data:/var/lib/postgresql/data"]
    healthcheck: { test: ["CMD-SHELL", "pg_isready"] }
  cache:
    image: redis:7
volumes: { data: {} }
"#;

/// Workers with lists of variables, instances, an env file and a way to end.
const WORKERS: &str = r#"
services:
  Api_Server:
    image: python:3.12
    working_dir: /app/src
    volumes: [".:/app"]
    entrypoint: python3
    command: server.py --port 8000
    expose: ["8000"]
    environment:
      - QUEUE=amqp://queue
      - TOKEN
      - "SHELL_TEXT=$${BRACED} $$PLAIN"
  mail.worker:
    build: .
    command: ["./mail.sh"]
    deploy: { replicas: 3 }
    env_file: [mail.env, { path: gone.env, required: false }]
    environment: { API: "http://Api_Server:8000/x" }
    depends_on: [Api_Server, queue]
    stop_signal: SIGINT
    stop_grace_period: 1m30s
    restart: always
    logging: { driver: none }
  queue:
    image: registry.example:5000/team/rabbitmq:3-management
    ports: ["5672:5672", "15672:15672"]
"#;

/// Images only.
const IMAGES: &str = r#"
services:
  proxy:
    image: nginx:1
    ports: ["127.0.0.1:8081:80", "3000-3005:3000-3005"]
    healthcheck: { test: "wget -q http://localhost/up || exit 1", start_period: 5s }
    depends_on: { store: { condition: service_started } }
    networks: [front]
    secrets: [token]
  store:
    image: "mongo:${TAG:-7}"
networks: { front: {} }
secrets: { token: { file: ./token } }
"#;

/// Ports in each form, two programs that want one port, and several ports of one program.
const PORTS: &str = r#"
services:
  a: { build: ./a, command: ./a, ports: ["${A_PORT:-9001}:3000"] }
  b: { build: ./b, command: ./b, ports: [{ target: 3000, published: "9002" }], environment: { A: "http://a:3000" } }
  c:
    build: ./c
    command: ./c
    ports: ["9003:80", "9004:81"]
    healthcheck: { test: ["CMD", "curl", "http://127.0.0.1:81/ok"] }
  d: { build: ./d, command: ./d, environment: { C: "http://c/x http://c:81/y c:99" }, ports: ["3000"] }
"#;

/// Cycles of names, images that only run once, and no `command` anywhere but for one.
const ODD: &str = r#"
services:
  "9-lives": { image: "cat:9", command: ["meow", "--all"], healthcheck: { test: [NONE] } }
  init: { image: "migrate/migrate", command: ["-path=/m", "up"] }
  app:
    image: app
    command: serve "a b" ${FLAGS:-${MORE:-x}}
    depends_on: { init: { condition: service_completed_successfully }, ghost: { condition: service_started } }
    extends: { service: base }
    scale: 1
    profiles: [dev]
    healthcheck: { test: ["CMD-SHELL", "test -f $$READY"], timeout: 1s }
"#;

/// The topology that is made of a compose file, and what is said of it; `seam check` finds nothing wrong.
fn made(compose: &str) -> (String, Said) {
    let folder = Folder::new();
    folder.write("stack/compose.yaml", compose);
    folder.write("stack/mail.env", "FROM=shop\n");
    folder.write("stack/.env", "NAME=shop\n");
    folder.write("stack/web/Dockerfile", "FROM node\n");
    let said = folder
        .seam(&["init", "stack", "--from", "stack/compose.yaml", "--name", "made"])
        .is(0);
    assert_eq!(folder.names("stack/topologies"), ["made.toml"]);
    let files = ["stack/topologies/made.toml", "stack/scenarios/made.toml"];
    for file in files.iter().filter(|file| folder.path().join(file).is_file()) {
        let checked = folder.seam(&["check", file]).is(0);
        assert!(checked.out.contains("nothing wrong"), "{}", checked.out);
    }
    (folder.read(files[0]), said)
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn a_web_application_becomes_nodes_links_and_addresses() {
    let (topology, said) = made(WEB);
    has(
        &topology,
        &[
            "[node.db]\naddress = \"${env.DB_ADDRESS:-127.0.0.1:5432}\"\n",
            "[node.cache]\naddress = \"${env.CACHE_ADDRESS:-127.0.0.1:6379}\"\n",
            "[node.migrate]\ncommand = [\"sh\", \"-c\", \"node migrate.js && echo $HOME\"]\nfolder = \"../web\"\n\
             once = true\nneeds = [\"db\"]\n",
            "[node.web]\ncommand = [\"node\", \"server.js\", \"--name\", \"${env.NAME:-shop}\"]\nfolder = \"../web\"\n\
             public_ports = { main = 8080 }\nready = { http = \"/healthz\", within_ms = 12000 }\n\
             needs = [\"db\", \"migrate\"]\nlinks = [\"cache\"]\nrestart = { on_failure = 2 }\n",
            "DATABASE_URL = \"postgres://shop:pw@${link.db}/shop\"\n",
            "CACHE = \"${link.cache}\"\n",
            "PORT = \"${port}\"\n",
            "LOG = \"debug\"\n",
        ],
    );
    has(
        &said.err,
        &[
            "web: `DB_HOST` names db",
            "the section `volumes`",
            "db: it is the image postgres:16",
        ],
    );
    has(&topology, &["# Not taken over: web: `DB_HOST` names db"]);
}

#[test]
fn workers_become_nodes_without_ports_and_names_are_made_to_fit() {
    let (topology, said) = made(WORKERS);
    has(
        &topology,
        &[
            "[node.api-server]\ncommand = [\"python3\", \"server.py\", \"--port\", \"8000\"]\nfolder = \"../src\"\n\
             fixed_ports = { main = 8000 }\n",
            "# `local` runs `python3` of this machine, not that of the image python:3.12.\n",
            "SHELL_TEXT = \"$${BRACED} $PLAIN\"",
            "[node.mail-worker]\ncommand = [\"./mail.sh\"]\nfolder = \"..\"\nports = []\ninstances = 3\n\
             needs = [\"api-server\", \"queue\"]\nenv_files = [\"../mail.env\"]\n\
             stop = { signal = \"INT\", within_ms = 90000 }\n",
            "API = \"http://${link.api-server}/x\"",
            "[node.queue]\naddress = \"${env.QUEUE_ADDRESS:-127.0.0.1:5672}\"",
        ],
    );
    assert!(!topology.contains("TOKEN"), "it passes through: {topology}");
    has(
        &said.err,
        &[
            "stack/.env, from which compose fills in variables",
            "mail.worker: the env file gone.env",
            "mail.worker: restart always",
            "mail.worker: `logging`: `local` has nothing of the kind",
            "queue: its ports but 5672",
            "Api_Server: `QUEUE` names queue",
        ],
    );
}

#[test]
fn images_become_addresses_that_a_variable_changes() {
    let (topology, said) = made(IMAGES);
    has(
        &topology,
        &[
            "[node.proxy]\naddress = \"${env.PROXY_ADDRESS:-127.0.0.1:8081}\"\n\
             ready = { http = \"/up\", within_ms = 125000 }",
            "[node.store]\naddress = \"${env.STORE_ADDRESS:-127.0.0.1:27017}\"",
        ],
    );
    has(
        &said.err,
        &[
            "proxy: port \"3000-3005:3000-3005\"",
            "proxy: `networks`",
            "proxy: `secrets`",
            "the section `networks`",
            "store: it is the image mongo:7",
        ],
    );
}

#[test]
fn ports_are_kept_and_two_programs_at_one_are_said() {
    let (topology, said) = made(PORTS);
    has(
        &topology,
        &[
            "fixed_ports = { main = 3000 }\npublic_ports = { main = 9001 }",
            "A = \"http://${link.a}\"",
            "ports = [\"p80\", \"p81\"]\nfixed_ports = { p80 = 80, p81 = 81 }\n\
             public_ports = { p80 = 9003, p81 = 9004 }\n\
             ready = { http = \"/ok\", port = \"p81\" }",
            "C = \"http://${link.c.p80}/x http://${link.c.p81}/y c:99\"",
            "links = [\"c\"]",
        ],
    );
    has(
        &said.err,
        &[
            "b and a both listen on port 3000",
            "d and b both listen on port 3000",
            "d: `C` names c",
        ],
    );
}

#[test]
fn what_only_an_image_knows_is_a_comment_with_what_to_do() {
    let (topology, said) = made(ODD);
    has(
        &topology,
        &[
            "[node.lives]\ncommand = [\"meow\", \"--all\"]\nfolder = \"..\"\nports = []\n",
            "# init: it is the image migrate/migrate, and `local` runs no image.\n# Give it a `command` to have it as \
             a node:\n# [node.init]\n# command = [\"PROGRAM\"]\n",
            "[node.app]\ncommand = [\"serve\", \"a b\", \"${env.FLAGS:-}\"]\n",
            "ready = { command = [\"sh\", \"-c\", \"test -f $READY\"] }",
        ],
    );
    has(
        &said.err,
        &[
            "app depends on init, which is not a node yet",
            "app: `depends_on` ghost, which is no service of this file",
            "app: `extends`",
            "app: command: the default of ${FLAGS}",
            "app: `profiles`",
            "no scenario: no node has a port",
        ],
    );
}

#[test]
fn a_compose_file_that_gives_nothing_is_refused_and_nothing_is_written() {
    let folder = Folder::new();
    for (text, said) in [
        ("services: [", "compose.yaml is not YAML"),
        ("a: 1", "compose.yaml has no services, so it is no compose file"),
        ("services: {}", "has no services"),
        (
            "services: { a: { image: x } }",
            "nothing that `local` could run or reach",
        ),
    ] {
        folder.write("compose.yaml", text);
        folder.seam(&["init", "--from", "compose.yaml"]).refuses(said);
    }
    folder
        .seam(&["init", "--from", "none.yaml"])
        .refuses("cannot read none.yaml");
    folder.seam(&["init", "nowhere"]).refuses("nowhere is no folder");
    folder
        .seam(&["init"])
        .refuses("take its services with `seam init --from compose.yaml`");
    folder.seam(&["init", "--name", "No"]).refuses("nothing to run in");
    assert_eq!(folder.names("."), ["compose.yaml"]);
}

#[test]
fn what_it_makes_of_a_procfile_runs_and_is_never_overwritten() {
    let folder = Folder::new();
    folder.write(
        "Procfile",
        "# processes\nweb: python3 -u -m http.server --bind 127.0.0.1 $PORT\nclock: sleep 600\nrelease: echo a > made; \
         echo b >> made\n",
    );
    folder.write("Dockerfile", "FROM scratch\nCMD [\"./web\"]\n");
    let said = folder.seam(&["init", "--name", "shop"]).is(0);
    has(&said.err, &["The Dockerfile says: CMD [\"./web\"]"]);

    let ran = folder.seam(&["run", "shop", "--seed", "1"]).is(0);
    has(
        &ran.out,
        &["PASS in", "40 of 40 journeys", "every journey had an answer of web"],
    );
    assert_eq!(folder.read("made"), "a\nb\n");
    let scenario = folder.read("scenarios/shop.toml");
    folder.write(
        "scenarios/shop.toml",
        &scenario.replace("path = \"/\"", "path = \"/nobody\""),
    );
    folder.seam(&["run", "shop", "--seed", "1"]).is(1);

    let topology = folder.read("topologies/shop.toml");
    folder
        .seam(&["init", "--name", "shop"])
        .refuses("topologies/shop.toml is there already, and nothing is written over it");
    std::fs::remove_file(folder.path().join("topologies/shop.toml")).unwrap();
    folder
        .seam(&["init", "--name", "shop"])
        .refuses("scenarios/shop.toml is there already");
    assert_eq!(
        folder.names("topologies"),
        [".seam"],
        "what was written before is gone again"
    );
    assert!(topology.contains("needs = [\"release\"]"), "{topology}");
}

#[test]
fn binaries_of_a_workspace_and_scripts_of_a_package_become_nodes() {
    let folder = Folder::new();
    folder.write("Cargo.toml", "[workspace]\nmembers = ['api']\nresolver = '3'\n");
    folder.write(
        "api/Cargo.toml",
        "[package]\nname = 'api'\nversion = '0.1.0'\nedition = '2024'\n",
    );
    folder.write("api/src/main.rs", "fn main() {}\n");
    folder.write("api/src/bin/Sync_Job.rs", "fn main() {}\n");
    folder.write(
        "package.json",
        r#"{ "name": "@shop/front",
             "scripts": { "start": "node .", "db:migrate": "m", "mail-worker": "w", "lint": "l" } }"#,
    );
    folder.write("yarn.lock", "");
    let said = folder.seam(&["init", "--name", "shop"]).is(0);
    folder
        .seam(&["check", "topologies/shop.toml", "scenarios/shop.toml"])
        .is(0);
    let topology = folder.read("topologies/shop.toml");
    has(
        &topology,
        &[
            "[node.api]\ncargo = { package = \"api\", bin = \"api\" }\nneeds = [\"db-migrate\"]\n",
            "[node.sync-job]\ncargo = { package = \"api\", bin = \"Sync_Job\" }\n",
            "[node.shop-front]\ncommand = [\"yarn\", \"run\", \"start\"]\nfolder = \"..\"\nneeds = [\"db-migrate\"]\n",
            "[node.db-migrate]\ncommand = [\"yarn\", \"run\", \"db:migrate\"]\nfolder = \"..\"\nonce = true\n",
            "[node.mail-worker]\ncommand = [\"yarn\", \"run\", \"mail-worker\"]\nfolder = \"..\"\nports = []\n",
        ],
    );
    has(&said.err, &["the script lint of package.json"]);
}
