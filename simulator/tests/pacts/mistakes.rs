use std::process::Command;

use ledger::records::VerificationResult::Passed;
use serde_json::json;

use crate::shop::Shop;

#[test]
fn names_that_nobody_knows_are_refused_with_what_is_near_and_nothing_is_recorded() {
    let shop = Shop::new();
    shop.seam("publish storefront --version 1.0").is(0, "");
    let before = shop.ledger().read().unwrap();
    for (line, words) in [
        (
            "can-i-deploy storefrnt --version 1.0 --to production",
            "does not know a service 'storefrnt'; did you mean 'storefront'?",
        ),
        (
            "can-i-deploy storefront --version 1.0 --to prod",
            "there is no environment 'prod'; did you mean 'production'?",
        ),
        (
            "record-deployment storefront --version 1.1 --to production",
            "does not know storefront 1.1; did you mean '1.0'?",
        ),
        (
            "record-deployment storefront --version 1.0 --to produktion",
            "there is no environment 'produktion'",
        ),
        (
            "record-undeployment storefront --version 1.0 --from production",
            "storefront 1.0 is not live in production; none are known",
        ),
        (
            "can-i-undeploy storefront --version 1.0 --from production",
            "storefront 1.0 is not live in production",
        ),
        (
            "publish storefrnt --version 2",
            "none of the 1 pacts in pacts is one of 'storefrnt'; their consumers are storefront",
        ),
        (
            "publish storefront --version 2 --calls-nobody",
            "'storefront' holds 1 pacts in pacts, so it calls somebody",
        ),
        (
            "publish storefront --version 2 --pacts nowhere",
            "there is no folder 'nowhere'",
        ),
        (
            "can-i-deploy storefront --version 1 --to production --pacts nowhere",
            "cannot read nowhere/environments.toml",
        ),
    ] {
        shop.seam(line).refuses(words);
    }
    assert_eq!(shop.ledger().read().unwrap(), before);
}

#[test]
fn a_record_that_was_edited_by_hand_is_refused_by_every_command_that_reads_it() {
    let shop = Shop::new();
    shop.seam("publish storefront --version 1").is(0, "");
    shop.verified("1", Passed);
    let folder = shop.path().join("pacts/ledger/verification/orders");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap().replace("passed", "failed");
    std::fs::write(&file, text).unwrap();

    let name = file.strip_prefix(shop.path()).unwrap().display().to_string();
    for line in [
        "can-i-deploy storefront --version 1 --to production",
        "record-deployment storefront --version 1 --to production",
    ] {
        shop.seam(line)
            .refuses(&format!("{name} was changed after it was written"));
    }
}

#[test]
fn a_pact_that_is_cut_off_or_empty_is_not_published() {
    let shop = Shop::new();
    shop.write("pacts/cut.json", "{\"consumer\": {");
    shop.seam("publish storefront --version 1")
        .refuses("pacts/cut.json is cut off: its JSON ends at line 1 column 14");
    let empty = r#"{"consumer":{"name":"a"},"provider":{"name":"b"},"interactions":[]}"#;
    shop.write("pacts/cut.json", empty);
    shop.seam("publish a --version 1")
        .refuses("interactions is 0 in a pact with b; wanted at least 1");
    assert!(!shop.ledger().folder().exists());
}

#[test]
fn a_version_is_published_once_and_is_one_content() {
    let shop = Shop::new();
    shop.seam("publish --version 1")
        .is(0, "recorded in pacts/ledger/publication/storefront/");
    let before = shop.ledger().read().unwrap();
    shop.seam("publish --version 1")
        .is(0, "storefront 1 holds 1 pacts; already in the ledger");
    shop.write_pact(&serde_json::json!({ "id": "another" }));
    shop.seam("publish --version 1")
        .refuses("storefront 1 was published with other pacts before; a version is one content");
    assert_eq!(shop.ledger().read().unwrap(), before);
}

