use faults::{Fault, draw};
use proptest::prelude::*;

/// One fault of each kind in TOML, with all fields that it can have.
const EACH: &str = r#"
[[fault]]
name = "closed"
does = { refuse = {} }
[[fault]]
name = "short"
on = { connections = { first = 2 } }
does = { accept_then_close = {} }
[[fault]]
name = "broken"
on = { connections = { nth = 3 }, for = "1500ms" }
does = { reset = { after = "250us" } }
[[fault]]
name = "broken by a reply"
on = { direction = "to_client" }
does = { reset = { after = "1s", on_bytes = true } }
[[fault]]
name = "lost"
on = { connections = { probability = 0.25 } }
does = { timeout = { after = "2s" } }
[[fault]]
name = "held"
does = { timeout = {} }
[[fault]]
name = "lost for good"
does = { timeout = { lose = true } }
[[fault]]
name = "torn"
on = { direction = "to_client", connections = "all" }
does = { cut = { after_bytes = 0 } }
[[fault]]
name = "torn at once"
does = { cut = { after_bytes = 1, at_once = true } }
[[fault]]
name = "noisy"
does = { corrupt = { every = 100 } }
[[fault]]
name = "crumbs"
does = { slice = { size = 5, variation = 4, delay = "1ms" } }
[[fault]]
name = "thin"
on = { direction = "to_upstream" }
does = { bandwidth = { bytes_per_second = 1000 } }
[[fault]]
name = "late"
does = { latency = { delay = "200ms", jitter = "50ms", distribution = "normal" } }
[[fault]]
name = "clingy"
does = { slow_close = { delay = "1h" } }
[[fault]]
name = "unavailable"
on = { http = { method = "POST", path = "/v1/{id}/{*rest}", headers = { accept = "*/*" }, caller = "orders" } }
does = { answer = { status = 503, headers = { retry-after = "1" }, body = "no" } }
[[fault]]
name = "late request"
on = { http = { requests = { probability = 0.5 } } }
does = { delay_request = { delay = "10ms", jitter = "1ms", distribution = "exponential" } }
[[fault]]
name = "late reply"
on = { http = { requests = { first = 3 } } }
does = { delay_reply = { delay = "10ms" } }
[[fault]]
name = "twice"
on = { http = { requests = { nth = 2 } } }
does = { duplicate = {} }
[[fault]]
name = "silence"
does = { drop_reply = {} }
[[fault]]
name = "half"
does = { truncate_body = { after_bytes = 1 } }
[[fault]]
name = "garbled"
does = { corrupt_body = { every = 3 } }
[[fault]]
name = "again"
does = { redeliver = { parameter = "from" } }
[[fault]]
name = "again from `after`"
does = { redeliver = {} }
[[fault]]
name = "crossed"
does = { reorder = { within = "50ms" } }
[[fault]]
name = "wrong"
on = { http = { operation = "get_order" } }
does = { violate_schema = {} }
[[fault]]
name = "rounds"
does = { alter_json = { at = "/data/items/*/cents", add = -1 } }
[[fault]]
name = "renames"
does = { alter_json = { at = "/data/status", set = "paid" } }
[[fault]]
name = "drops"
does = { alter_json = { at = "/data/status", remove = true } }
[[fault]]
name = "copies"
does = { duplicate_items = { items = "/data/events", probability = 0.5 } }
[[fault]]
name = "mixed"
does = { reorder_items = { items = "" } }
[[fault]]
name = "later"
does = { withhold_items = { items = "/a", next = "/next", position = "/id" } }
"#;

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct File {
    fault: Vec<Fault>,
}

#[test]
fn each_fault_is_read_and_written_as_toml_and_json() {
    let file: File = toml::from_str(EACH).unwrap();
    assert_eq!(file.fault.len(), 31);

    let toml = toml::to_string(&file).unwrap();
    let json = serde_json::to_string(&file).unwrap();

    assert_eq!(toml::from_str::<File>(&toml).unwrap(), file, "{toml}");
    assert_eq!(serde_json::from_str::<File>(&json).unwrap(), file, "{json}");
    assert!(toml.contains("\"1500ms\"") && toml.contains("\"250us\""), "{toml}");
}

/// Reads a fault named `f` from the rest of its table, and returns the error.
fn refused(rest: &str) -> String {
    let text = format!("name = \"f\"\n{rest}");
    toml::from_str::<Fault>(&text).unwrap_err().to_string()
}

