use shared::Migration;

const TABLES: &str = "
    CREATE TABLE contacts (
        order_id TEXT PRIMARY KEY,
        email TEXT NOT NULL,
        push_token TEXT);
    CREATE TABLE notifications (
        id TEXT PRIMARY KEY,
        order_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        email TEXT NOT NULL,
        push TEXT,
        version BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL);
    CREATE INDEX notifications_of_order ON notifications (order_id, created_at, id);";

/// The module's schema, the same on both engines.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "contacts and notifications",
    sqlite: TABLES,
    postgres: TABLES,
}];
