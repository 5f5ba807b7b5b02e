use shared::Migration;

const COMMON: &str = "
CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    status TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    captured BIGINT NOT NULL DEFAULT 0,
    refunded BIGINT NOT NULL DEFAULT 0,
    refund_pending BIGINT NOT NULL DEFAULT 0,
    failure TEXT,
    authorization_id TEXT,
    charge_id TEXT,
    correlation_id TEXT NOT NULL,
    causation_id TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (order_id, attempt),
    CHECK (captured >= 0 AND captured <= amount),
    CHECK (refunded >= 0 AND refund_pending >= 0 AND refunded + refund_pending <= captured)
);
CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    correlation_id TEXT NOT NULL,
    causation_id TEXT,
    request_id TEXT NOT NULL,
    reply TEXT,
    replied_at BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (caller, key)
);
CREATE INDEX refunds_due ON refunds (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE ledger (
    transfer TEXT NOT NULL,
    account TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    currency TEXT NOT NULL,
    booked_at BIGINT NOT NULL,
    PRIMARY KEY (transfer, account)
);
CREATE INDEX ledger_of_payment ON ledger (payment_id);
";

/// Authorisations that may be held for payments that have failed. `let_go_at` is when the payment failed.
const HOLDS: &str = "
CREATE TABLE holds (
    payment_id TEXT PRIMARY KEY REFERENCES payments (id),
    attempts BIGINT NOT NULL DEFAULT 0,
    retries BIGINT NOT NULL DEFAULT 0,
    due_at BIGINT,
    let_go_at BIGINT NOT NULL,
    outcome TEXT,
    settled_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX holds_due ON holds (due_at) WHERE due_at IS NOT NULL;
";

/// All that belongs to a payment is read with it when payments are handed over.
const REFUNDS_OF_PAYMENT: &str = "CREATE INDEX refunds_of_payment ON refunds (payment_id)";

/// Triggers that protect the ledger from every client: a booked row never changes.
const SQLITE_GUARD: &str = "
CREATE TRIGGER ledger_keeps_rows BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger rows never change'); END;
CREATE TRIGGER ledger_drops_nothing BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'ledger rows never go'); END;
";

const POSTGRES_GUARD: &str = "
CREATE FUNCTION ledger_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger rows never change';
END
$$;
CREATE TRIGGER ledger_keeps_rows BEFORE UPDATE OR DELETE ON ledger
    FOR EACH ROW EXECUTE FUNCTION ledger_never_changes();
";

/// The module's schema. The tables are the same on both engines.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "payments, refunds, ledger",
        sqlite: COMMON,
        postgres: COMMON,
    },
    Migration {
        version: 2,
        name: "ledger rows never change",
        sqlite: SQLITE_GUARD,
        postgres: POSTGRES_GUARD,
    },
    Migration {
        version: 3,
        name: "holds of failed payments",
        sqlite: HOLDS,
        postgres: HOLDS,
    },
    Migration {
        version: 4,
        name: "refunds by payment",
        sqlite: REFUNDS_OF_PAYMENT,
        postgres: REFUNDS_OF_PAYMENT,
    },
];
