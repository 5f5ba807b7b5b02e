
    event_id TEXT NOT NULL UNIQUE,
    aggregate_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    event TEXT NOT NULL,
    UNIQUE (aggregate_id, version));

-- How far a subscription has come: everything up to the position is done or is a dead letter.
CREATE TABLE subscriptions (
    name TEXT PRIMARY KEY,
    position BIGINT NOT NULL);

-- What a subscription has done beyond its position. Rows go as the position passes them.
CREATE TABLE inbox (
    subscription TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (subscription, position));

-- Events that could not be applied (dead), those that came before a predecessor (gap: the last version that was applied, and where
-- it stood), and those of the same aggregate that wait behind one of them (parked).
CREATE TABLE dead_letters (
    subscription TEXT NOT NULL,
    event_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    aggregate_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('dead', 'gap', 'parked')),
    reason TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    event TEXT NOT NULL,
    gap_version BIGINT,
    gap_position BIGINT,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (subscription, event_id));
CREATE INDEX dead_letters_by_aggregate ON dead_letters (subscription, aggregate_id, position);

-- One row per idempotency key: a claim with a lease, then the stored reply.
CREATE TABLE idempotency (
    caller TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    request TEXT NOT NULL,
    owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    reply TEXT,
    request_id TEXT,
    replied_at BIGINT,
    PRIMARY KEY (caller, operation, key));
CREATE INDEX idempotency_unfinished ON idempotency (operation, lease_until) WHERE reply IS NULL;
