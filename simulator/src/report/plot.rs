//! The geometry of plots: scales, ticks, and texts in them.

use std::fmt::Write;

use maud::{Markup, html};

/// The widths that each picture is drawn in; the style shows the one that fits the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Wide,
    Narrow,
}

impl Size {
    pub(super) const BOTH: [Self; 2] = [Self::Wide, Self::Narrow];

    /// The class of a picture of this size.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Wide => "plot wide",
            Self::Narrow => "plot narrow",
        }
    }

    /// The width of a picture in pixels.
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Wide => 1_088.0,
            Self::Narrow => 368.0,
        }
    }
}

/// A way from values to pixels, linear or logarithmic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    values: (f64, f64),
    pixels: (f64, f64),
    is_logarithmic: bool,
}

impl Scale {
    /// A linear scale; an empty range of values gets a length of 1.
    pub(super) fn linear((low, high): (f64, f64), pixels: (f64, f64)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self {
            values: (low, high),
            pixels,
            is_logarithmic: false,
        }
    }

    /// A logarithmic scale of values above 0, over a factor of 10 at least.
    pub(super) fn logarithmic((low, high): (f64, f64), pixels: (f64, f64)) -> Self {
        let low = if low > 0.0 { low } else { 1e-3 };
        Self {
            values: (low, high.max(low * 10.0)),
            pixels,
            is_logarithmic: true,
        }
    }

    /// The pixel of a value; one outside the range is at its end.
    pub(super) fn at(self, value: f64) -> f64 {
        let (low, high) = self.values;
        let value = value.clamp(low, high);
        let part = if self.is_logarithmic {
            (value / low).ln() / (high / low).ln()
        } else {
            (value - low) / (high - low)
        };
        self.pixels.0 + part * (self.pixels.1 - self.pixels.0)
    }

    /// Round values within the range, at most `most` where it is linear, for the marks of an axis.
    pub(super) fn ticks(self, most: usize) -> Vec<f64> {
        let (low, high) = self.values;
        if self.is_logarithmic {
            let all = |steps: &[f64]| -> Vec<f64> {
                let decades = (-9..10).map(|power| 10f64.powi(power));
                let ticks = decades.flat_map(|decade| steps.iter().map(move |step| decade * step));
                ticks.filter(|tick| (low..=high).contains(tick)).collect()
            };
            let fine = all(&[1.0, 2.0, 5.0]);
            return if fine.len() <= 6 { fine } else { all(&[1.0]) };
        }
        let rough = (high - low) / most.max(1) as f64;
        let decade = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade);
        let step = step.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(rough);
        let first = (low / step).ceil() * step;
        let ticks = (0..=most).map(|n| first + n as f64 * step);
        ticks.filter(|tick| *tick <= high * 1.000_1).collect()
    }
}

/// A pixel as it stands in an attribute.
pub(super) fn px(pixel: f64) -> String {
    let text = format!("{pixel:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A value of an axis, with as many digits as it needs.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

/// The sides of an element that a text can begin at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text at a place.
pub(super) fn text(class: &str, anchor: Anchor, (x, y): (f64, f64), content: &str) -> Markup {
    let anchor = match anchor {
        Anchor::Start => "s",
        Anchor::Middle => "m",
        Anchor::End => "e",
    };
    html! { text class={ (anchor) " " (class) } x=(px(x)) y=(px(y)) { (content) } }
}

/// A straight line.
pub(super) fn line(class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> Markup {
    html! { line class=(class) x1=(px(x1)) y1=(px(y1)) x2=(px(x2)) y2=(px(y2)) {} }
}

/// A rectangle between two corners, with a text that shows when the pointer rests on it; none if that is empty.
pub(super) fn area(class: &str, (left, top): (f64, f64), (right, bottom): (f64, f64), title: &str) -> Markup {
    let (width, height) = ((right - left).max(0.0), (bottom - top).max(0.0));
    html! {
        rect class=(class) x=(px(left)) y=(px(top)) width=(px(width)) height=(px(height)) {
            @if !title.is_empty() { title { (title) } }
        }
    }
}

/// The path through points; `None` is a gap.
pub(super) fn path(points: impl IntoIterator<Item = Option<(f64, f64)>>) -> String {
    let mut path = String::new();
    let mut is_down = false;
    for point in points {
        let Some((x, y)) = point else {
            is_down = false;
            continue;
        };
        // Writing to a String cannot fail.
        let _ = if is_down {
            write!(path, "L{} {}", px(x), px(y))
        } else {
            // With a length of its own, so that a point between two gaps is a dot.
            write!(path, "M{} {}h0", px(x), px(y))
        };
        is_down = true;
    }
    path
}

/// A text that fits into this many pixels at the size of a label, with an ellipsis if it must be cut.
pub(super) fn fitting(text: &str, pixels: f64) -> String {
    /// The width of a usual letter.
    const LETTER: f64 = 6.5;
    let mut fitting = String::new();
    let mut left = pixels;
    for c in text.chars() {
        if left < 2.0 * LETTER && fitting.chars().count() + 1 < text.chars().count() {
            fitting.push('…');
            break;
        }
        fitting.push(c);
        left -= LETTER;
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        let scale = Scale::linear((0.0, 1_452.0), (0.0, 100.0));
        assert_eq!(scale.ticks(5), [0.0, 500.0, 1_000.0]);
        assert_eq!(Scale::linear((0.0, 0.0), (0.0, 1.0)).ticks(4), [0.0, 0.5, 1.0]);
        assert_eq!(
            Scale::logarithmic((0.8, 150.0), (0.0, 1.0)).ticks(4),
            [1.0, 10.0, 100.0]
        );
        assert_eq!(Scale::logarithmic((3.0, 4.0), (0.0, 1.0)).ticks(4), [5.0, 10.0, 20.0]);
        assert_eq!(
            (number(0.25), number(20.0), number(0.0)),
            ("0.25".into(), "20".into(), "0".into())
        );
    }

    #[test]
    fn a_value_outside_is_at_the_end_of_the_scale_and_a_gap_in_a_line_stays_one() {
        let scale = Scale::logarithmic((1.0, 100.0), (100.0, 0.0));
        assert_eq!(
            [0.0, 1.0, 10.0, 1_000.0].map(|value| px(scale.at(value))),
            ["100", "100", "50", "0"]
        );
        assert_eq!(
            path([Some((0.0, 1.0)), Some((2.0, 3.0)), None, Some((4.0, 5.0))]),
            "M0 1h0L2 3M4 5h0"
        );
    }

    #[test]
    fn a_long_text_is_cut_and_a_short_one_is_not() {
        assert_eq!(fitting("orders", 60.0), "orders");
        assert_eq!(fitting("correspondence", 60.0), "correspo…");
    }
}
