//! Claims about the handover of rows from one database to another.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use commerce::{OrderEvent, OrderId};
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    handover::{
        Aggregate, CopyError, CopyReport, Copying, Handover, HandoverCall, HandoverError, HandoverReply, Key, Range,
        Taken,
    },
};
use serde_json::{Value, json};
use shared::{
    Database, DatabaseError, Migration, events,
    handover::{Changes, HandoverStore, Set, Table},
};
use sqlx::Row as _;

use crate::support::Site;

const TABLES: &str = "
    CREATE TABLE boxes (id TEXT PRIMARY KEY, version BIGINT NOT NULL, label TEXT, due_at BIGINT);
    CREATE TABLE seals (box TEXT NOT NULL REFERENCES boxes (id), mark TEXT NOT NULL, PRIMARY KEY (box, mark));
    CREATE TABLE visits (id TEXT PRIMARY KEY, box TEXT NOT NULL REFERENCES boxes (id), result TEXT);";

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "boxes",
    sqlite: TABLES,
    postgres: TABLES,
}];

pub(crate) const SETS: &[Set] = &[Set {
    name: "boxes",
    root: Table::new("boxes", &["id"], &["id"])
        .that_changes(Changes::Raising("version"))
        .with_local(&["due_at"]),
    belongings: &[
        Table::new("seals", &["box"], &["box", "mark"]),
        Table::new("visits", &["box"], &["id"]).that_changes(Changes::Once("result")),
        Table::EVENTS,
    ],
}];

/// A database with boxes, and its rows for a handover.
pub(crate) struct Side {
    site: Site,
    pub(crate) db: Database,
    store: Arc<dyn Handover>,
}

impl Side {
    pub(crate) async fn new() -> Self {
        let site = Site::new().await;
        let db = site.open("boxes", MIGRATIONS).await;
        let store = Arc::new(HandoverStore::new(db.clone(), SETS));
        Self { site, db, store }
    }

    /// Runs statements in one write.
    async fn run(&self, statements: &str) {
        let statements = statements.to_owned();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let statements = sqlx::AssertSqlSafe(statements);
                    sqlx::raw_sql(statements).execute(tx.connection()).await?;
                    Ok::<_, DatabaseError>(())
                })
            })
            .await
            .unwrap();
    }

    pub(crate) async fn boxes(&self, names: impl IntoIterator<Item = String>) {
        for name in names {
            self.run(&format!(
                "INSERT INTO boxes VALUES ('{name}', 1, 'tea', 7);
                 INSERT INTO seals VALUES ('{name}', 'red'), ('{name}', 'blue');
                 INSERT INTO visits VALUES ('{name}-1', '{name}', NULL)"
            ))
            .await;
        }
    }

    async fn one(&self, query: &str) -> Option<String> {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        let row = sqlx::query(query).fetch_optional(self.db.readers()).await.unwrap();
        row.and_then(|row| row.try_get(0).unwrap())
    }

    async fn given(&self, key: &str) -> Aggregate {
        let mut given = self
            .store
            .give("boxes".to_owned(), vec![Key::from([key])])
            .await
            .unwrap();
        given.remove(0)
    }
}

async fn copy(from: &Side, to: &Side) -> CopyReport {
    Copying::in_ranges_of(7)
        .run(&*from.store, &*to.store, |_| ())
        .await
        .unwrap()
}

pub(crate) fn names(count: u32) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("box-{number:04}"))
}

/// Asserts that both sides have the same rows, columns of their own included.
async fn assert_same(from: &Side, to: &Side) {
    let keys = from.store.outline(Range::all("boxes")).await.unwrap();
    let keys: Vec<Key> = keys.into_iter().map(|outline| outline.key).collect();
    let ours = from.store.give("boxes".to_owned(), keys.clone()).await.unwrap();
    let theirs = to.store.give("boxes".to_owned(), keys).await.unwrap();
    assert_eq!(ours, theirs);
}

#[tokio::test]
async fn a_copy_makes_an_empty_side_equal_and_a_second_one_carries_nothing() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(40)).await;
    from.boxes(["Ä".to_owned(), "a_b".to_owned(), "a-b".to_owned(), "A".to_owned()])
        .await;
    let order = OrderId(uuid::Uuid::from_u128(7));
    from.boxes([order.to_string()]).await;
    let event = OrderEvent::OrderDelivered { order_id: order };
    let appended = from
        .db
        .write(move |tx| Box::pin(async move { events::append(tx, "boxes", &event).await }));
    let appended: Result<_, DatabaseError> = appended.await;

    let first = copy(&from, &to).await;
    let second = copy(&from, &to).await;

    assert!(
        appended.is_ok() && first.is_even() && second.is_even(),
        "{first}{second}"
    );
    assert_eq!((first.sets[0].aggregates, first.copied(), second.copied()), (45, 45, 0));
    assert_eq!(first.sets[0].rows, 45 * 4 + 1);
    assert_eq!(first.sets[0].ranges, 45 / 7 + 1);
    assert_same(&from, &to).await;
}

