//! Promises of the frame that every page has.

use maud::{Markup, html};
use page::{Tone, document, styled};

#[test]
fn a_page_stands_alone_and_loads_nothing() {
    let page = document("Pacts", html! { p { "nothing" } });
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{page}");
    assert!(page.ends_with("</html>\n"), "{page}");
}

#[test]
fn no_text_becomes_markup_be_it_between_tags_or_in_attributes() {
    let odd = "<b>\"it\"</b> & more";
    let page = document(odd, html! { p title=(odd) { (odd) } });
    let escaped = "&lt;b&gt;&quot;it&quot;&lt;/b&gt; &amp; more";
    for wanted in [
        format!("<title>{escaped}</title>"),
        format!("<h1>{escaped}</h1>"),
        format!("<p title=\"{escaped}\">{escaped}</p>"),
    ] {
        assert!(page.contains(&wanted), "{wanted} in {page}");
    }
    assert!(!page.contains("<b>"), "{page}");
}

#[test]
fn every_tone_has_a_colour_in_the_style_of_the_page() {
    let page = document("Tones", Markup::default());
    for tone in [Tone::Good, Tone::Open, Tone::Bad, Tone::Muted] {
        assert!(page.contains(&format!(".{tone} {{ color: var(--{tone})")), "{tone}");
    }
}

#[test]
fn rules_of_a_page_come_after_those_of_all_pages() {
    let page = styled("Run", ".mine { color: red; }", html! { p.mine { "it" } });
    let (common, rest) = page.split_once(".mine { color: red; }").expect("the rules are there");
    assert!(
        common.contains(":root {") && rest.contains("<p class=\"mine\">it</p>"),
        "{page}"
    );
    assert_eq!(
        document("Run", html! { p { "it" } }),
        styled("Run", "", html! { p { "it" } })
    );
}
