use commerce::{Money, Page, PageRequest, Product, ProductUpdate, Sku, Timestamp};
use shared::{
    Database, DatabaseError, Listing, Tx,
    row::{instant, money, parsed},
};
use sqlx::{Row, any::AnyRow};

use crate::domain::Shift;

macro_rules! columns {
    () => {
        "sku, price_cents, currency, stock, reserved, committed, version, updated_at"
    };
}

const ALL: Listing = Listing {
    count: "SELECT count(*) FROM products",
    rows: concat!("SELECT ", columns!(), " FROM products ORDER BY sku LIMIT $1 OFFSET $2"),
};

/// Inserts a product, or sets its price and available stock. What is reserved and committed stays.
pub(crate) async fn put(tx: &mut Tx, product: &ProductUpdate, now: Timestamp) -> Result<Product, DatabaseError> {
    let row = sqlx::query(concat!(
        "INSERT INTO products (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, 0, 0, 1, $5)
         ON CONFLICT (sku) DO UPDATE SET price_cents = excluded.price_cents, currency = excluded.currency,
             stock = excluded.stock, version = products.version + 1, updated_at = excluded.updated_at
         RETURNING ",
        columns!()
    ))
    .bind(product.sku.as_str())
    .bind(product.price.cents)
    .bind(product.price.currency.as_str())
    .bind(product.stock)
    .bind(now.as_micros())
    .fetch_one(tx.connection())
    .await?;
    read(&row)
}

/// Moves items of a product and returns its price. `None`, and no move, if it does not exist or has too few in stock.
pub(crate) async fn shift(
    tx: &mut Tx,
    sku: &Sku,
    shift: Shift,
    now: Timestamp,
) -> Result<Option<Money>, DatabaseError> {
    let row = sqlx::query(
        "UPDATE products SET stock = stock + $2, reserved = reserved + $3, committed = committed + $4,
             version = version + 1, updated_at = $5
         WHERE sku = $1 AND stock + $2 >= 0 RETURNING price_cents, currency",
    )
    .bind(sku.as_str())
    .bind(shift.stock)
    .bind(shift.reserved)
    .bind(shift.committed)
    .bind(now.as_micros())
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(|row| money(row, "price_cents")).transpose()
}

/// The number of items in stock, as the open transaction sees it. `None` if there is no such product.
pub(crate) async fn available(tx: &mut Tx, sku: &Sku) -> Result<Option<i64>, DatabaseError> {
    let row = sqlx::query("SELECT stock FROM products WHERE sku = $1")
        .bind(sku.as_str())
        .fetch_optional(tx.connection())
        .await?;
    Ok(row.map(|row| row.try_get("stock")).transpose()?)
}

/// The product as it was committed last.
pub(crate) async fn find(db: &Database, sku: &Sku) -> Result<Option<Product>, DatabaseError> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM products WHERE sku = $1"))
        .bind(sku.as_str())
        .fetch_optional(db.readers())
        .await?;
    row.as_ref().map(read).transpose()
}

/// One page of all products, ordered by sku.
pub(crate) async fn page(db: &Database, page: PageRequest) -> Result<Page<Product>, DatabaseError> {
    ALL.page(db, None, page, read).await
}

fn read(row: &AnyRow) -> Result<Product, DatabaseError> {
    Ok(Product {
        sku: parsed(row, "sku")?,
        price: money(row, "price_cents")?,
        stock: row.try_get("stock")?,
        reserved: row.try_get("reserved")?,
        committed: row.try_get("committed")?,
        version: row.try_get("version")?,
        updated_at: instant(row, "updated_at")?,
    })
}
