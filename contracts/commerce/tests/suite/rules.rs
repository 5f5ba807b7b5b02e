//! Validation of requests, before any state is read.

use commerce::{
    Contact, Invalid, Item, NewNotification, NewOrder, NotificationKind, Order, PaymentMethod, ProductUpdate, Refund,
    ReservationRequest, Shipment,
};

use crate::samples::{contact, euros, order_id};

fn item(sku: &str, quantity: i64) -> Item {
    Item {
        sku: sku.parse().unwrap(),
        quantity,
    }
}

fn items(count: usize) -> Vec<Item> {
    (0..count).map(|n| item(&format!("S{n}"), 1)).collect()
}

fn new_order(items: Vec<Item>) -> NewOrder {
    NewOrder {
        key: "k".parse().unwrap(),
        customer_id: "ada".parse().unwrap(),
        contact: contact(),
        payment_method: PaymentMethod("tok_ok".to_owned()),
        items,
    }
}

fn email(email: &str) -> Result<(), Invalid> {
    let email = email.to_owned();
    Contact {
        email,
        push_token: None,
    }
    .validate()
}

fn field(result: Result<(), Invalid>) -> Option<String> {
    result.err().map(|invalid| invalid.field)
}

#[test]
fn an_order_has_1_to_100_items() {
    for (count, refused) in [(0, true), (1, false), (100, false), (101, true)] {
        let order = new_order(items(count));
        assert_eq!(order.validate().is_err(), refused, "{count} items");
        let request = ReservationRequest {
            order_id: order_id(),
            items: order.items,
        };
        assert_eq!(
            field(request.validate()).as_deref(),
            refused.then_some("items"),
            "{count} items"
        );
    }
}

#[test]
fn an_item_is_wanted_1_to_a_million_times() {
    for (quantity, refused) in [
        (i64::MIN, true),
        (0, true),
        (1, false),
        (1_000_000, false),
        (1_000_001, true),
    ] {
        let order = new_order(vec![item("TEA", 1), item("COFFEE", quantity)]);
        let expected = refused.then_some("items[1].quantity");
        assert_eq!(field(order.validate()).as_deref(), expected, "{quantity}");
    }
}

#[test]
fn a_sku_stands_in_an_order_once() {
    let order = new_order(vec![item("TEA", 1), item("COFFEE", 1), item("TEA", 2)]);
    assert_eq!(field(order.validate()).as_deref(), Some("items[2].sku"));
}

#[test]
fn an_address_is_one_that_mail_servers_take() {
    let long_local = format!("{}@example.org", "a".repeat(64));
    let domain = ["d".repeat(63), "d".repeat(63), "d".repeat(61)].join(".");
    let longest = format!("{}@{domain}", "a".repeat(64));
    assert_eq!(longest.len(), 254);
    for good in [
        "ada@example.org",
        "a.b+c@x-y.example",
        "a@b",
        "o'neil@example.org",
        &long_local,
        &longest,
    ] {
        assert_eq!(email(good), Ok(()), "{good}");
    }
    let too_long = format!("{longest}d");
    let bad = [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "a@b@c",
        "a b@c",
        "a@b c",
        ".a@b",
        "a.@b",
        "a..b@c",
        "a@b..c",
        "a@.b",
        "a@b.",
        "a@-b",
        "a@b-",
        "a@b_c",
        "a\r\nBcc: x@y",
        "a@b\n",
        "\u{e9}@b",
        "a@\u{e9}",
        "<a@b>",
        &too_long,
    ];
    for bad in bad {
        assert_eq!(field(email(bad)).as_deref(), Some("contact.email"), "{bad:?}");
    }
    assert!(email(&format!("a{long_local}")).is_err(), "65 before the @");
}

#[test]
fn a_refusal_never_repeats_personal_data() {
    let mut order = new_order(items(1));
    order.payment_method = PaymentMethod("4242 4242".to_owned());
    let token = Contact {
        push_token: Some("device 1".to_owned()),
        ..contact()
    };
    for refusal in [email("secret@@example.org"), order.validate(), token.validate()] {
        let refusal = refusal.expect_err("it is malformed").to_string();
        assert!(
            !refusal.contains("secret") && !refusal.contains("4242") && !refusal.contains("device"),
            "{refusal}"
        );
    }
}

#[test]
fn a_payment_method_and_a_push_token_are_visible_ascii_of_bounded_length() {
    for (text, fine) in [
        ("", false),
        ("t", true),
        ("a b", false),
        ("\u{e9}", false),
        ("t\n", false),
    ] {
        assert_eq!(PaymentMethod(text.to_owned()).validate().is_ok(), fine, "{text:?}");
        let push_token = Some(text.to_owned());
        let contact = Contact {
            push_token,
            ..contact()
        };
        assert_eq!(contact.validate().is_ok(), fine, "{text:?}");
    }
    assert!(PaymentMethod("t".repeat(255)).validate().is_ok());
    assert!(PaymentMethod("t".repeat(256)).validate().is_err());
}

#[test]
fn a_refund_gives_something_back() {
    for (cents, fine) in [(i64::MIN, false), (-1, false), (0, false), (1, true), (i64::MAX, true)] {
        let key = "k".parse().unwrap();
        let amount = euros(cents);
        assert_eq!(Refund { key, amount }.validate().is_ok(), fine, "{cents}");
    }
}

#[test]
fn a_product_has_a_price_and_a_stock_that_can_be() {
    let cases = [
        (0, 1, Some("price.cents")),
        (-5, 1, Some("price.cents")),
        (1, -1, Some("stock")),
        (1, 1_000_000_001, Some("stock")),
        (1, 0, None),
        (i64::MAX, 1_000_000_000, None),
    ];
    for (cents, stock, refused) in cases {
        let sku = "TEA".parse().unwrap();
        let price = euros(cents);
        let product = ProductUpdate { sku, price, stock };
        assert_eq!(field(product.validate()).as_deref(), refused, "{cents} {stock}");
    }
}

#[test]
fn texts_say_something_and_not_too_much() {
    let shipment = |carrier: &str, tracking_number: &str| Shipment {
        carrier: carrier.to_owned(),
        tracking_number: tracking_number.to_owned(),
    };
    assert_eq!(shipment(&"\u{1F600}".repeat(100), "1").validate(), Ok(()));
    assert_eq!(field(shipment("", "1").validate()).as_deref(), Some("carrier"));
    assert_eq!(
        field(shipment("P", &"1".repeat(101)).validate()).as_deref(),
        Some("tracking_number")
    );
    assert_eq!(
        field(shipment("P", "1\u{0}").validate()).as_deref(),
        Some("tracking_number")
    );

    assert_eq!(Order::validate_cancel_reason(&"x".repeat(500)), Ok(()));
    assert_eq!(Order::validate_cancel_reason("two\nlines"), Ok(()));
    for bad in [String::new(), " \n".to_owned(), "x".repeat(501)] {
        assert_eq!(
            field(Order::validate_cancel_reason(&bad)).as_deref(),
            Some("reason"),
            "{bad:?}"
        );
    }

    for (note, refused) in [
        (None, false),
        (Some(1_000), false),
        (Some(0), true),
        (Some(1_001), true),
    ] {
        let notification = NewNotification {
            key: "k".parse().unwrap(),
            order_id: order_id(),
            contact: contact(),
            kind: NotificationKind::OrderCreated,
            note: note.map(|length| "x".repeat(length)),
        };
        assert_eq!(
            field(notification.validate()).as_deref(),
            refused.then_some("note"),
            "{note:?}"
        );
    }
}
