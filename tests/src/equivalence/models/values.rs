//! Values that calls are made of: few, so that calls meet, and among them those that break wires.

use commerce::{Currency, Item, Money, OrderId, Page, PageRequest, Sku};
use proptest::{prelude::*, sample::select};

/// Legal skus, the last three of which have to be escaped in a path.
pub(crate) const SKUS: [&str; 5] = ["tea", "cup", "a/b?c#d", "100%25", ";=&+\"<>|"];

pub(crate) fn sku() -> impl Strategy<Value = Sku> {
    prop_oneof![3 => select(&SKUS[..2]), 1 => select(&SKUS[2..])].prop_map(|sku| sku.parse().expect("it is a sku"))
}

pub(crate) fn order_id() -> impl Strategy<Value = OrderId> {
    select(&["k1", "k2"][..]).prop_map(|key| OrderId::derive(&[key]))
}

/// Pages at and around their limits, mostly small ones.
pub(crate) fn page() -> impl Strategy<Value = PageRequest> {
    let page = prop_oneof![6 => 1..=3_u32, 1 => Just(0), 1 => Just(u32::MAX)];
    let page_size = prop_oneof![6 => 1..=3_u32, 1 => select(&[0, 100, 101, u32::MAX][..])];
    (page, page_size).prop_map(|(page, page_size)| PageRequest { page, page_size })
}

/// Mostly a few euros, sometimes beyond what a double can count, or not positive.
pub(crate) fn price() -> impl Strategy<Value = Money> {
    let cents = prop_oneof![
        8 => 1..=10_000_i64,
        1 => select(&[(1 << 53) + 1, i64::MAX, 0, -1, i64::MIN][..]),
    ];
    let currency = prop_oneof![9 => Just("EUR"), 1 => Just("JPY")];
    (cents, currency).prop_map(|(cents, currency)| {
        let currency = Currency::try_from(currency.to_owned()).expect("it is a currency");
        Money::new(cents, currency)
    })
}

pub(crate) fn quantity() -> impl Strategy<Value = i64> {
    prop_oneof![12 => 1..=4_i64, 1 => select(&[0, -1, 1_000_000, 1_000_001, i64::MAX][..])]
}

/// Mostly one or two items; sometimes none, one twice, or more than there may be.
pub(crate) fn items() -> impl Strategy<Value = Vec<Item>> {
    let item = || (sku(), quantity()).prop_map(|(sku, quantity)| Item { sku, quantity });
    let many = |count: usize| {
        let item = move |n: usize| Item {
            sku: format!("none-{n}").parse().expect("it is a sku"),
            quantity: 1,
        };
        (0..count).map(item).collect::<Vec<_>>()
    };
    prop_oneof![
        16 => proptest::collection::vec(item(), 1..=2),
        1 => Just(Vec::new()),
        1 => Just(many(100)),
        1 => Just(many(101)),
    ]
}

/// The page that the contract promises of these items, which are all there are, in their order.
pub(crate) fn page_of<T>(all: Vec<T>, request: PageRequest) -> Page<T> {
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let offset = usize::try_from(request.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(request.page_size).unwrap_or(usize::MAX);
    Page {
        items: all.into_iter().skip(offset).take(size).collect(),
        page: request.page,
        page_size: request.page_size,
        total,
    }
}