#[test]
fn of_several_records_all_are_appended_or_none() {
    let shop = Shop::new();
    let pact = r#"{
        "consumer":{"name":"web"},"provider":{"name":"orders"},
        "interactions":[{"description":"d","request":{},"response":{}}]
    }"#;
    shop.write("pacts/web-orders.json", pact);
    let blocked = shop.write("pacts/ledger/publication/web", "in the way");

    let said = shop.seam("publish --version 1");

    assert!(
        said.err.contains("cannot write pacts/ledger/publication/web/"),
        "{}",
        said.err
    );
    said.refuses("nothing was recorded");
    let publications = shop.path().join("pacts/ledger/publication");
    let left: Vec<_> = std::fs::read_dir(publications).unwrap().collect();
    assert_eq!(left.len(), 1, "only what was in the way: {left:?}");
    std::fs::remove_file(blocked).unwrap();
    shop.seam("publish --version 1")
        .is(0, "web 1 holds 1 pacts; recorded in");
    assert_eq!(shop.ledger().read().unwrap().publications().len(), 2);
}

#[test]
fn what_was_not_published_is_not_recorded_as_deployed_or_every_later_answer_would_be_unknown() {
    let shop = Shop::new();
    shop.verified("9", Passed);
    let before = shop.ledger().read().unwrap();
    let line = "record-deployment orders --version 9 --to production";

    shop.seam(line).refuses(
        "the ledger does not say which pacts orders 9 holds, so that every later answer about production would be \
         unknown; run `seam publish orders --version 9` where it is checked out, with --calls-nobody if it calls \
         nobody",
    );

    assert_eq!(shop.ledger().read().unwrap(), before);
    shop.seam("publish orders --version 9 --calls-nobody").is(0, "");
    shop.seam(line).is(0, "live in production: orders 9");
}

#[test]
fn a_writer_that_is_killed_in_the_middle_of_a_record_leaves_a_ledger_that_reads_as_before() {
    let shop = Shop::new();
    for provider in 0..40 {
        let pact = format!(
            r#"{{
                "consumer":{{"name":"big"}},"provider":{{"name":"p-{provider}"}},
                "interactions":[{{"description":"d","request":{{}},"response":{{}}}}]
            }}"#
        );
        shop.write(&format!("pacts/big-{provider}.json"), &pact);
    }
    shop.seam("publish storefront --version 1").is(0, "");
    let before = shop.ledger().read().unwrap();

    // One block of a file is all that this shell allows: the kernel kills who writes more, in the middle of the record.
    let line = format!(
        "ulimit -f 1; exec {} publish big --version 1",
        env!("CARGO_BIN_EXE_seam")
    );
    let killed = Command::new("sh")
        .args(["-c", &line])
        .current_dir(shop.path())
        .output()
        .unwrap();
    assert_eq!(killed.status.code(), None, "killed by a signal: {killed:?}");
    let folder = shop.path().join("pacts/ledger/publication/big");
    let left: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(
        left.len() == 1 && left[0].extension().unwrap() == "draft",
        "it had begun to write: {left:?}"
    );

    assert_eq!(shop.ledger().read().unwrap(), before);
    shop.seam("publish big --version 1")
        .is(0, "big 1 holds 40 pacts; recorded in");
}

#[test]
fn without_git_or_a_repository_a_version_must_be_given_and_then_nothing_else_is_missed() {
    let shop = Shop::new();
    for line in [
        "publish storefront",
        "verify orders --record --provider-url http://127.0.0.1:1",
    ] {
        let said = shop.seam_without_git(line);
        assert!(
            said.err.contains("no version was given, and the revision"),
            "{}",
            said.err
        );
        said.refuses("there is no program 'git' to run");
    }
    shop.seam_without_git("diff HEAD..")
        .refuses("there is no program 'git' to run");
    assert!(!shop.ledger().folder().exists(), "nothing is recorded");
    shop.seam_without_git("publish storefront --version 1").is(0, "");

    std::fs::remove_dir_all(shop.path().join(".git")).unwrap();
    shop.seam("publish storefront")
        .refuses("is not in a git repository; run it inside one");
    shop.seam("can-i-deploy storefront --version 1 --to production")
        .is(1, "no version of orders is live");
    shop.seam("diff HEAD..")
        .refuses("is not in a git repository; run it inside one");
}

