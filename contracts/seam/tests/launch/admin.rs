//! A launch in the hands of its operators: over HTTP, with a token, and in its file.

use std::{fs, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use seam::http::BearerToken;
use seam::launch::{
    ADMIN_PATH, Admin, Dial, Lacking, Lane, Launch, Operated, Position, Problem, Reconciled, Stage, Status, WatchedFile,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::samples::{Fault, Module, Shop, Till, Vault, all_in, percent, settle};

pub(crate) const TOKEN: &str = "a-token-of-a-test";

/// An answer: its status, its headers and its body.
pub(crate) struct Answer(StatusCode, HeaderMap, Value);

impl Answer {
    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_value(self.2.clone()).unwrap_or_else(|error| panic!("{error}: {}", self.2))
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.0.as_u16(), status, "{}", self.2);
        self
    }

    /// The reason of a failure.
    pub(crate) fn error(&self) -> String {
        self.read::<Problem>().error
    }
}

pub(crate) async fn ask(admin: &Admin, line: &str, headers: &[(HeaderName, &str)], body: &Value) -> Answer {
    let (method, path) = line.split_once(' ').unwrap();
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.insert(name, HeaderValue::from_str(value).unwrap());
    }
    let body = if body.is_null() {
        Vec::new()
    } else {
        serde_json::to_vec(body).unwrap()
    };
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let (head, body) = admin.answer(&method, path, &all, &body).await.into_parts();
    Answer(head.status, head.headers, serde_json::from_slice(&body).unwrap())
}

/// Asks with the token.
pub(crate) async fn asked(admin: &Admin, line: &str, tag: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [(header::AUTHORIZATION, bearer.as_str()), (header::IF_MATCH, tag)];
    let sent = if tag.is_empty() { &headers[..1] } else { &headers };
    ask(admin, line, sent, &body).await
}

/// A launch of reads with its file.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) admin: Admin,
    launch: Launch<dyn Till>,
}

impl Place {
    pub(crate) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("launch.toml"), text).unwrap();
        Self::again(folder)
    }

    fn again(folder: TempDir) -> Self {
        let module = || Module::new(Arc::new(Vault::default()));
        let file = WatchedFile::open_or_off(folder.path().join("launch.toml"), "till").unwrap();
        let launch = Launch::<dyn Till>::reads(module(), module())
            .unwrap()
            .begin("till", Arc::new(file))
            .unwrap();
        let admin = Admin::new(BearerToken::new(TOKEN).unwrap()).with(Arc::new(launch.clone()));
        Self { folder, admin, launch }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.folder.path().join("launch.toml")).unwrap()
    }

    fn restarted(self) -> Self {
        let Self { folder, admin, launch } = self;
        drop((admin, launch));
        Self::again(folder)
    }

    async fn tag(&self) -> String {
        let answer = asked(&self.admin, "GET /admin/launch/till", "", Value::Null)
            .await
            .is(200);
        answer.1[header::ETAG].to_str().unwrap().to_owned()
    }
}

pub(crate) const OFF: &str = "version = 1\nlaunch = \"till\"\n";

pub(crate) fn reads(stage: Stage, shadowed: &str) -> Position {
    Position {
        reads: Lane::new(stage, percent(shadowed), Dial::NONE),
        ..Position::default()
    }
}

#[tokio::test]
async fn nobody_gets_in_without_the_token() {
    let place = Place::new(OFF);
    let whole = format!("Bearer {TOKEN}");
    for (given, status) in [
        (None, 401),
        (Some("Bearer "), 401),
        (Some(TOKEN), 401),
        (Some("Bearer a-token-of-a-tesT"), 401),
        (Some("Bearer a-token-of-a-test-and-more"), 401),
        (Some("Bearer a-token-of"), 401),
        (Some(whole.as_str()), 200),
        (Some("bearer a-token-of-a-test"), 200),
    ] {
        let headers: Vec<_> = given.iter().map(|given| (header::AUTHORIZATION, *given)).collect();
        for line in ["GET /admin/launch", "GET /admin/launch/till"] {
            let answer = ask(&place.admin, line, &headers, &Value::Null).await;
            assert_eq!(answer.0.as_u16(), status, "{given:?} {}", answer.2);
            assert_eq!(answer.1.contains_key(header::WWW_AUTHENTICATE), status == 401);
        }
        let body = serde_json::to_value(reads(Stage::Shadow, "5 %")).unwrap();
        if status == 401 {
            ask(&place.admin, "PUT /admin/launch/till", &headers, &body)
                .await
                .is(401);
        }
    }
    assert_eq!(place.launch.settings().position(), Position::default());
    assert!(!format!("{:?}", place.admin).contains(TOKEN));
}

