//! Frame and style of every HTML page that the command line writes.
//!
//! A page is one file that loads nothing: its style is inside it, it has no script, and it follows the browser's
//! light or dark scheme. The contents are written with [`maud`], which escapes every text, so no name becomes
//! markup.
//!
//! ```
//! use maud::html;
//! use page::Tone;
//!
//! let page = page::document("Pacts", html! {
//! p class=(Tone::Bad) { "orders <2> failed" }
//! });
//! assert!(page.contains("<title>Pacts</title>"));
//! assert!(page.contains(r#"<p class="bad">orders &lt;2&gt; failed</p>"#));
//! ```

use std::fmt;

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// Renders a whole page. `title` is also its heading of the first level.
pub fn document(title: &str, body: Markup) -> String {
    styled(title, "", body)
}

/// Renders a whole page as [`document`] does, with rules of its own after the common style. `style` is CSS that the
/// program holds itself: it is not escaped.
pub fn styled(title: &str, style: &'static str, body: Markup) -> String {
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" {
            "\n"
            head {
                "\n"
                meta charset="utf-8"; "\n"
                meta name="viewport" content="width=device-width"; "\n"
                title { (title) } "\n"
                style { "\n" (PreEscaped(STYLE)) (PreEscaped(style)) } "\n"
            }
            "\n"
            body {
                "\n"
                h1 { (title) } "\n"
                (body)
            }
            "\n"
        }
        "\n"
    };
    page.into_string()
}

/// Class of an element: colours its text by what the text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Proven by nothing, or only in part.
    Open,
    /// Failed, broken or missing.
    Bad,
    /// Of less interest than the text around it.
    Muted,
}

impl fmt::Display for Tone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Good => "good",
            Self::Open => "open",
            Self::Bad => "bad",
            Self::Muted => "muted",
        })
    }
}
