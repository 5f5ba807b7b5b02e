//! `seam handover`, between two services that keep their rows in memory.

use std::{
    collections::BTreeMap,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use seam::{
    handover::{
        Aggregate, Duty, HANDOVER_BODY, Handover, HandoverError, Key, Layout, Outline, Progress, Range, Release, Row,
        SetLayout, Summary, Taken, answer_handover,
    },
    http::BearerToken,
};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::operators::TOKEN;

/// The rows of a module `shelf`: a text for each key, which is newer the longer it is.
struct Shelf {
    rows: Mutex<BTreeMap<Key, String>>,
    duty: Mutex<Duty>,
}

impl Shelf {
    fn new(rows: &[(&str, &str)]) -> Self {
        let rows = rows.iter().map(|(key, text)| (Key::from([*key]), (*text).to_owned()));
        Self {
            rows: Mutex::new(rows.collect()),
            duty: Mutex::new(Duty { epoch: 0, acts: true }),
        }
    }

    fn texts(&self) -> Vec<String> {
        self.rows.lock().unwrap().values().cloned().collect()
    }

    fn become_that(&self, wanted: Duty) -> Result<(), HandoverError> {
        let mut known = self.duty.lock().unwrap();
        if known.epoch < wanted.epoch {
            *known = wanted;
        }
        if *known == wanted {
            return Ok(());
        }
        Err(HandoverError::Epoch {
            seen: wanted.epoch,
            known: *known,
        })
    }
}

fn outline(key: &Key, text: &str) -> Outline {
    Outline {
        key: key.clone(),
        progress: Progress(vec![i64::try_from(text.len()).unwrap()]),
        digest: text.to_owned(),
    }
}

#[seam::async_trait]
impl Handover for Shelf {
    async fn layout(&self) -> Result<Layout, HandoverError> {
        Ok(Layout {
            module: "shelf".to_owned(),
            schema: BTreeMap::from([("shelf".to_owned(), 1)]),
            sets: vec![SetLayout {
                name: "texts".to_owned(),
                tables: BTreeMap::new(),
            }],
        })
    }

    async fn summarize(&self, range: Range, _: u32) -> Result<Summary, HandoverError> {
        let texts = self.texts();
        Ok(Summary {
            range,
            aggregates: texts.len() as u64,
            rows: texts.len() as u64,
            digest: texts.join("|"),
        })
    }

    async fn outline(&self, _: Range) -> Result<Vec<Outline>, HandoverError> {
        let rows = self.rows.lock().unwrap();
        Ok(rows.iter().map(|(key, text)| outline(key, text)).collect())
    }

    async fn give(&self, _: String, keys: Vec<Key>) -> Result<Vec<Aggregate>, HandoverError> {
        let rows = self.rows.lock().unwrap();
        let given = keys.iter().map(|key| {
            let text = rows[key].clone();
            let row = Row::from_iter([("text".to_owned(), Value::from(text.clone()))]);
            Aggregate {
                outline: outline(key, &text),
                rows: BTreeMap::from([("texts".to_owned(), vec![row])]),
            }
        });
        Ok(given.collect())
    }

    async fn take(&self, _: String, aggregates: Vec<Aggregate>) -> Result<Vec<Taken>, HandoverError> {
        let mut rows = self.rows.lock().unwrap();
        let mut taken = Vec::new();
        for aggregate in aggregates {
            let text = aggregate.rows["texts"][0]["text"].as_str().unwrap().to_owned();
            let before = rows.insert(aggregate.outline.key, text);
            taken.push(before.map_or(Taken::Added, |_| Taken::Updated));
        }
        Ok(taken)
    }

    async fn duty(&self) -> Result<Duty, HandoverError> {
        Ok(*self.duty.lock().unwrap())
    }

    async fn stand_by(&self, epoch: i64) -> Result<Release, HandoverError> {
        self.become_that(Duty { epoch, acts: false })?;
        Ok(Release { epoch })
    }

    async fn act(&self, release: Release) -> Result<Duty, HandoverError> {
        let wanted = Duty {
            epoch: release.epoch,
            acts: true,
        };
        self.become_that(wanted)?;
        Ok(wanted)
    }
}

/// Two services with shelves. They end when this is dropped.
pub(crate) struct Shelves {
    _runtime: Runtime,
    shelves: [Arc<Shelf>; 2],
    pub(crate) urls: [String; 2],
}

impl Shelves {
    pub(crate) fn start(from: &[(&str, &str)], to: &[(&str, &str)]) -> Self {
        let runtime = Runtime::new().unwrap();
        let shelves = [from, to].map(|rows| Arc::new(Shelf::new(rows)));
        let urls = shelves.each_ref().map(|shelf| {
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let router = Router::new().fallback(answer).with_state(Arc::clone(shelf));
            runtime.spawn(async move { axum::serve(listener, router).await });
            url
        });
        Self {
            _runtime: runtime,
            shelves,
            urls,
        }
    }

    #[track_caller]
    fn seam(&self, line: &str, code: i32, wanted: &str) -> String {
        let [from, to] = &self.urls;
        let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
        command
            .arg("handover")
            .args(line.split(' '))
            .env("SEAM_ADMIN_TOKEN", TOKEN);
        if !line.contains("--from") {
            command.args(["--from", from, "--to", to]);
        }
        let Output { status, stdout, stderr } = command.output().unwrap();
        let said = String::from_utf8([stdout, stderr].concat()).unwrap();
        assert_eq!(status.code(), Some(code), "{said}");
        assert!(
            said.contains(wanted) && !said.contains(TOKEN),
            "wanted {wanted:?}: {said}"
        );
        said
    }
}

async fn answer(State(shelf): State<Arc<Shelf>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if !BearerToken::new(TOKEN).unwrap().admits(&head.headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if head.uri.path() != "/admin/handover/shelf" {
        return (StatusCode::NOT_FOUND, "no module of that name").into_response();
    }
    let body = to_bytes(body, HANDOVER_BODY).await.unwrap();
    answer_handover(shelf, &body).await.map(Body::from)
}

#[test]
fn a_copy_says_what_it_carried_and_a_second_one_that_both_are_the_same() {
    let shelves = Shelves::start(&[("a", "tea"), ("b", "rum")], &[("a", "te")]);

    shelves.seam("copy shelf", 0, "shelf: both sides have the same; 2 were carried over");
    let again = shelves.seam("copy shelf --json", 0, "");

    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(
        (&again["even"], &again["report"]["sets"][0]["added"]),
        (&true.into(), &0.into())
    );
    assert_eq!(shelves.shelves[1].texts(), ["tea", "rum"]);
}

#[test]
fn a_difference_is_named_and_ends_with_1_and_nothing_to_compare_with_3() {
    let apart = Shelves::start(&[("a", "tea")], &[("a", "gin"), ("b", "rum")]);
    let empty = Shelves::start(&[], &[]);

    let said = apart.seam("copy shelf", 1, "shelf: the sides differ in 2");
    empty.seam("copy shelf", 3, "neither side has a row");

    assert!(
        said.contains("a: both sides have changed it") && said.contains("b: only the receiving side"),
        "{said}"
    );
}

#[test]
fn a_switch_moves_the_duty_and_its_way_back_is_printed_and_works() {
    let shelves = Shelves::start(&[("a", "tea")], &[]);
    shelves.seam("status shelf", 0, "the receiving side never took part");

    let said = shelves.seam("switch shelf", 0, "acts in epoch 2");
    let status = shelves.seam("status shelf", 0, "stands by in epoch 2");
    let back = said.split('`').nth(1).unwrap().strip_prefix("seam handover ").unwrap();
    shelves.seam(back, 0, "acts in epoch 3");

    assert!(status.contains("acts in epoch 2"), "{status}");
    assert_eq!(shelves.shelves[1].texts(), ["tea"]);
    let duties = shelves.shelves.each_ref().map(|shelf| shelf.duty.lock().unwrap().acts);
    assert_eq!(duties, [true, false]);
}

#[test]
fn the_status_says_what_each_side_lacks_and_how_the_one_that_does_not_act_gets_it() {
    let from = [("a", "tea"), ("b", "rum"), ("c", "gin"), ("d", "ale")];
    let shelves = Shelves::start(
        &from,
        &[("a", "tea"), ("b", "ru"), ("c", "gin, old"), ("d", "rye"), ("e", "ice")],
    );

    let said = shelves.seam("status shelf", 0, "shelf: 1 would be lost with");
    let json = shelves.seam("status shelf --json", 0, "");
    let even = Shelves::start(&from, &from);
    *even.shelves[1].duty.lock().unwrap() = Duty { epoch: 0, acts: false };
    even.seam("switch shelf", 0, "");
    even.seam("status shelf", 0, "so nothing would be lost");

    assert!(
        said.contains("4 compared; the receiving side lacks 1, the giving side lacks 2, 1 differ for good"),
        "{said}"
    );
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["lag"],
        serde_json::json!({ "aggregates": 4, "there": 1, "here": 2, "apart": 1 })
    );
    assert_eq!(shelves.shelves[1].texts()[1], "ru", "nothing was carried over");
}

#[test]
fn a_switch_between_sides_that_differ_leaves_the_first_one_acting_and_ends_with_1() {
    let shelves = Shelves::start(&[("a", "tea")], &[("a", "gin")]);
    *shelves.shelves[1].duty.lock().unwrap() = Duty { epoch: 0, acts: false };

    shelves.seam("switch shelf", 1, "acts again, since the two could not be made even");

    let duties = shelves.shelves.each_ref().map(|shelf| shelf.duty.lock().unwrap().acts);
    assert_eq!(duties, [true, false]);
}

#[test]
fn a_side_that_did_not_act_last_does_not_get_the_duty_while_the_two_differ() {
    let shelves = Shelves::start(&[("a", "tea")], &[("a", "gin")]);
    *shelves.shelves[0].duty.lock().unwrap() = Duty { epoch: 1, acts: false };
    *shelves.shelves[1].duty.lock().unwrap() = Duty { epoch: 2, acts: false };

    shelves.seam("switch shelf", 2, "switch from the side that acted last");

    let duties = shelves.shelves.each_ref().map(|shelf| shelf.duty.lock().unwrap().acts);
    assert_eq!(duties, [false, false]);
    shelves.seam("status shelf", 1, "neither acts");
}

#[test]
fn what_can_not_be_asked_is_said_with_the_side_and_ends_with_2() {
    let shelves = Shelves::start(&[("a", "tea")], &[]);
    let [from, _] = &shelves.urls;

    shelves.seam("copy crates", 2, "no module of that name");
    shelves.seam(&format!("copy shelf --from {from} --to {from}"), 2, "is on both sides");
    shelves.seam(
        &format!("copy shelf --from {from} --to http://127.0.0.1:1"),
        2,
        "http://127.0.0.1:1: the receiving side",
    );
    shelves.seam("copy a/b", 2, "is no name of a module");
    shelves.seam("copy shelf --range 0", 2, "1..=1000");
    let mut without = Command::new(env!("CARGO_BIN_EXE_seam"));
    without.args([
        "handover",
        "status",
        "shelf",
        "--from",
        from,
        "--to",
        "http://127.0.0.1:1",
    ]);
    let without = without.env_remove("SEAM_ADMIN_TOKEN").output().unwrap();

    let said = String::from_utf8(without.stderr).unwrap();
    assert!(
        without.status.code() == Some(2) && said.contains("SEAM_ADMIN_TOKEN is not set"),
        "{said}"
    );
}
