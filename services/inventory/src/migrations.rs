use shared::Migration;

/// The tables, with a type for skus that sorts them by their bytes.
macro_rules! tables {
    ($sku:literal) => {
        concat!(
            "
        CREATE TABLE products (
            sku ",
            $sku,
            " PRIMARY KEY,
            price_cents BIGINT NOT NULL CHECK (price_cents > 0),
            currency TEXT NOT NULL,
            stock BIGINT NOT NULL CHECK (stock >= 0),
            reserved BIGINT NOT NULL CHECK (reserved >= 0),
            committed BIGINT NOT NULL CHECK (committed >= 0),
            version BIGINT NOT NULL,
            updated_at BIGINT NOT NULL);
        CREATE TABLE reservations (
            order_id TEXT PRIMARY KEY,
            status TEXT NOT NULL,
            lines TEXT NOT NULL,
            version BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL);"
        )
    };
}

/// The module's schema. Every amount is a `BIGINT`; skus sort by their bytes on both engines, so pages have the
/// same order.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "products and reservations",
    sqlite: tables!("TEXT"),
    postgres: tables!("TEXT COLLATE \"C\""),
}];