#[tokio::test]
async fn an_older_state_is_replaced_and_a_newer_one_stays() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(3)).await;
    copy(&from, &to).await;
    from.run(
        "UPDATE boxes SET version = 2, label = 'coffee', due_at = NULL WHERE id = 'box-0000';
         UPDATE visits SET result = 'open' WHERE id = 'box-0001-1'",
    )
    .await;
    to.run("UPDATE boxes SET version = 2, label = 'rum' WHERE id = 'box-0002'")
        .await;

    let report = copy(&from, &to).await;

    let figures = &report.sets[0];
    assert_eq!(
        (figures.added, figures.updated, figures.newer, figures.different),
        (0, 2, 1, 0)
    );
    assert!(!report.is_even(), "one side is ahead");
    let label = |id| format!("SELECT label FROM boxes WHERE id = '{id}'");
    assert_eq!(to.one(&label("box-0000")).await.as_deref(), Some("coffee"));
    assert_eq!(to.one(&label("box-0002")).await.as_deref(), Some("rum"));
    let result = to.one("SELECT result FROM visits WHERE id = 'box-0001-1'").await;
    assert_eq!(result.as_deref(), Some("open"));
    assert_eq!(
        to.one("SELECT label FROM boxes WHERE due_at IS NULL").await.as_deref(),
        Some("coffee")
    );
}

#[tokio::test]
async fn what_both_sides_changed_or_only_the_receiving_one_has_is_a_difference_by_name_and_stays() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(4)).await;
    copy(&from, &to).await;
    from.run(
        "UPDATE boxes SET version = 2 WHERE id = 'box-0000';
         UPDATE boxes SET label = 'coffee' WHERE id = 'box-0001'",
    )
    .await;
    to.run(
        "UPDATE visits SET result = 'shut' WHERE id = 'box-0000-1';
         INSERT INTO boxes VALUES ('alone', 1, 'gin', NULL)",
    )
    .await;

    let report = copy(&from, &to).await;

    let figures = &report.sets[0];
    assert_eq!((figures.added, figures.updated, figures.different), (0, 0, 3));
    let keys: Vec<String> = figures.differences.iter().map(|one| one.key.to_string()).collect();
    assert_eq!(keys, ["box-0000", "box-0001", "alone"]);
    assert!(!report.is_even());
    assert_eq!(
        to.one("SELECT label FROM boxes WHERE id = 'box-0001'").await.as_deref(),
        Some("tea")
    );
    assert_eq!(
        to.one("SELECT label FROM boxes WHERE id = 'alone'").await.as_deref(),
        Some("gin")
    );
}

#[tokio::test]
async fn columns_of_each_sides_own_make_no_difference() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(2)).await;
    copy(&from, &to).await;
    from.run("UPDATE boxes SET due_at = 99").await;

    let report = copy(&from, &to).await;

    assert!(report.is_even() && report.copied() == 0, "{report}");
}

#[tokio::test]
async fn a_copy_beside_writes_loses_none_of_them_and_ends_even_when_they_end() {
    let (from, to) = (Arc::new(Side::new().await), Side::new().await);
    from.boxes(names(60)).await;
    let (busy, copied) = (Arc::clone(&from), Arc::new(AtomicU32::new(0)));
    let seen = Arc::clone(&copied);
    let writes = tokio::spawn(async move {
        let mut round = 1;
        // At least as long as three copies take.
        while seen.load(Relaxed) < 3 {
            round += 1;
            for number in 0..60 {
                busy.run(&format!(
                    "UPDATE boxes SET version = {round}, label = 'round {round}' WHERE id = 'box-{number:04}';
                     INSERT INTO visits VALUES ('{number}-{round}', 'box-{number:04}', 'open')"
                ))
                .await;
            }
            busy.boxes([format!("new-{round}")]).await;
        }
        round
    });

    let mut carried = 0;
    while !writes.is_finished() {
        carried += copy(&from, &to).await.copied();
        copied.fetch_add(1, Relaxed);
    }
    let rounds = writes.await.unwrap();
    let last = copy(&from, &to).await;

    assert!(
        carried > 60,
        "{carried} were carried beside the writes, so none of them changed meanwhile"
    );
    assert!(last.is_even(), "{last}");
    assert_eq!(last.sets[0].aggregates, 60 + rounds - 1);
    assert_same(&from, &to).await;
}

/// A side that answers no more after so many calls of `take`.
struct Mortal(Arc<dyn Handover>, AtomicU32);

impl Carrier<dyn Handover> for Mortal {
    fn carry(&self, call: HandoverCall) -> BoxFuture<'_, HandoverReply> {
        Box::pin(async move {
            if matches!(call, HandoverCall::Take { .. }) && self.1.fetch_sub(1, Relaxed) == 0 {
                let failure = TransportFailure::new("the other side", "it died");
                return <dyn Handover>::failed(&call, failure);
            }
            self.0.dispatch(call).await
        })
    }
}

