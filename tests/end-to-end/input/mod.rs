//! Bad input to the running platform is refused with an error that names the problem, and changes nothing.

mod caller;
mod cases;
mod documents;
mod framing;
mod listeners;

use std::time::{Duration, Instant};

use caller::Caller;
use serde_json::{Value, json};
use tests::Platform;

#[test]
fn bad_requests_are_refused_with_an_error_that_helps_and_change_nothing() {
    let platform = Platform::up("monolith");
    let caller = Caller::new(platform.address("monolith"));
    caller.put_product("TEA", 1250, 100);
    caller.put_product("DEAR", i64::MAX / 2, 100);

    let mut wrong = Vec::new();
    for case in cases::all() {
        let reply = caller.send(&case);
        if (reply.status, reply.code.as_str()) != (case.status, case.code) || !reply.body.contains(case.names) {
            wrong.push(format!(
                "{}: wanted {} {} naming {:?}: {reply:?}",
                case.name, case.status, case.code, case.names
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    assert_eq!(caller.get("/v2/customers/ann/orders")["data"]["total"], json!(0));
    for sku in ["TEA", "DEAR"] {
        // An order that is refused gives its stock back after the answer.
        let begun = Instant::now();
        let mut product: Value = caller.get(&format!("/v2/products/{sku}"));
        while product["data"]["stock"] != json!(100) && begun.elapsed() < Duration::from_secs(20) {
            product = caller.get(&format!("/v2/products/{sku}"));
        }
        assert_eq!(product["data"]["stock"], json!(100), "stock of {sku} moved: {product}");
        assert_eq!(
            product["data"]["reserved"],
            json!(0),
            "stock of {sku} is still reserved: {product}"
        );
    }
}

#[test]
fn a_service_names_the_variable_that_is_wrong_with_its_value_and_what_it_wants() {
    let output = tests::binary("payments")
        .env("DATABASE_URL", "mysql://nowhere")
        .output()
        .expect("payments starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for part in ["DATABASE_URL", "mysql://nowhere", "sqlite://"] {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn a_topology_with_an_unknown_key_is_refused_by_its_name_and_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("wrong.toml");
    std::fs::write(&file, "name = \"wrong\"\n\n[node.web]\ncomand = [\"true\"]\n").expect("the file is written");
    let output = tests::seam().arg("up").arg(&file).output().expect("seam starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for part in ["wrong.toml", "comand", "command", "4"] {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}