#[tokio::test]
async fn a_position_is_put_stands_in_the_file_and_survives_a_restart() {
    let place = Place::new(OFF);
    let tag = place.tag().await;
    let body = serde_json::to_value(reads(Stage::Shadow, "5 %")).unwrap();
    let answer = asked(&place.admin, "PUT /admin/launch/till", &tag, body).await.is(200);
    let status: Status = answer.read();
    assert_eq!(status.position, reads(Stage::Shadow, "5 %"));
    assert_eq!(answer.1[header::ETAG], format!("\"{}\"", status.revision).as_str());
    assert_ne!(tag, format!("\"{}\"", status.revision));
    assert_eq!(place.launch.settings().position(), status.position);
    assert_eq!(place.launch.refresh(), Ok(false), "what it wrote is no news");

    let place = place.restarted();
    assert_eq!(place.launch.settings().position(), reads(Stage::Shadow, "5 %"));
    let all: Vec<Status> = asked(&place.admin, "GET /admin/launch", "", Value::Null)
        .await
        .is(200)
        .read();
    assert_eq!((all.len(), all[0].revision.clone()), (1, status.revision));
}

#[tokio::test]
async fn a_change_that_was_made_from_other_settings_is_refused() {
    let place = Place::new(OFF);
    let tag = place.tag().await;
    let put = |position: Position, tag: &str| {
        let (tag, body) = (tag.to_owned(), serde_json::to_value(position).unwrap());
        let admin = &place.admin;
        async move { asked(admin, "PUT /admin/launch/till", &tag, body).await }
    };
    put(reads(Stage::Shadow, "5 %"), &tag).await.is(200);
    let error = put(reads(Stage::Shadow, "9 %"), &tag).await.is(412).error();
    assert!(error.contains("somebody else turned the launch"), "{error}");
    let error = put(reads(Stage::Shadow, "9 %"), "").await.is(428).error();
    assert!(error.contains("If-Match"), "{error}");
    // A hand that edits the file is somebody else too, even before the file was read again.
    let tag = place.tag().await;
    fs::write(
        place.folder.path().join("launch.toml"),
        format!("{OFF}[reads]\nstage = \"off\"\n"),
    )
    .unwrap();
    put(reads(Stage::Shadow, "9 %"), &tag).await.is(412);
    assert_eq!(place.launch.settings().position(), Position::default());
    put(reads(Stage::Shadow, "9 %"), "*").await.is(200);
    // And a file that is refused is not overwritten.
    fs::write(place.folder.path().join("launch.toml"), "version = 7\n").unwrap();
    let error = put(reads(Stage::Shadow, "1 %"), "*").await.is(409).error();
    assert!(
        error.contains("version 7") && error.contains("mend it first"),
        "{error}"
    );
    assert_eq!(place.text(), "version = 7\n");
    assert_eq!(place.launch.settings().position(), reads(Stage::Shadow, "9 %"));
}

