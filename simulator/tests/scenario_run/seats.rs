//! A box office of somebody else, with a race in it.

use crate::{Project, Run};

const TOPOLOGY: &str = "name = 'corner'\n[variables]\nsafe = '0'\n[node.box]\n\
    command = ['python3', 'shop.py', '${port}', '${data}']\nenv = { SAFE = '${safe}' }\nready = { http = '/' }\n";

#[test]
fn a_seat_that_is_sold_twice_is_found_by_its_tickets_and_by_a_join_on_a_templated_column() {
    let project = Project::of_shop(include_str!("seats.py"), TOPOLOGY, include_str!("seats.toml"));
    let sell = |seed: &str, safe: &str| -> Run {
        let set = format!("safe={safe}");
        let args = [
            "scenarios/errand.toml",
            "--topology",
            "corner",
            "--seed",
            seed,
            "--set",
            &set,
        ];
        project.run(&args)
    };
    for seed in ["1", "2"] {
        let run = sell(seed, "0");
        assert_eq!(run.code, Some(1), "{run:#?}");
        for name in ["no seat is sold twice", "each ticket is its seat's owner's"] {
            let is_violated = run
                .stdout
                .lines()
                .any(|line| line.starts_with("violated ") && line.ends_with(name));
            assert!(is_violated, "{name}: {run:#?}");
        }
        let run = sell(seed, "1");
        assert_eq!(run.code, Some(0), "{run:#?}");
    }
}
