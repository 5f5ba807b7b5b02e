//! Faults on the operations of a node that has an OpenAPI document.

use std::fs;

use serde_json::{Value, json};

use crate::{Project, Run, check};

/// The project with this fault in place of its own, and this document of the shop, if there is one.
fn project(fault: &str, document: Option<&str>) -> Project {
    let scenario = include_str!("scenario.toml");
    let (before, rest) = scenario.split_once("[[fault]]").expect("the file has a fault");
    let (_, after) = rest.split_once("[[observe]]").expect("a table follows");
    let fault = format!("[[fault]]\nlink = 'outside -> shop'\nat = 0.0\n{fault}");
    let project = Project::with_scenario(&format!("{before}{fault}\n\n[[observe]]{after}"));
    if let Some(document) = document {
        let folder = project.0.path().join("topologies");
        fs::write(folder.join("shop.json"), document).expect("a file");
        let topology = include_str!("topology.toml").to_owned() + "openapi = \"shop.json\"\n";
        fs::write(folder.join("corner.toml"), topology).expect("a file");
    }
    project
}

fn document() -> String {
    let order = json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } });
    let shop = json!({ "type": "object", "required": ["open"], "properties": { "open": { "type": "boolean" } } });
    let answers = |status: &str, schema: Value| {
        let content = json!({ "application/json": { "schema": schema } });
        json!({ status: { "description": "", "content": content } })
    };
    json!({ "openapi": "3.1.0", "info": { "title": "shop", "version": "1" }, "paths": {
        "/": { "get": { "operationId": "see_shop", "responses": answers("200", shop) } },
        "/orders": { "post": { "operationId": "create_order", "responses": answers("201", order) } },
    } })
    .to_string()
}

#[test]
fn a_schema_is_violated_for_the_operation_that_was_named() {
    let fault = "name = 'wrong'\ndoes = { violate_schema = {} }\n\
                 on = { http = { operation = 'see_shop', requests = { first = 3 } } }";

    let run: Run = project(fault, Some(&document())).run(&["errand", "--seed", "7", "--json"]);

    assert_eq!(run.code, Some(0), "{run:#?}");
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let traffic = &report["faults"][0]["traffic"][0];
    assert_eq!((&traffic["met"], &traffic["fired"]), (&json!(3), &json!(3)), "{report}");
    // Ten orders, each seen once, and again after a wrong answer; one more look in the end.
    assert!(report["requests"]["sent"].as_u64() > Some(21), "{report}");
}

#[test]
fn what_the_document_lacks_is_refused_before_anything_starts() {
    let operation = "name = 'f'\ndoes = { answer = { status = 503 } }\non = { http = { operation = 'creat_order' } }";
    let violation = "name = 'f'\ndoes = { violate_schema = {} }";
    let no_document = "which this link has not; give node corner-shop one, as openapi = \"FILE\"";
    let cases = [
        (
            operation,
            Some(document()),
            "`on.http.operation` is \"creat_order\", wanted one of [\"create_order\", \"see_shop\"]",
        ),
        (operation, None, no_document),
        (violation, None, no_document),
        (
            violation,
            Some("{\"openapi\": \"2.0\"}".to_owned()),
            "openapi of node 'corner-shop', ",
        ),
        (violation, Some("{".to_owned()), "it is not JSON: EOF"),
    ];
    for (fault, document, wanted) in cases {
        let project = project(fault, document.as_deref());
        let run = project.run(&["errand", "--seed", "7"]);
        assert!(run.code == Some(2) && run.stderr.contains(wanted), "{wanted}: {run:#?}");
        assert_eq!(project.processes(), Vec::<String>::new());
        let checked = check(&project, &["errand"]);
        assert!(
            checked.code == Some(2) && checked.stderr.contains(wanted),
            "{wanted}: {checked:#?}"
        );
    }
}