#[tokio::test]
async fn a_copy_that_was_given_up_goes_on_where_it_was() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(70)).await;
    let mortal = <dyn Handover>::via(Arc::new(Mortal(Arc::clone(&to.store), AtomicU32::new(3))));

    let given_up = Copying::in_ranges_of(7).run(&*from.store, &*mortal, |_| ()).await;
    let rest = copy(&from, &to).await;

    assert!(
        matches!(given_up, Err(CopyError::To(HandoverError::Transport(_)))),
        "{given_up:?}"
    );
    assert_eq!((rest.copied(), rest.is_even()), (70 - 3 * 7, true));
}

#[tokio::test]
async fn rows_that_do_not_have_the_form_of_the_tables_are_refused_and_nothing_of_them_is_stored() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(2)).await;
    let good = from.given("box-0000").await;
    let spoil = |change: &dyn Fn(&mut Aggregate)| {
        let mut spoiled = good.clone();
        change(&mut spoiled);
        spoiled
    };
    let with = |table: &'static str, column: &'static str, value: Value| {
        spoil(&move |one| {
            one.rows.get_mut(table).unwrap()[0].insert(column.to_owned(), value.clone());
        })
    };
    let spoiled = [
        spoil(&|one| {
            one.rows.insert("applied_migrations".to_owned(), Vec::new());
        }),
        with("boxes", "label) VALUES ('x'); DROP TABLE boxes; --", json!("x")),
        with("boxes", "version", json!("2")),
        with("boxes", "label", json!(["tea"])),
        with("seals", "box", json!("box-0001")),
        with("boxes", "version", json!(9)),
        spoil(&|one| one.rows.get_mut("boxes").unwrap().clear()),
        spoil(&|one| one.outline.digest = "0".repeat(64)),
        spoil(&|one| one.outline.key = Key::from(["box-0000", "more"])),
    ];

    for (number, spoiled) in spoiled.into_iter().enumerate() {
        // A good one before it is not stored either.
        let both = vec![from.given("box-0001").await, spoiled];
        let refused = to.store.take("boxes".to_owned(), both).await;

        assert!(
            matches!(refused, Err(HandoverError::Malformed { .. })),
            "case {number}: {refused:?}"
        );
        let summary = to.store.summarize(Range::all("boxes"), 10).await.unwrap();
        assert_eq!(summary.aggregates, 0, "case {number}");
    }
    let unknown = to.store.take("crates".to_owned(), vec![good]).await;
    assert!(matches!(unknown, Err(HandoverError::UnknownSet { .. })), "{unknown:?}");
}

#[tokio::test]
async fn what_is_older_or_apart_by_the_time_it_arrives_is_not_stored() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(3)).await;
    copy(&from, &to).await;
    let mut given = Vec::new();
    for name in names(3) {
        given.push(from.given(&name).await);
    }
    to.run(
        "UPDATE boxes SET version = 2, label = 'rum' WHERE id = 'box-0000';
         UPDATE boxes SET label = 'gin' WHERE id = 'box-0001'",
    )
    .await;

    let taken = to.store.take("boxes".to_owned(), given).await.unwrap();

    assert_eq!(taken, [Taken::Older, Taken::Refused, Taken::Same]);
    let label = |id| format!("SELECT label FROM boxes WHERE id = '{id}'");
    assert_eq!(to.one(&label("box-0000")).await.as_deref(), Some("rum"));
    assert_eq!(to.one(&label("box-0001")).await.as_deref(), Some("gin"));
}

#[tokio::test]
async fn what_the_schema_refuses_is_refused_alone() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(2)).await;
    // A visit of the same id belongs to another box there.
    to.run(
        "INSERT INTO boxes VALUES ('other', 1, NULL, NULL); INSERT INTO visits VALUES ('box-0000-1', 'other', NULL)",
    )
    .await;

    let given = vec![from.given("box-0000").await, from.given("box-0001").await];
    let taken = to.store.take("boxes".to_owned(), given).await.unwrap();

    assert_eq!(taken, [Taken::Refused, Taken::Added]);
    assert_eq!(to.one("SELECT id FROM boxes WHERE id = 'box-0000'").await, None);
    let theirs = to.one("SELECT box FROM visits WHERE id = 'box-0000-1'").await;
    assert_eq!(
        theirs.as_deref(),
        Some("other"),
        "a row of another aggregate is not taken away"
    );
}

#[tokio::test]
async fn sides_of_other_modules_or_versions_are_refused_before_anything_is_read() {
    let (from, to) = (Side::new().await, Side::new().await);
    from.boxes(names(1)).await;
    let behind = to.site.open("others", &[]).await;
    let other = HandoverStore::new(behind, &[]);

    let refused = Copying::default().run(&*from.store, &other, |_| ()).await;

    let Err(CopyError::Obstacle(reason)) = refused else {
        panic!("{refused:?}");
    };
    assert!(reason.contains("boxes") && reason.contains("others"), "{reason}");
}

#[tokio::test]
async fn nothing_to_compare_is_not_even() {
    let (from, to) = (Side::new().await, Side::new().await);

    let report = copy(&from, &to).await;

    assert!(!report.has_examined() && !report.is_even(), "{report}");
}
