//! Tables that every module has in addition to its own.

use super::Migration;

/// Written by the probes of readiness, and always empty.
const PROBES: &str = "CREATE TABLE write_probes (filling TEXT NOT NULL)";

/// The part of this database in a handover; no row as long as it had none.
const DUTY: &str = "CREATE TABLE duty (
    one BIGINT PRIMARY KEY CHECK (one = 1), epoch BIGINT NOT NULL, acts BIGINT NOT NULL)";

pub(super) const MIGRATIONS: &[Migration] = &[
    LOG,
    Migration {
        version: 2,
        name: "write probes",
        sqlite: PROBES,
        postgres: PROBES,
    },
    Migration {
        version: 3,
        name: "duty",
        sqlite: DUTY,
        postgres: DUTY,
    },
    FOLLOWED_LOGS,
];

const FOLLOWED_LOGS: Migration = Migration {
    version: 4,
    name: "subscriptions know which log they follow",
    sqlite: concat!(
        include_str!("schema/followed_logs.sql"),
        "UPDATE dead_letters SET version = CAST(json_extract(event, '$.version') AS INTEGER);
        INSERT INTO log (one, id) VALUES (1, lower(hex(randomblob(16))));"
    ),
    postgres: concat!(
        include_str!("schema/followed_logs.sql"),
        "UPDATE dead_letters SET version = (event::json ->> 'version')::bigint;
        INSERT INTO log (one, id) VALUES (1, gen_random_uuid()::text);"
    ),
};

const LOG: Migration = Migration {
    version: 1,
    name: "event log, subscriptions, dead letters, idempotency",
    sqlite: concat!(
        "CREATE TABLE events (position INTEGER PRIMARY KEY AUTOINCREMENT,",
        include_str!("schema/common.sql")
    ),
    postgres: concat!(
        "CREATE TABLE events (position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,",
        include_str!("schema/common.sql")
    ),
};