/// The rest of a fault, and the error about it.
const OUTSIDE: &[(&str, &str)] = &[
    (
        "does = { slice = { size = 0 } }",
        "`does.slice.size` is 0, wanted 1 to 1073741824",
    ),
    (
        "does = { slice = { size = 3, variation = 3 } }",
        "`does.slice.variation` is 3, wanted 0 to 2",
    ),
    (
        "does = { alter_json = { at = \"/a\", add = 1, remove = true } }",
        "`does.alter_json` is 2 of add, set and remove, wanted one of them",
    ),
    (
        "does = { alter_json = { at = \"/a\", add = 0 } }",
        "`does.alter_json.add` is 0, wanted another number than 0",
    ),
    (
        "does = { alter_json = { at = \"a\", add = 1 } }",
        "`does.alter_json.at` is \"a\", wanted a JSON pointer such as /data/events",
    ),
    (
        "does = { corrupt = { every = 0 } }",
        "`does.corrupt.every` is 0, wanted 1 to",
    ),
    (
        "does = { bandwidth = { bytes_per_second = 0 } }",
        "`does.bandwidth.bytes_per_second` is 0, wanted 1 to",
    ),
    (
        "does = { latency = { delay = \"61m\" } }",
        "`does.latency.delay` is 61m, wanted at most 1h",
    ),
    (
        "does = { timeout = { after = \"25h\" } }",
        "`does.timeout.after` is 25h, wanted at most 24h",
    ),
    (
        "does = { reset = { after = \"25h\" } }",
        "`does.reset.after` is 25h, wanted at most 24h",
    ),
    (
        "does = { slow_close = { delay = \"25h\" } }",
        "`does.slow_close.delay` is 25h, wanted at most 24h",
    ),
    (
        "on = { connections = { probability = 1.5 } }\ndoes = { reset = {} }",
        "`on.connections.probability` is 1.5, wanted 0 to 1",
    ),
    (
        "on = { connections = { probability = nan } }\ndoes = { reset = {} }",
        "`on.connections.probability` is NaN, wanted 0 to 1",
    ),
    (
        "on = { connections = { nth = 0 } }\ndoes = { reset = {} }",
        "`on.connections.nth` is 0, wanted 1 or more",
    ),
    (
        "on = { for = \"0s\" }\ndoes = { reset = {} }",
        "`on.for` is 0s, wanted more than 0s, at most 24h",
    ),
    (
        "on = { direction = \"to_client\" }\ndoes = { reset = {} }",
        "`on.direction` is to_client, wanted both",
    ),
    (
        "on = { connections = { first = 1 } }\ndoes = { refuse = {} }",
        "`on.connections` is first, wanted all",
    ),
    (
        "does = { answer = { status = 101 } }",
        "`does.answer.status` is 101, wanted 200 to 599",
    ),
    (
        "does = { answer = { status = 204, body = \"x\" } }",
        "`does.answer.body` is set, wanted none with",
    ),
    (
        "does = { answer = { status = 200, headers = { Content-Length = \"3\" } } }",
        "`does.answer.headers` is \"Content-Length\", wanted names of headers that do not frame",
    ),
    (
        "does = { answer = { status = 200, headers = { a = \"b\\r\\nc: d\" } } }",
        "`does.answer.headers.a` is \"b\\r\\nc: d\", wanted text without control characters",
    ),
    (
        "does = { delay_reply = { delay = \"2h\" } }",
        "`does.delay_reply.delay` is 2h, wanted at most 1h",
    ),
    (
        "does = { corrupt_body = { every = 0 } }",
        "`does.corrupt_body.every` is 0, wanted 1 to",
    ),
    (
        "does = { duplicate_items = { items = \"events\" } }",
        "`does.duplicate_items.items` is \"events\", wanted a JSON pointer such as /data/events",
    ),
    (
        "does = { duplicate_items = { items = \"\", probability = 2.0 } }",
        "`does.duplicate_items.probability` is 2, wanted 0 to 1",
    ),
    (
        "does = { withhold_items = { items = \"\", next = \"/~\" } }",
        "`does.withhold_items.next` is \"/~\", wanted a JSON pointer",
    ),
    (
        "does = { reorder = { within = \"2h\" } }",
        "`does.reorder.within` is 2h, wanted at most 1h",
    ),
    (
        "does = { redeliver = { parameter = \"a=b\" } }",
        "`does.redeliver.parameter` is \"a=b\", wanted the name of a query parameter",
    ),
    (
        "on = { http = { path = \"/a/{*rest}/b\" } }\ndoes = { duplicate = {} }",
        "`on.http.path` is \"/a/{*rest}/b\", wanted a path such as /orders/{id}",
    ),
    (
        "on = { http = { method = \"get\" } }\ndoes = { duplicate = {} }",
        "`on.http.method` is \"get\", wanted a method such as POST",
    ),
    (
        "on = { http = { requests = { nth = 0 } } }\ndoes = { duplicate = {} }",
        "`on.http.requests.nth` is 0, wanted 1 or more",
    ),
    (
        "on = { http = {} }\ndoes = { reset = {} }",
        "`on.http` is set, wanted none: reset acts on bytes",
    ),
    (
        "on = { connections = { probability = 0.5 } }\ndoes = { drop_reply = {} }",
        "`on.connections` is probability, wanted all, nth or first",
    ),
    (
        "on = { direction = \"to_client\" }\ndoes = { drop_reply = {} }",
        "`on.direction` is to_client, wanted both: requests and replies belong together",
    ),
];

