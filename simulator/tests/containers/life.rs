use crate::shop::{NATS, Shop, TWO, docker, until};

#[test]
#[ignore = "needs a Docker engine"]
fn programs_of_ours_and_images_of_others_come_up_are_asked_and_go_down() {
    let shop = Shop::new("ct-life", &format!("{TWO}{NATS}"));
    let mut up = shop.up(&[]);

    assert_eq!(up.get("web", "/").1, "open");
    let (status, store) = up.get("web", "/store");
    assert!(status == 200 && store.contains("open"), "over the link: {store}");
    let (code, ps) = shop.ran(&["ps"]);
    assert_eq!((code, ps.matches("ready").count()), (Some(0), 3), "{ps}");
    let (code, logs) = shop.ran(&["logs", "store"]);
    assert!(code == Some(0) && logs.contains("open for business"), "{logs}");
    let (_, logs) = shop.ran(&["logs", "nats"]);
    assert!(logs.contains("Server is ready"), "{logs}");
    assert_eq!(shop.held().len(), 3 + 1 + 3, "{:#?}", shop.held());

    let (code, said) = up.down();
    assert_eq!(code, Some(0), "{said}");
    shop.assert_nothing_is_left();
    assert!(!up.run_folder().exists());
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_program_of_ours_has_no_rights_that_it_does_not_need() {
    let shop = Shop::new("ct-rights", TWO);
    let up = shop.up(&[]);

    let (_, user) = up.get("web", "/user");
    assert!(
        user.contains("Uid:\t65532\t65532") && user.contains("CapEff:\t0000000000000000"),
        "{user}"
    );
    let (status, said) = up.get("web", "/write/anything");
    assert!(status == 502 && said.contains("Read-only file system"), "{said}");
    assert_eq!(up.get("web", "/write/tmp/anything").0, 200);
    assert_eq!(up.get("web", "/write/data/anything").0, 200);
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_node_reaches_another_one_over_its_link_alone() {
    let shop = Shop::new("ct-alone", TWO);
    let up = shop.up(&[]);
    let address = |node: &str| {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        docker(&["inspect", "-f", format, &up.container(node)])
            .trim()
            .to_owned()
    };
    let store = address("store");

    assert_eq!(up.get("web", "/store").0, 200);
    let (status, said) = up.get("web", &format!("/dial/{store}:8080"));
    assert_eq!(status, 502, "{store} is reached past the link: {said}");
    let (status, _) = up.get("store", &format!("/dial/{}:8080", address("web")));
    assert_eq!(status, 502, "one that has no link at all");
    assert_eq!(
        up.get("store", &format!("/dial/{store}:8080")).0,
        200,
        "the way to dial works"
    );
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_restarted_node_has_its_data_and_its_address_and_is_found_by_its_callers() {
    let shop = Shop::new("ct-restart", TWO);
    let up = shop.up(&[]);
    assert_eq!(up.get("store", "/rows").1, "1");
    let before = docker(&["inspect", "-f", "{{.State.StartedAt}}", &up.container("store")]);

    let (code, said) = shop.ran(&["restart", "store"]);

    assert_eq!(code, Some(0), "{said}");
    let after = docker(&["inspect", "-f", "{{.State.StartedAt}}", &up.container("store")]);
    assert_ne!(before, after);
    assert_eq!(up.get("store", "/rows").1, "2");
    assert_eq!(up.get("web", "/store").0, 200);
    let (_, logs) = shop.ran(&["logs", "store"]);
    assert_eq!(logs.matches("open for business").count(), 2, "{logs}");
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_death_is_said_with_its_status_and_a_node_that_may_restart_does() {
    let shop = Shop::new("ct-death", &format!("{TWO}restart = {{ on_failure = 1 }}\n"));
    let mut up = shop.up(&[]);
    // The answer never comes.
    crate::shop::get(up.address("store"), "/die");
    let died = up.state("store", "died");
    assert!(died.to_string().contains("exit status 3"), "{died}");
    up.state("store", "ready");
    crate::shop::get(up.address("web"), "/die");
    up.state("web", "died");

    let (code, said) = up.down();
    assert!(code == Some(0) && said.contains("logs are kept in"), "{said}");
    shop.assert_nothing_is_left();
}

#[test]
#[ignore = "needs a Docker engine"]
fn an_image_finds_its_files_and_is_ready_by_a_command_or_a_line() {
    let nodes = r#"
        [node.database]
        image = "postgres:15"
        files = { "/docker-entrypoint-initdb.d/shop.sql" = "shop.sql" }
        fixed_ports = { main = 5432 }
        env = { POSTGRES_PASSWORD = "pw", PGDATA = "${data}/db" }
        ready = { command = ["pg_isready", "--host", "127.0.0.1"] }
        stop = { signal = "INT" }
        [node.clerk]
        image = "nats:2"
        needs = ["database"]
        once = true
        args = ["--version"]
        [node.nats]
        image = "nats:2"
        ready = { log = "Server is ready" }
    "#;
    let shop = Shop::new("ct-images", nodes.replace("        ", "").trim_start());
    shop.write(
        "shop.sql",
        "CREATE TABLE goods (name text); INSERT INTO goods VALUES ('tea'), ('salt');",
    );
    let mut up = shop.up(&["--keep"]);

    let (_, logs) = shop.ran(&["logs", "clerk"]);
    assert!(logs.contains("nats-server: v2"), "{logs}");
    let goods = ["psql", "-U", "postgres", "-tc", "SELECT count(*) FROM goods"];
    let counted = docker(&[&["exec", &up.container("database")][..], &goods].concat());
    assert_eq!(counted.trim(), "2");
    // Its data is in the volume, whoever it runs as.
    let listed = docker(&["exec", &up.container("database"), "ls", "/data/db/PG_VERSION"]);
    assert_eq!(listed.trim(), "/data/db/PG_VERSION");
    assert_eq!(up.down().0, Some(0));
}

#[test]
#[ignore = "needs a Docker engine"]
fn what_is_kept_is_kept_stopped_until_its_folder_goes() {
    let shop = Shop::new("ct-keep", TWO);
    let mut up = shop.up(&["--keep"]);
    assert_eq!(up.get("store", "/rows").1, "1");
    let store = up.container("store");

    let (code, said) = up.down();

    let run = up.run_folder().file_name().unwrap().display().to_string();
    assert_eq!(code, Some(0));
    assert!(
        said.contains(&format!("docker ps -a --filter label=seam.run={run}")),
        "{said}"
    );
    assert_eq!(shop.held().len(), 2 + 1 + 2);
    assert_eq!(docker(&["inspect", "-f", "{{.State.Status}}", &store]).trim(), "exited");
    let rows = docker(&["cp", &format!("{store}:/data/rows"), "-"]);
    assert!(rows.contains("row\n"), "{rows}");
    // The next run leaves them alone.
    drop(shop.up(&[]));
    until(|| (shop.held().len() == 2 + 1 + 2).then_some(()));
    assert_eq!(docker(&["inspect", "-f", "{{.State.Status}}", &store]).trim(), "exited");

    let (code, said) = shop.ran(&["clean"]);
    assert!(
        code == Some(0) && said.contains("has nothing in containers any more"),
        "{said}"
    );
    shop.assert_nothing_is_left();
}
