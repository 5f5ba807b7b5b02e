//! Matrix of live versions, as text, JSON and a page.

use ledger::{
    gate::Gate,
    matrix::Matrix,
    records::VerificationResult::{Failed, Passed},
};

use crate::{
    gate::{History, settings},
    golden::golden,
    samples::{at, holds, verified},
};

fn matrix(history: &History) -> Matrix {
    let (records, settings) = (history.records(), settings());
    Matrix::of(&Gate::new(&records, &settings))
}

/// Platform with a circle of two services, a consumer of both, a provider that is not live, and names that look
/// like markup.
fn platform() -> History {
    let odd = "<script>alert(\"x\")</script> & 'co'";
    let mut partial = verified("orders", "2", odd, 6, Passed);
    partial.interactions = 1;
    History::default()
        .holds(holds("storefront", "1", &[("orders", 1), ("inventory", 2)]))
        .holds(holds("orders", "1", &[("payments", 3)]))
        .holds(holds("orders", "2", &[("payments", 3)]))
        .holds(holds("payments", "1", &[("orders", 4)]))
        .holds(holds(odd, "</td>", &[("orders", 6)]))
        .verified(verified("orders", "1", "storefront", 1, Passed))
        .verified(verified("orders", "2", "storefront", 1, Failed))
        .verified(verified("payments", "1", "orders", 3, Passed))
        .verified(partial)
        .live("storefront 1")
        .live("orders 1")
        .live("orders 2")
        .live("payments 1")
        .live_version(odd, "</td>")
}

#[test]
fn the_matrix_is_shown_like_this_in_a_terminal_as_json_and_as_a_page() {
    let matrix = matrix(&platform());
    golden("matrix/platform.txt", &matrix.text(140));
    golden("matrix/platform.json", &format!("{:#}\n", serde_json::json!(matrix)));
    golden("matrix/platform.html", &matrix.html());
    golden("matrix/empty.txt", &self::matrix(&History::default()).text(140));
}

#[test]
fn the_page_loads_nothing_and_no_name_becomes_markup() {
    let page = matrix(&platform()).html();
    for outside in [
        "http://",
        "https://",
        "src=",
        "href=",
        "url(h",
        "@import",
        "<script",
        "</td></td>",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; 'co'"));
    assert!(page.contains("<code>&lt;/td&gt;</code>"));
    for element in [
        "table", "svg", "tr", "td", "th", "div", "style", "title", "text", "defs", "marker", "rect", "path",
    ] {
        let (opened, closed) = (format!("<{element}"), format!("</{element}>"));
        assert_eq!(
            page.matches(&opened).count(),
            page.matches(&closed).count(),
            "{element}"
        );
    }
}

#[test]
fn who_calls_whom_is_what_the_newest_publication_and_what_is_live_say() {
    let mut newest = holds("storefront", "3", &[("inventory", 3)]);
    newest.at = at(5);
    let history = History::default()
        .holds(newest)
        .holds(holds("storefront", "1", &[("orders", 1)]))
        .holds(holds("storefront", "2", &[("payments", 2)]));
    let called = |history: &History| -> Vec<String> {
        let edges = matrix(history).edges;
        edges.into_iter().map(|edge| edge.provider).collect()
    };
    assert_eq!(called(&history), ["inventory"], "nothing is live");
    assert_eq!(called(&history.live("storefront 1")), ["inventory", "orders"]);
}

#[test]
fn no_arrow_crosses_a_box_on_its_way() {
    let page = matrix(&platform()).html();
    // Orders stand two rows below the storefront, and inventory between them.
    let arrow = page
        .lines()
        .find(|line| line.contains("storefront calls orders"))
        .unwrap();
    assert!(arrow.contains(" L400 "), "it goes down beside the boxes: {arrow}");
}

#[test]
fn callers_stand_above_whom_they_call_and_a_circle_is_drawn_too() {
    let page = matrix(&platform()).html();
    let height = |service: &str| -> u32 {
        let line = page
            .lines()
            .find(|line| line.contains("<rect") && line.contains(&format!(">{service}<")))
            .unwrap();
        let (_, rest) = line.split_once(" y=\"").unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    assert!(height("storefront") < height("orders") && height("storefront") < height("inventory"));
    assert!(
        height("orders") != height("payments"),
        "each needs the other, and one stands above"
    );
    assert_eq!(page.matches("class=\"edge\"").count(), 5);
}
