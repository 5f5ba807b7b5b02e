//! Values to build calls from: few, so that calls meet, and some that break wires.

use commerce::{
    Contact, Currency, IdempotencyKey, Item, Money, NewOrder, OrderId, Page, PageRequest, PaymentMethod, Sku,
};
use proptest::{prelude::*, sample::select};

/// Legal SKUs; the last three have to be escaped in a path.
pub(crate) const SKUS: [&str; 5] = ["tea", "cup", "a/b?c#d", "100%25", ";=&+\"<>|"];

pub(crate) fn sku() -> impl Strategy<Value = Sku> {
    prop_oneof![3 => select(&SKUS[..2]), 1 => select(&SKUS[2..])].prop_map(|sku| sku.parse().expect("it is a sku"))
}

pub(crate) fn order_id() -> impl Strategy<Value = OrderId> {
    select(&["k1", "k2"][..]).prop_map(|key| OrderId::derive(&[key]))
}

/// Strategy for command keys: few enough to repeat, some of which a header can't carry unescaped.
pub(crate) fn idempotency_key() -> impl Strategy<Value = IdempotencyKey> {
    let few = select(&["k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "K1", "%22", "a,b;c=d"][..]);
    let key = prop_oneof![11 => few.prop_map(str::to_owned), 1 => Just("~".repeat(255))];
    key.prop_map(|key| key.parse().expect("it is a key"))
}

/// Keys under which orders are created.
pub(crate) const ORDER_KEYS: [&str; 4] = ["paid-1", "paid-2", "open", "o'%2F/?#[]@!$&()*+,;=~"];

/// Keys whose orders have paid.
pub(crate) const PAID_KEYS: [&str; 2] = ["paid-1", "paid-2"];

/// An order under this key of one piece of the first product, for Ada.
pub(crate) fn one_tea(key: &str) -> NewOrder {
    NewOrder {
        key: key.parse().expect("it is a key"),
        customer_id: "ada".parse().expect("it is a customer"),
        contact: Contact {
            email: "ada@example.org".to_owned(),
            push_token: None,
        },
        payment_method: PaymentMethod("tok_ok".to_owned()),
        items: vec![Item {
            sku: SKUS[0].parse().expect("it is a sku"),
            quantity: 1,
        }],
    }
}

pub(crate) fn price_in(cents: i64, currency: &str) -> Money {
    let currency = Currency::try_from(currency.to_owned()).expect("it is a currency");
    Money::new(cents, currency)
}

/// Strategy for free text around its limits: empty, blank, of every Unicode plane, of `most` characters and one
/// more, and with characters that no text may contain.
pub(crate) fn text_up_to(most: usize) -> impl Strategy<Value = String> {
    let planes = "\u{0}a\u{e9}\u{fffd}\u{1f600}\u{20000}\u{30000}\u{e0001}\u{f0000}\u{10ffff}";
    prop_oneof![
        4 => "[ -~]{1,20}",
        2 => Just(planes.replace('\u{0}', "")),
        1 => Just(planes.to_owned()),
        1 => Just(String::new()),
        1 => Just("  ".to_owned()),
        1 => Just("\u{1f600}".repeat(most)),
        1 => Just("x".repeat(most + 1)),
        1 => Just("line\r\n\tnext \u{2028}\"quoted\" \\u0041 </script>".to_owned()),
    ]
}

/// Strategy for pages at and around their limits, mostly small ones.
pub(crate) fn page() -> impl Strategy<Value = PageRequest> {
    let page = prop_oneof![6 => 1..=3_u32, 1 => Just(0), 1 => Just(u32::MAX)];
    let page_size = prop_oneof![6 => 1..=3_u32, 1 => select(&[0, 100, 101, u32::MAX][..])];
    (page, page_size).prop_map(|(page, page_size)| PageRequest { page, page_size })
}

/// Strategy for prices: mostly a few euros, sometimes more than a double can count, or not positive.
pub(crate) fn price() -> impl Strategy<Value = Money> {
    let cents = prop_oneof![
        8 => 1..=10_000_i64,
        1 => select(&[(1 << 53) + 1, i64::MAX, 0, -1, i64::MIN][..]),
    ];
    let currency = prop_oneof![9 => Just("EUR"), 1 => Just("JPY")];
    (cents, currency).prop_map(|(cents, currency)| price_in(cents, currency))
}

pub(crate) fn quantity() -> impl Strategy<Value = i64> {
    prop_oneof![12 => 1..=4_i64, 1 => select(&[0, -1, 1_000_000, 1_000_001, i64::MAX][..])]
}

/// Strategy for items: mostly one or two; sometimes none, the same one twice, or too many.
pub(crate) fn items() -> impl Strategy<Value = Vec<Item>> {
    let item = || (sku(), quantity()).prop_map(|(sku, quantity)| Item { sku, quantity });
    prop_oneof![
        16 => proptest::collection::vec(item(), 1..=2),
        1 => Just(Vec::new()),
        1 => Just(many(100)),
        1 => Just(many(101)),
    ]
}

/// `count` items of unknown products; an order may have 100.
pub(crate) fn many(count: usize) -> Vec<Item> {
    let item = |n: usize| Item {
        sku: format!("none-{n}").parse().expect("it is a sku"),
        quantity: 1,
    };
    (0..count).map(item).collect()
}

/// A mail address of `length` characters; up to 254 are legal.
pub(crate) fn address_of(length: usize) -> String {
    let mut domain = format!("{0}.{0}.{0}.", "d".repeat(61));
    domain.push_str(&"d".repeat(length - domain.len() - 2));
    format!("a@{domain}")
}

/// The page that the contract promises of `all` items, which are in order.
pub(crate) fn page_of<T>(all: Vec<T>, request: PageRequest) -> Page<T> {
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let (page, size) = (request.page as usize, request.page_size as usize);
    let offset = (page - 1).saturating_mul(size);
    Page {
        items: all.into_iter().skip(offset).take(size).collect(),
        page: request.page,
        page_size: request.page_size,
        total,
    }
}
