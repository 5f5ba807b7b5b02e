
-- The id of this database's own event log, which it keeps for ever.
CREATE TABLE log (one BIGINT PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);

-- How far a subscription has come in each log that it has followed; `followed` is 1 for the one that it follows now. Rows of before
-- have no log: it is the next one that is read. For them `versioned` is 0: what they have done is not in `applied_versions`.
CREATE TABLE subscriptions_of_one_log (name TEXT PRIMARY KEY, position BIGINT NOT NULL);
INSERT INTO subscriptions_of_one_log (name, position) SELECT name, position FROM subscriptions;
DROP TABLE subscriptions;
CREATE TABLE subscriptions (
    name TEXT NOT NULL,
    log TEXT NOT NULL,
    position BIGINT NOT NULL,
    followed BIGINT NOT NULL,
    versioned BIGINT NOT NULL,
    PRIMARY KEY (name, log));
INSERT INTO subscriptions (name, log, position, followed, versioned)
    SELECT name, '', position, 1, 0 FROM subscriptions_of_one_log;
DROP TABLE subscriptions_of_one_log;

CREATE TABLE inbox_of_one_log (subscription TEXT NOT NULL, position BIGINT NOT NULL);
INSERT INTO inbox_of_one_log (subscription, position) SELECT subscription, position FROM inbox;
DROP TABLE inbox;
CREATE TABLE inbox (
    subscription TEXT NOT NULL,
    log TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (subscription, log, position));
INSERT INTO inbox (subscription, log, position) SELECT subscription, '', position FROM inbox_of_one_log;
DROP TABLE inbox_of_one_log;

-- The positions of a letter are those of its log. In another log, its version says where it belongs.
ALTER TABLE dead_letters ADD COLUMN log TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
DROP INDEX dead_letters_by_aggregate;
CREATE INDEX dead_letters_by_aggregate ON dead_letters (subscription, aggregate_id, version);

-- The last version of each aggregate that a subscription has applied, whatever log it came from.
CREATE TABLE applied_versions (
    subscription TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (subscription, aggregate_id));
