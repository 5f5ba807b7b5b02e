use serde_json::json;

/// One bad request, and the refusal that it must get.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The `Idempotency-Key` header as bytes, since some are not text.
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    /// The text that the error must contain.
    pub(crate) names: &'static str,
}

const ORDER: &str = concat!(
    r#"{"customer_id":"ann","contact":{"email":"ann@example.org"},"#,
    r#""payment_method":"tok_ok","items":[{"sku":"TEA","quantity":1}]}"#
);

/// A good order with one part replaced, refused as invalid input that names `names`.
fn order(name: &'static str, part: &str, replacement: &str, names: &'static str) -> Case {
    assert!(ORDER.contains(part), "{part} is not in the good order");
    Case {
        name,
        method: "POST",
        path: "/v2/orders",
        key: Some(name.replace(' ', "-").into_bytes()),
        content_type: "application/json",
        body: ORDER.replacen(part, replacement, 1).into_bytes(),
        status: 400,
        code: "INVALID_INPUT",
        names,
    }
}

fn get(name: &'static str, path: &'static str, status: u16, code: &'static str, names: &'static str) -> Case {
    Case {
        method: "GET",
        path,
        key: None,
        body: Vec::new(),
        status,
        code,
        ..order(name, "ann", "ann", names)
    }
}

fn product(name: &'static str, cents: &str, stock: &str, names: &'static str) -> Case {
    let body = format!(r#"{{"price":{{"cents":{cents},"currency":"EUR"}},"stock":{stock}}}"#);
    Case {
        method: "PUT",
        path: "/v2/products/NEW",
        key: None,
        body: body.into_bytes(),
        ..order(name, "ann", "ann", names)
    }
}

pub(crate) fn all() -> Vec<Case> {
    let mut cases = bodies();
    cases.extend(products());
    cases.extend(keys());
    cases.extend(requests());
    cases
}

fn bodies() -> Vec<Case> {
    let items = r#"[{"sku":"TEA","quantity":1}]"#;
    let dear = r#"[{"sku":"DEAR","quantity":3}]"#;
    let mut not_utf8 = ORDER.as_bytes().to_vec();
    let at = ORDER.find("ann").expect("the customer is in the order");
    not_utf8[at] = 0xff;
    let big = json!({ "customer_id": "x".repeat(3 << 20) }).to_string().into_bytes();
    vec![
        order("unknown field", r#""items""#, r#""discount":100,"items""#, "discount"),
        order(
            "unknown field in an item",
            r#""quantity":1"#,
            r#""quantity":1,"unit_price":1"#,
            "unit_price",
        ),
        order(
            "wrong type",
            r#""quantity":1"#,
            r#""quantity":"two""#,
            "items[0].quantity",
        ),
        order("missing field", r#""payment_method":"tok_ok","#, "", "payment_method"),
        order("null for a value", r#""ann""#, "null", "customer_id"),
        order("zero quantity", r#""quantity":1"#, r#""quantity":0"#, "quantity"),
        order("negative quantity", r#""quantity":1"#, r#""quantity":-1"#, "quantity"),
        order(
            "quantity beyond i64",
            r#""quantity":1"#,
            r#""quantity":9223372036854775808"#,
            "items[0].quantity",
        ),
        order("fraction", r#""quantity":1"#, r#""quantity":1.5"#, "items[0].quantity"),
        order("empty items", items, "[]", "items"),
        order(
            "sku twice",
            items,
            r#"[{"sku":"TEA","quantity":1},{"sku":"TEA","quantity":2}]"#,
            "TEA",
        ),
        order("no email", "ann@example.org", "nowhere", "email"),
        order("customer with a space", r#""ann""#, r#""a n""#, "customer_id"),
        order("truncated", r#"}]}"#, "", "malformed"),
        Case {
            status: 409,
            code: "CONFLICT",
            ..order("overflowing total", items, dear, "total")
        },
        Case {
            body: not_utf8,
            ..order("bad UTF-8", "ann", "ann", "UTF-8")
        },
        Case {
            body: big,
            status: 413,
            code: "BODY_TOO_LARGE",
            ..order("3 MB body", "ann", "ann", "2")
        },
    ]
}

fn products() -> Vec<Case> {
    vec![
        product("negative price", "-5", "1", "price"),
        product("zero price", "0", "1", "price"),
        product("price beyond i64", "92233720368547758080", "1", "price.cents"),
        product("negative stock", "5", "-1", "stock"),
    ]
}

fn keys() -> Vec<Case> {
    let key = |name, key: &[u8]| Case {
        key: Some(key.to_vec()),
        ..order(name, "ann", "ann", "Idempotency-Key")
    };
    vec![
        Case {
            key: None,
            code: "KEY_MISSING",
            ..order("no key", "ann", "ann", "Idempotency-Key")
        },
        key("empty key", b""),
        key("key of 256 characters", &[b'k'; 256]),
        key("key with a space", b"a b"),
        key("key that is no text", b"\xff\xfe"),
        key("key with half a quote", b"\"abc"),
    ]
}

fn requests() -> Vec<Case> {
    vec![
        get("wrong method", "/v2/orders", 405, "METHOD_NOT_ALLOWED", "GET"),
        get("unknown path", "/v2/nothing", 404, "UNKNOWN_ROUTE", "/v2/nothing"),
        get("id that is no UUID", "/v2/orders/17", 400, "INVALID_INPUT", "UUID"),
        get(
            "unknown order",
            "/v2/orders/00000000-0000-0000-0000-000000000000",
            404,
            "NOT_FOUND",
            "order",
        ),
        get(
            "page 0",
            "/v2/customers/ann/orders?page=0",
            400,
            "INVALID_INPUT",
            "page",
        ),
        get(
            "page of 101",
            "/v2/customers/ann/orders?page_size=101",
            400,
            "INVALID_INPUT",
            "page_size",
        ),
        get(
            "page that is no number",
            "/v2/customers/ann/orders?page=one",
            400,
            "INVALID_INPUT",
            "page",
        ),
        Case {
            content_type: "text/plain",
            status: 415,
            code: "UNSUPPORTED_MEDIA_TYPE",
            ..order("not JSON", "ann", "ann", "application/json")
        },
    ]
}
