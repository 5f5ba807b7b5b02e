//! Tables that every module has in addition to its own.

use super::Migration;

/// Written by the probes of readiness, and always empty.
const PROBES: &str = "CREATE TABLE write_probes (filling TEXT NOT NULL)";

pub(super) const MIGRATIONS: &[Migration] = &[
    LOG,
    Migration {
        version: 2,
        name: "write probes",
        sqlite: PROBES,
        postgres: PROBES,
    },
];

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
