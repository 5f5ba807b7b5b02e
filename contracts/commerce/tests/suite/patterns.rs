//! What the document says of single values is what their rules say: values made from the one are put to the other.

use std::sync::LazyLock;

use commerce::{
    Contact, Currency, CustomerId, IdempotencyKey, Item, NewNotification, NotificationKind, Order, OrderId,
    PageRequest, PaymentMethod, ProductUpdate, Refund, ReservationRequest, Shipment, Sku, http,
};
use proptest::{collection::vec, prelude::*, sample::select, string::string_regex};
use serde_json::{Value, json};

use crate::{
    samples::{contact, euros, order_id},
    schema::conforms,
};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(http::openapi(&http::MODULES, &[])).unwrap());

/// A schema of the document by its pointer, and the rule that it stands for.
struct Ruled {
    schema: &'static str,
    accepts: fn(&str) -> bool,
}

const TEXTS: [Ruled; 12] = [
    Ruled {
        schema: "/components/schemas/Sku",
        accepts: |text| text.parse::<Sku>().is_ok(),
    },
    Ruled {
        schema: "/components/schemas/CustomerId",
        accepts: |text| text.parse::<CustomerId>().is_ok(),
    },
    Ruled {
        schema: "/paths/~1v2~1orders/post/parameters/0/schema",
        accepts: |text| text.parse::<IdempotencyKey>().is_ok(),
    },
    Ruled {
        schema: "/components/schemas/Currency",
        accepts: |text| Currency::try_from(text.to_owned()).is_ok(),
    },
    Ruled {
        schema: "/components/schemas/OrderId",
        accepts: |text| text.parse::<OrderId>().is_ok(),
    },
    Ruled {
        schema: "/components/schemas/Email",
        accepts: |text| {
            let email = text.to_owned();
            let push_token = None;
            Contact { email, push_token }.validate().is_ok()
        },
    },
    Ruled {
        schema: "/components/schemas/PushToken",
        accepts: |text| {
            let push_token = Some(text.to_owned());
            let contact = Contact {
                push_token,
                ..contact()
            };
            contact.validate().is_ok()
        },
    },
    Ruled {
        schema: "/components/schemas/PaymentMethod",
        accepts: |text| PaymentMethod(text.to_owned()).validate().is_ok(),
    },
    Ruled {
        schema: "/components/schemas/Reason",
        accepts: |text| Order::validate_cancel_reason(text).is_ok(),
    },
    Ruled {
        schema: "/components/schemas/Carrier",
        accepts: |text| shipment(text, "1").validate().is_ok(),
    },
    Ruled {
        schema: "/components/schemas/TrackingNumber",
        accepts: |text| shipment("P", text).validate().is_ok(),
    },
    Ruled {
        schema: "/components/schemas/Note",
        accepts: |text| {
            let notification = NewNotification {
                key: "k".parse().unwrap(),
                order_id: order_id(),
                contact: contact(),
                kind: NotificationKind::OrderCreated,
                note: Some(text.to_owned()),
            };
            notification.validate().is_ok()
        },
    },
];

fn shipment(carrier: &str, tracking_number: &str) -> Shipment {
    Shipment {
        carrier: carrier.to_owned(),
        tracking_number: tracking_number.to_owned(),
    }
}

fn schema(pointer: &str) -> &'static Value {
    DOCUMENT
        .pointer(pointer)
        .unwrap_or_else(|| panic!("the document has {pointer}"))
}

fn is_documented(pointer: &str, value: &Value) -> bool {
    conforms(&DOCUMENT, schema(pointer), value, pointer).is_ok()
}

/// Texts that match the first pattern of a schema.
fn matching(schema: &Value) -> BoxedStrategy<String> {
    let first = schema.pointer("/allOf/0").unwrap_or(schema);
    let pattern = first["pattern"].as_str().expect("a text rule has a pattern");
    let inside = pattern.strip_prefix('^').and_then(|pattern| pattern.strip_suffix('$'));
    string_regex(inside.expect("a pattern is about the whole text"))
        .unwrap()
        .boxed()
}

/// A text of the document's making, or one that is almost right.
fn candidate(schema: &'static Value) -> BoxedStrategy<String> {
    let odd = [
        "",
        " ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{e9}",
        "\u{2028}",
        "\u{3000}",
        "\u{feff}",
        "\u{1F600}",
        "\"",
        "\\",
        "[",
        "]",
        "@",
        ".",
        "..",
        "-",
        "A",
        "g",
        "0",
        "{",
    ];
    let spoilt = (matching(schema), select(odd.to_vec()), any::<prop::sample::Index>());
    let spoilt = spoilt.prop_map(|(text, odd, at)| {
        let ends: Vec<usize> = text.char_indices().map(|(end, _)| end).chain([text.len()]).collect();
        let (before, after) = text.split_at(ends[at.index(ends.len())]);
        format!("{before}{odd}{after}")
    });
    let blanks = [
        " ", "\t", "\n", "\r\n", "\u{85}", "\u{a0}", "\u{2028}", "\u{3000}", "\u{feff}",
    ];
    let blank = vec(select(blanks.to_vec()), 0..3).prop_map(|parts| parts.concat());
    prop_oneof![2 => matching(schema), 3 => spoilt, 3 => stretched(schema), 2 => blank, 1 => any::<String>()].boxed()
}

