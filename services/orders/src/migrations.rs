use shared::Migration;

const TABLES: &str = "
    CREATE TABLE orders (
        id TEXT PRIMARY KEY,
        customer_id TEXT NOT NULL,
        email TEXT NOT NULL,
        push_token TEXT,
        payment_method TEXT NOT NULL,
        status TEXT NOT NULL,
        lines TEXT NOT NULL,
        total_cents BIGINT NOT NULL,
        currency TEXT NOT NULL,
        payment_id TEXT,
        cancel_reason TEXT,
        carrier TEXT,
        tracking_number TEXT,
        version BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL);
    CREATE INDEX orders_by_customer ON orders (customer_id, created_at, id);

    -- Money that has to go back: decided in the same write as what made it so, done by a worker.
    CREATE TABLE refunds (
        payment_id TEXT PRIMARY KEY,
        order_id TEXT NOT NULL,
        amount_cents BIGINT NOT NULL,
        currency TEXT NOT NULL,
        outcome TEXT,
        due_at BIGINT NOT NULL);
    CREATE INDEX refunds_due ON refunds (due_at) WHERE outcome IS NULL;

    -- Stock of orders that will never exist: decided together with the refusal, done by a worker.
    CREATE TABLE releases (
        order_id TEXT PRIMARY KEY,
        due_at BIGINT NOT NULL);";

const RETRIES: &str = "
    ALTER TABLE refunds ADD COLUMN retries BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE refunds ADD COLUMN settled_at BIGINT NOT NULL DEFAULT 0;";

/// The module's schema, the same on both engines: flags and times are `BIGINT`.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "orders, refunds and releases",
        sqlite: TABLES,
        postgres: TABLES,
    },
    Migration {
        version: 2,
        name: "retries of refused refunds",
        sqlite: RETRIES,
        postgres: RETRIES,
    },
];