#[tokio::test]
async fn what_no_launch_may_have_is_refused_with_the_reason_and_changes_nothing() {
    let place = Place::new(OFF);
    let lane = |stage: &str, shadowed: &str| json!({ "stage": stage, "shadowed": shadowed });
    let whole =
        |reads: Value, writes: Value| json!({ "reads": reads, "writes": writes, "killed": false, "noise": "0 %" });
    let off = || lane("off", "0 %");
    for (body, status, says) in [
        (
            whole(lane("shadow", "101 %"), off()),
            422,
            "reads.shadowed: dial \"101 %\": wanted 0 % to 100 %",
        ),
        (whole(lane("live", "5 %"), off()), 422, "no stage may be skipped"),
        (
            whole(lane("sideways", "5 %"), off()),
            422,
            "reads.stage: unknown variant `sideways`",
        ),
        (
            whole(off(), lane("dualwrite", "5 %")),
            422,
            "the candidate is not isolated",
        ),
        (json!({ "reads": off() }), 422, "missing field `writes`"),
        (json!({ "stage": "off" }), 422, "unknown field `stage`"),
        (Value::Null, 400, "EOF"),
    ] {
        let error = asked(&place.admin, "PUT /admin/launch/till", "*", body)
            .await
            .is(status)
            .error();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(
        (place.text().as_str(), place.launch.settings().position()),
        (OFF, Position::default())
    );
    for (line, status, says) in [
        (
            "GET /admin/launch/bank",
            404,
            "there is no launch bank; there are: till",
        ),
        (
            "GET /admin/launch/till/more",
            404,
            "there is no /admin/launch/till/more",
        ),
        ("DELETE /admin/launch/till", 405, "wanted GET, PUT"),
        ("POST /admin/launch", 405, "wanted GET"),
        ("GET /admin/launch/till/repair", 405, "wanted POST"),
        ("GET /admin/launch/till/lacking", 404, "nothing to reconcile"),
        ("POST /admin/launch/till/repair", 404, "nothing to reconcile"),
    ] {
        let error = asked(&place.admin, line, "", Value::Null).await.is(status).error();
        assert!(error.contains(says), "{line}: {error}");
    }
    assert_eq!(ADMIN_PATH, "/admin/launch");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_keeps_what_is_in_force() {
    let place = Place::new(OFF);
    let state = fs::read_to_string(place.folder.path().join("launch.toml.state")).unwrap();
    assert!(state.contains("\"reads\":\"off\""), "{state}");
    // The name of the new file is taken by a folder.
    fs::create_dir(place.folder.path().join("launch.toml.new")).unwrap();
    let body = serde_json::to_value(reads(Stage::Shadow, "5 %")).unwrap();
    let error = asked(&place.admin, "PUT /admin/launch/till", "*", body)
        .await
        .is(500)
        .error();
    assert!(error.contains("launch.toml: can't be written"), "{error}");
    assert_eq!(
        (place.text().as_str(), place.launch.settings().position()),
        (OFF, Position::default())
    );
    // Nor is the stage remembered, after which the next one might come.
    assert_eq!(
        fs::read_to_string(place.folder.path().join("launch.toml.state")).unwrap(),
        state
    );
}

#[test]
fn comments_rules_and_the_way_a_person_wrote_the_file_stay() {
    let rule = "[[rules]] # one\nfield = \"note\"\ndiffers = \"ignored\"\nowner = \"ann\"\nreason = \"texts\"\n\
        expires = 2999-01-31\n";
    for (before, after) in [
        (
            OFF.to_owned(),
            format!("{OFF}\n[reads]\nstage = \"shadow\"\nshadowed = \"5 %\"\nserved = \"0 %\"\n"),
        ),
        (
            format!("# mine\n{OFF}[reads] # here\nstage = 'off' # for now\n\n{rule}"),
            format!("# mine\n{OFF}[reads] # here\nstage = \"shadow\" # for now\nshadowed = \"5 %\"\n\n{rule}"),
        ),
        (
            format!("{OFF}reads = {{ stage = \"off\" }} # short\n{rule}"),
            format!("{OFF}reads = {{ stage = \"shadow\", shadowed = \"5 %\" }} # short\n{rule}"),
        ),
        (
            format!("{OFF}reads.stage = \"off\"\n{rule}"),
            format!("{OFF}reads.stage = \"shadow\"\nreads.shadowed = \"5 %\"\n{rule}"),
        ),
        (
            format!("{OFF}noise = \"1 %\"\n[reads]\nshadowed = \"1%\"\nstage = \"off\"\r\n[writes]\nstage = \"off\""),
            format!(
                "{OFF}noise = \"0 %\"\n[reads]\nshadowed = \"5 %\"\nstage = \"shadow\"\r\n[writes]\nstage = \"off\""
            ),
        ),
    ] {
        let place = Place::new(&before);
        let rules = place.launch.settings().rules;
        Operated::turn(&place.launch, reads(Stage::Shadow, "5 %"), None).unwrap();
        assert_eq!(place.text(), after);
        let place = place.restarted();
        assert_eq!(place.launch.settings().rules, rules);
        assert_eq!(place.launch.settings().position(), reads(Stage::Shadow, "5 %"));
    }
    let killed = Position {
        killed: true,
        noise: percent("2 %"),
        ..Position::default()
    };
    let place = Place::new(OFF);
    place.launch.turn(killed, None).unwrap();
    assert_eq!(
        place.text(),
        "version = 1\nkilled = true\nnoise = \"2 %\"\nlaunch = \"till\"\n"
    );
}

#[test]
fn a_file_that_is_not_there_begins_as_one_in_which_all_is_off_unless_it_got_lost() {
    let place = Place::again(tempfile::tempdir().unwrap());
    assert_eq!(place.launch.settings().position(), Position::default());
    let Place { folder, admin, launch } = place;
    drop((admin, launch));
    fs::remove_file(folder.path().join("launch.toml")).unwrap();
    let lost = WatchedFile::open_or_off(folder.path().join("launch.toml"), "till")
        .unwrap_err()
        .to_string();
    assert!(lost.contains("is missing, but its state is beside it"), "{lost}");
}

#[tokio::test(start_paused = true)]
async fn a_status_has_counts_groups_and_the_gate_and_a_repair_says_what_is_left() {
    let shop = Shop::new(all_in(Stage::Shadow, Stage::DualWrite));
    shop.set(all_in(Stage::Shadow, Stage::Shadow));
    let admin = Admin::new(BearerToken::new(TOKEN).unwrap()).with(Arc::new(shop.launch.clone()));
    let till = shop.launch.service();
    till.pay("c".into(), "p".into(), 7).await.unwrap();
    settle().await;
    shop.candidate.set(Fault::Rounds);
    till.show("c".into(), "p".into()).await.unwrap();
    settle().await;
    shop.candidate.set(Fault::GivesNoAnswer);
    till.pay("c".into(), "q".into(), 7).await.unwrap();
    settle().await;

    let status: Status = asked(&admin, "GET /admin/launch/till", "", Value::Null)
        .await
        .is(200)
        .read();
    let counted: Vec<_> = status
        .methods
        .iter()
        .map(|method| {
            (
                method.method.as_str(),
                method.kind.as_str(),
                method.answered,
                method.compared(),
            )
        })
        .collect();
    let wanted = [
        ("pay", "write", [2, 0], 1),
        ("show", "read", [1, 0], 1),
        ("count", "read", [0, 0], 0),
    ];
    assert_eq!(counted, wanted);
    assert_eq!(
        (status.gate.groups[0].method.as_ref(), status.gate.groups[0].count),
        ("show", 1)
    );
    assert_eq!((status.isolated, status.pending), (true, 1));
    let lacking: Vec<Lacking> = asked(&admin, "GET /admin/launch/till/lacking", "", Value::Null)
        .await
        .is(200)
        .read();
    assert_eq!(
        (lacking[0].method.as_str(), lacking[0].side.name(), lacking[0].answered),
        ("pay", "candidate", true)
    );

    let repair = async || {
        asked(&admin, "POST /admin/launch/till/repair", "", Value::Null)
            .await
            .is(200)
            .read()
    };
    let left: Reconciled = repair().await;
    assert_eq!((left.repaired.done, left.repaired.left, left.lacking.len()), (0, 1, 1));
    shop.candidate.set(Fault::None);
    let left: Reconciled = repair().await;
    assert_eq!((left.repaired.done, left.repaired.left, left.lacking), (1, 0, vec![]));
}

#[tokio::test]
async fn a_source_that_is_written_elsewhere_and_a_method_that_is_not_there_have_a_status_of_their_own() {
    let shop = Shop::new(all_in(Stage::Off, Stage::Off));
    let admin = Admin::new(BearerToken::new(TOKEN).unwrap()).with(Arc::new(shop.launch.clone()));
    let body = serde_json::to_value(reads(Stage::Shadow, "5 %")).unwrap();
    let answer = asked(&admin, "PUT /admin/launch/till", "*", body).await.is(409);
    assert!(answer.error().contains("change it where it is made"), "{}", answer.2);
    let answer = asked(&admin, "DELETE /admin/launch/till", "", Value::Null)
        .await
        .is(405);
    assert_eq!(answer.1[header::ALLOW], "GET, PUT");
}
