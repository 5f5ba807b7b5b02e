//! Tables that every module has in addition to its own.

use super::Migration;

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
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
}];