/// A text of the document's making in which one character is repeated: up to the limits of its length, or to 62 to 65
/// times, which are the limits of the parts of addresses.
fn stretched(schema: &'static Value) -> impl Strategy<Value = String> {
    let most = schema.pointer("/allOf/0").unwrap_or(schema)["maxLength"]
        .as_u64()
        .unwrap_or(8);
    let most = usize::try_from(most).unwrap();
    let length = prop_oneof![(most - 1..=most + 1).prop_map(Ok), (62_usize..=65).prop_map(Err)];
    (matching(schema), any::<prop::sample::Index>(), length).prop_map(|(text, at, length)| {
        let characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len());
        let times = length.map_or_else(|times| times, |length| (length + 1).saturating_sub(characters.len()));
        let stretched = characters
            .iter()
            .enumerate()
            .flat_map(|(index, character)| std::iter::repeat_n(*character, if index == at { times } else { 1 }));
        stretched.collect()
    })
}

fn text_and_rule() -> impl Strategy<Value = (usize, String)> {
    (0..TEXTS.len()).prop_flat_map(|index| candidate(schema(TEXTS[index].schema)).prop_map(move |text| (index, text)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_document_accepts_the_texts_that_the_rules_accept_and_no_others((index, text) in text_and_rule()) {
        let Ruled { schema, accepts } = &TEXTS[index];
        prop_assert_eq!(is_documented(schema, &text.clone().into()), accepts(&text), "{}: {:?}", schema, text);
    }

    #[test]
    fn the_document_accepts_the_numbers_that_the_rules_accept_and_no_others(number in number()) {
        let price = euros(number);
        let sku: Sku = "TEA".parse().unwrap();
        let product = |cents, stock| ProductUpdate { sku: sku.clone(), price: euros(cents), stock }.validate().is_ok();
        let key = "k".parse().unwrap();
        let rules = [
            ("PositiveMoney", json!(price), product(number, 0)),
            ("PositiveMoney", json!(price), Refund { key, amount: price }.validate().is_ok()),
            ("Stock", json!(number), product(1, number)),
            ("Quantity", json!(number), reservation(1, number).validate().is_ok()),
        ];
        for (name, value, accepted) in rules {
            let documented = is_documented(&format!("/components/schemas/{name}"), &value);
            prop_assert_eq!(documented, accepted, "{}: {}", name, value);
        }
        if let Ok(number) = u32::try_from(number) {
            let default = PageRequest::default();
            let page = PageRequest { page: number, ..default }.validate().is_ok();
            let page_size = PageRequest { page_size: number, ..default }.validate().is_ok();
            for (name, accepted) in [("page", page), ("page_size", page_size)] {
                prop_assert_eq!(is_documented(&parameter(name), &json!(number)), accepted, "{}: {}", name, number);
            }
        }
    }
}

fn number() -> impl Strategy<Value = i64> {
    let edges = [0, 1, 100, 1_000_000, 1_000_000_000, i64::from(u32::MAX), i64::MAX];
    let near = (select(edges.to_vec()), -2_i64..=2).prop_map(|(edge, off)| edge.saturating_add(off));
    prop_oneof![near, any::<i64>()]
}

fn reservation(items: usize, quantity: i64) -> ReservationRequest {
    let item = |number| Item {
        sku: format!("S{number}").parse().unwrap(),
        quantity,
    };
    ReservationRequest {
        order_id: order_id(),
        items: (0..items).map(item).collect(),
    }
}

/// Pointer to the schema of a query parameter of a list.
fn parameter(name: &str) -> String {
    let parameters = DOCUMENT["paths"]["/v2/products"]["get"]["parameters"].as_array();
    let at = parameters
        .unwrap()
        .iter()
        .position(|parameter| parameter["name"] == name)
        .unwrap();
    format!("/paths/~1v2~1products/get/parameters/{at}/schema")
}

#[test]
fn the_document_accepts_as_many_items_as_the_rule() {
    for count in [0, 1, 2, 99, 100, 101] {
        let request = reservation(count, 1);
        let documented = is_documented("/components/schemas/Items", &json!(request.items));
        assert_eq!(documented, request.validate().is_ok(), "{count} items");
    }
    let twice = json!([reservation(1, 1).items[0], reservation(1, 1).items[0]]);
    assert!(!is_documented("/components/schemas/Items", &twice));
}

#[test]
fn a_number_without_a_fraction_is_whole_however_it_is_written() {
    let cents = |text: &str| {
        let money = format!(r#"{{"cents":{text},"currency":"EUR"}}"#);
        serde_json::from_str::<commerce::Money>(&money)
            .ok()
            .map(|money| money.cents)
    };
    for (text, whole) in [
        ("3016", Some(3_016)),
        ("3016.0", Some(3_016)),
        ("3.016e3", Some(3_016)),
        ("-0.0", Some(0)),
        ("-0", Some(0)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9007199254740991.0", Some((1 << 53) - 1)),
        ("9007199254740993.0", None),
        ("9223372036854775808", None),
        ("1e300", None),
        ("3016.5", None),
        ("\"3016\"", None),
        ("null", None),
    ] {
        assert_eq!(cents(text), whole, "{text}");
    }
}

#[test]
fn the_parts_of_an_address_may_be_as_long_in_the_document_as_in_the_rule() {
    let rule = TEXTS.iter().find(|ruled| ruled.schema.ends_with("/Email")).unwrap();
    let mut accepted = 0;
    for (local, label, dots) in (62..=66).flat_map(|local| (61..=65).map(move |label| (local, label, local - 62))) {
        let local = format!("{}{}", "a.".repeat(dots), "a".repeat(local - 2 * dots));
        let address = format!("{local}@{}.{}", "b".repeat(label), "c".repeat(label));
        let documented = is_documented(rule.schema, &json!(address));
        assert_eq!(documented, (rule.accepts)(&address), "{address}");
        accepted += usize::from(documented);
    }
    assert_eq!(accepted, 9, "62 to 64 before the @, labels of 61 to 63");
}
