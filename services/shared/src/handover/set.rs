/// Rows that are handed over together: each row of the root, with all rows of other tables that belong to it.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Name of the set, as in `payments`.
    pub name: &'static str,
    /// The table with one row for each aggregate.
    pub root: Table,
    /// Tables whose rows belong to a row of the root, those that others refer to first.
    pub belongings: &'static [Table],
}

/// A table of a set.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Name of the table.
    pub name: &'static str,
    /// Columns that hold the root's key. All are texts.
    pub of: &'static [&'static str],
    /// Columns that tell a row from all others of the table.
    pub key: &'static [&'static str],
    /// The way in which rows change.
    pub changes: Changes,
    /// Columns of which each side has values of its own, such as the time of its next attempt. They are carried over,
    /// and not compared.
    pub local: &'static [&'static str],
    /// Columns that the database fills. They are not carried over.
    pub generated: &'static [&'static str],
    /// Text before the root's key in `of`, which then is one column. Rows without it belong to another set.
    pub prefix: &'static str,
    /// Column without whose value a row stays where it is, as a claim that somebody works on.
    pub only_with: Option<&'static str>,
}

/// The way in which the rows of a table change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// A row stays as it was inserted.
    Never,
    /// Each change that matters raises this column.
    Raising(&'static str),
    /// A row changes, in what matters, once: when this column gets a value.
    Once(&'static str),
    /// A row changes when `done` gets a value, and when it loses it again, which raises `round`.
    Rounds {
        /// The column that has a value while the row is done.
        done: &'static str,
        /// The column that counts how often it was begun again.
        round: &'static str,
    },
}

impl Table {
    /// A table whose rows never change, until [`Table::that_changes`] says otherwise.
    pub const fn new(name: &'static str, of: &'static [&'static str], key: &'static [&'static str]) -> Self {
        Self {
            name,
            of,
            key,
            changes: Changes::Never,
            local: &[],
            generated: &[],
            prefix: "",
            only_with: None,
        }
    }

    /// The table, with rows that change so.
    #[must_use]
    pub const fn that_changes(self, changes: Changes) -> Self {
        Self { changes, ..self }
    }

    /// The table, with columns of which each side has values of its own.
    #[must_use]
    pub const fn with_local(self, local: &'static [&'static str]) -> Self {
        Self { local, ..self }
    }

    /// The table, with a text before the root's key.
    #[must_use]
    pub const fn with_prefix(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    /// The event log, for aggregates whose id is the root's key, or that behind a prefix. Ids of events derive from the
    /// aggregate and the version, so both sides have the same; their positions are each log's own.
    pub const EVENTS: Self = Self {
        local: &["event"],
        generated: &["position"],
        ..Self::new("events", &["aggregate_id"], &["aggregate_id", "version"])
    };

    /// The stored replies to idempotent commands, as the root of a set. A claim without a reply stays: the other side
    /// would take the work up once its lease is over.
    pub const IDEMPOTENCY: Self = Self {
        only_with: Some("reply"),
        changes: Changes::Once("reply"),
        local: &[
            "owner",
            "lease_until",
            "claimed_at",
            "reply",
            "request_id",
            "replied_at",
        ],
        ..Self::new("idempotency", KEY_OF_COMMAND, KEY_OF_COMMAND)
    };
}

const KEY_OF_COMMAND: &[&str] = &["caller", "operation", "key"];

impl Set {
    /// All tables, the root first.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        std::iter::once(&self.root).chain(self.belongings)
    }
}
