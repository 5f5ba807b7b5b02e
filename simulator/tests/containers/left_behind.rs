use std::{fs, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

use crate::shop::{NATS, Shop, TWO, docker, until};

/// Six images, and nothing to build.
fn six() -> String {
    let node = |number| NATS.replace("node.nats", &format!("node.n{number}"));
    (0..6).map(node).collect()
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_kill_of_seam_at_any_moment_leaves_nothing_behind() {
    let shop = Shop::new("ct-killed", &six());
    for moment in ["n0: started", "n3: started", "n5: ready", "every node is ready"] {
        let mut up = shop.begin(&[]);
        up.hears(moment);
        up.signal(Signal::KILL);
        up.ended();
        let _held = shop.held_against_others();
        shop.assert_nothing_is_left();
    }
    // Before anything was started, at moments that nobody announces.
    for part in 0..8 {
        let mut up = shop.begin(&[]);
        up.passes(Duration::from_millis(40 * part));
        up.signal(Signal::KILL);
        up.ended();
        let _held = shop.held_against_others();
        shop.assert_nothing_is_left();
    }
}

#[test]
#[ignore = "needs a Docker engine"]
fn an_interrupt_before_everything_is_ready_leaves_nothing_behind() {
    let shop = Shop::new("ct-interrupted", &six());
    for moment in ["n0: started", "n4: started"] {
        let mut up = shop.begin(&[]);
        up.hears(moment);
        let (code, said) = up.down();
        assert!(
            code == Some(2) && said.contains("interrupted before every node was ready"),
            "{said}"
        );
        shop.assert_nothing_is_left();
    }
}

#[test]
#[ignore = "needs a Docker engine"]
fn a_node_that_does_not_become_ready_leaves_nothing_behind() {
    let nodes = NATS.replace("/healthz\"", "/healthz\", status = 418, within_ms = 5000");
    let shop = Shop::new("ct-never", &nodes);
    let (code, said) = shop.ran(&["up", "shop.toml", "--backend", "containers"]);
    assert!(
        code == Some(1) && said.contains("was not ready after 5.00 s") && said.contains("200 OK"),
        "{said}"
    );
    assert!(shop.held().is_empty());
}

#[test]
#[ignore = "needs a Docker engine"]
fn what_outlives_the_reaper_too_goes_with_the_next_run_and_nothing_of_others_does() {
    let other = Shop::new("ct-other", NATS);
    let other_up = other.up(&[]);
    let shop = Shop::new("ct-reaper", NATS);
    let mut up = shop.up(&[]);
    // Those of `seam` and of its reaper, which is its only child.
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children", pid = up.pid())).unwrap();
    let reaper: i32 = children.split_whitespace().next().unwrap().parse().unwrap();
    kill_process(Pid::from_raw(reaper).unwrap(), Signal::KILL).unwrap();
    up.signal(Signal::KILL);
    up.ended();
    let held = shop.held_against_others();
    assert_eq!(shop.held().len(), 3, "{:#?}", shop.held());
    drop(held);

    let (code, said) = shop.ran(&["clean"]);

    assert_eq!(code, Some(0), "{said}");
    shop.assert_nothing_is_left();
    assert_eq!(other.held().len(), 3);
    drop(other_up);
    other.assert_nothing_is_left();
}

#[test]
#[ignore = "needs a Docker engine"]
fn two_runs_of_one_topology_side_by_side_do_not_meet() {
    let shop = Shop::new("ct-two", TWO);
    let (mut one, two) = thread::scope(|scope| {
        let second = scope.spawn(|| shop.up(&[]));
        (shop.up(&[]), second.join().unwrap())
    });
    assert_eq!(
        (one.get("store", "/rows").1, one.get("store", "/rows").1),
        ("1".into(), "2".into())
    );
    assert_eq!(two.get("store", "/rows").1, "1");
    assert_eq!(shop.held().len(), 2 * 5);
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let theirs = docker(&["inspect", "-f", format, &two.container("store")]);
    let (status, said) = one.get("web", &format!("/dial/{}:8080", theirs.trim()));
    assert_eq!(status, 502, "a node of another run is reached: {said}");

    assert_eq!(one.down().0, Some(0));
    assert_eq!(two.get("web", "/store").0, 200);
    assert_eq!(shop.held().len(), 5);
    assert_eq!(shop.images().len(), 1, "both run one image");
}

#[test]
#[ignore = "needs a Docker engine"]
fn an_image_is_made_anew_when_its_content_changes_and_the_earlier_one_goes() {
    let shop = Shop::new("ct-content", TWO);
    shop.up(&[]).down();
    let first = shop.images();
    assert_eq!(first.len(), 1);
    shop.up(&[]).down();
    assert_eq!(shop.images(), first, "nothing has changed");

    shop.write(
        "src/main.rs",
        &include_str!("web.rs").replace("\"open\".to_owned()", "\"open late\".to_owned()"),
    );
    let mut up = shop.up(&[]);
    assert_eq!(up.get("web", "/").1, "open late");
    up.down();

    let second = until(|| Some(shop.images()).filter(|images| images.len() == 1));
    assert_ne!(second, first);
}