#[test]
fn a_value_outside_of_its_limits_is_refused_with_field_value_and_limits() {
    for (rest, wanted) in OUTSIDE {
        let error = refused(rest);
        assert!(
            error.contains("fault `f`: ") && error.contains(wanted),
            "{rest}: {error}"
        );
    }
    let nameless = toml::from_str::<Fault>("name = \"\"\ndoes = { reset = {} }").unwrap_err();
    assert!(
        nameless.to_string().contains("`name` is \"\", wanted 1 to 80"),
        "{nameless}"
    );
}

#[test]
fn what_is_not_known_is_refused_with_what_is() {
    let cases = [
        (
            "does = { latancy = { delay = \"1s\" } }",
            "unknown variant `latancy`, expected one of `refuse`",
        ),
        (
            "does = { latency = { delay = \"1s\", jiter = \"1s\" } }",
            "unknown field `jiter`",
        ),
        (
            "does = { latency = { delay = \"1 day\" } }",
            "`1 day` is no duration; wanted a number and ns, us, ms",
        ),
        ("does = { latency = { delay = \"1.2.3s\" } }", "`1.2.3s` is no duration"),
        ("on = { link = \"a\" }\ndoes = { reset = {} }", "unknown field `link`"),
        (
            "on = { direction = \"up\" }\ndoes = { reset = {} }",
            "unknown variant `up`",
        ),
        ("where = 1\ndoes = { reset = {} }", "unknown field `where`"),
    ];
    for (rest, wanted) in cases {
        let error = refused(rest);
        assert!(error.contains(wanted), "{rest}: {error}");
    }
}

#[test]
fn drawn_numbers_stay_what_they_are() {
    // These numbers decide what saved seeds do. A change of them breaks every pinned run.
    let drawn = [
        draw(0, "", 1, 0, ""),
        draw(42, "orders->payments", 1, 0, "slow answers"),
        draw(42, "orders->payments", 2, 0, "slow answers"),
        draw(u64::MAX, "ä", u64::MAX, 3, "eight by"),
    ];
    assert_eq!(drawn.map(|number| format!("{number:.12}")), GOLDEN);
}

const GOLDEN: [&str; 4] = ["0.035994250068", "0.344517959291", "0.944764255086", "0.149271497241"];

#[test]
fn drawn_numbers_are_even_and_do_not_depend_on_each_other() {
    let faults = ["a", "b", "ab", "reset-0", "reset-1"];
    let (mut sum, mut agreeing, mut all) = (0.0, 0, 0);
    for connection in 1..=4_000 {
        let number = |fault| draw(1, "link", connection, 0, fault);
        for pair in faults.windows(2) {
            sum += number(pair[0]);
            agreeing += u32::from((number(pair[0]) < 0.5) == (number(pair[1]) < 0.5));
            all += 1;
        }
    }
    let (mean, agreeing) = (sum / f64::from(all), f64::from(agreeing) / f64::from(all));
    // Five standard deviations of what chance would give.
    assert!((mean - 0.5).abs() < 0.012, "mean {mean}");
    assert!((agreeing - 0.5).abs() < 0.02, "agreeing {agreeing}");
}

proptest! {
    #[test]
    fn a_drawn_number_follows_from_its_five_values_alone(
        seed: u64, link in ".{0,20}", connection: u64, request: u64, fault in ".{0,20}", other in ".{0,20}",
    ) {
        let number = draw(seed, &link, connection, request, &fault);
        prop_assert!((0.0..1.0).contains(&number));
        // Another fault, connection or request in between changes nothing, and has a number of its own.
        let others = [
            draw(seed, &link, connection, request, &format!("{fault}{other}.")),
            draw(seed, &link, connection.wrapping_add(1), request, &fault),
            draw(seed, &link, connection, request.wrapping_add(1), &fault),
            draw(seed.wrapping_add(1), &link, connection, request, &fault),
            draw(seed, &format!("{link}."), connection, request, &fault),
        ];
        prop_assert_eq!(draw(seed, &link, connection, request, &fault).to_bits(), number.to_bits());
        prop_assert!(others.iter().all(|other| other.to_bits() != number.to_bits()));
    }
}