#[test]
fn a_dirty_tree_is_no_version_to_record_a_verification_of() {
    let shop = Shop::new();
    shop.write("src/lib.rs", "pub fn changed() {}");
    let before = shop.status();

    shop.seam("verify orders --record --provider-url http://127.0.0.1:1")
        .refuses("no version was given, and 1 files differ from revision");

    assert_eq!(shop.status(), before);
    assert!(!shop.ledger().folder().exists());
}

#[test]
fn a_pact_that_cannot_be_judged_is_neither_published_nor_verified_nor_mutated() {
    let shop = Shop::new();
    let plugins = r#""plugins":[{"name":"csv"}],"#;
    let pact = |metadata: &str, transport: &str, status: &str| {
        format!(
            r#"{{"consumer":{{"name":"a"}},"provider":{{"name":"b"}},
            "metadata":{{{metadata}"pactSpecification":{{"version":"4.0"}}}},
            "interactions":[{{"type":"Synchronous/HTTP","description":"d"{transport},
            "request":{{"method":"GET","path":"/"}},"response":{{"status":{status}}}}}]}}"#
        )
    };
    for (text, words) in [
        (
            pact(plugins, "", "200"),
            "pacts/a.json: /metadata/plugins/0 is the plugin 'csv'",
        ),
        (
            pact("", r#","transport":"https""#, "200"),
            "pacts/a.json: /interactions/0/transport is the transport \"https\" of 'd'",
        ),
        (
            pact("", "", "\"200\""),
            "pacts/a.json: /interactions/0/response/status is the text '200'",
        ),
    ] {
        shop.write("pacts/a.json", &text);
        shop.seam("publish a --version 1").refuses(words);
        for line in ["verify b --provider-url http://127.0.0.1:1", "mutate b"] {
            let said = shop.seam(line);
            assert_eq!(said.code, 2, "{line}: {}{}", said.out, said.err);
            assert!(
                format!("{}{}", said.out, said.err).contains(words),
                "{line}: {}{}",
                said.out,
                said.err
            );
        }
    }
    assert!(!shop.ledger().folder().exists());
}

#[test]
fn what_cannot_be_judged_is_refused_alike_by_verify_mutate_and_publish() {
    let shop = Shop::new();
    let contents = json!({ "contents": { "content": { "a": 1 }, "contentType": "application/json" } });
    let http = json!({
        "type": "Synchronous/HTTP", "description": "an order is read",
        "request": { "method": "GET", "path": "/v2/orders/o-1" }, "response": { "status": 200 },
    });
    let synchronous = json!({
        "type": "Synchronous/Messages", "description": "an order is asked for",
        "request": contents, "response": [contents],
    });
    let mut grpc = http.clone();
    grpc["transport"] = json!("grpc");
    let before = shop.ledger().read().unwrap();
    for (interaction, plugins, words) in [
        (
            &http,
            json!([{ "name": "csv", "version": "0.0.6" }]),
            "/metadata/plugins/0 is the plugin 'csv', which is not judged here",
        ),
        (
            &grpc,
            json!([]),
            "/interactions/0/transport is the transport \"grpc\" of",
        ),
        (
            &synchronous,
            json!([]),
            "/interactions/0/type is that of 'an order is asked for', a synchronous message",
        ),
    ] {
        let pact = json!({
            "consumer": { "name": "storefront" }, "provider": { "name": "orders" }, "interactions": [interaction],
            "metadata": { "pactSpecification": { "version": "4.0" }, "plugins": plugins },
        });
        shop.write("pacts/storefront-orders.json", &pact.to_string());
        for line in [
            "verify orders --provider-url http://127.0.0.1:9",
            "mutate orders",
            "publish storefront --version 1",
        ] {
            let said = shop.seam(line);
            assert_eq!(said.code, 2, "{line}: {} {}", said.out, said.err);
            assert!(
                said.out.contains(words) || said.err.contains(words),
                "{line}: wanted {words}: {} {}",
                said.out,
                said.err
            );
        }
        assert_eq!(shop.ledger().read().unwrap(), before, "nothing is published");
    }
}
