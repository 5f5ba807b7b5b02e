use std::cmp::Ordering;

/// Path template of an OpenAPI document. Those with fewer parameters come first, compared from the left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Vec<Segment>);

/// Part of a path between slashes: the texts around its parameters, so one text if it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment(Vec<String>);

impl Template {
    /// Reads a template; `None` if it does not begin with a slash, or a brace is not closed.
    pub(super) fn read(text: &str) -> Option<Self> {
        let segments = text.strip_prefix('/')?.split('/').map(Segment::read);
        segments.collect::<Option<_>>().map(Self)
    }

    pub(super) fn fits(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix('/') else {
            return false;
        };
        let parts: Vec<&str> = path.split('/').collect();
        parts.len() == self.0.len() && std::iter::zip(&self.0, parts).all(|(segment, part)| segment.fits(part))
    }
}

impl PartialOrd for Template {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Template {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Segment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Segment {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = |segment: &Self| segment.0.iter().map(String::len).sum::<usize>();
        // Without a parameter first, then the one with more text around them.
        let is_parameter = |segment: &Self| segment.0.len() > 1;
        is_parameter(self)
            .cmp(&is_parameter(other))
            .then(length(other).cmp(&length(self)))
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl Segment {
    fn read(text: &str) -> Option<Self> {
        let mut texts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            if name.is_empty() {
                return None;
            }
            texts.push(before.to_owned());
            rest = after;
        }
        texts.push(rest.to_owned());
        Some(Self(texts))
    }

    fn fits(&self, part: &str) -> bool {
        let Some((last, firsts)) = self.0.split_last() else {
            return false;
        };
        let Some((first, between)) = firsts.split_first() else {
            return part == last;
        };
        let Some(mut rest) = part.strip_prefix(first.as_str()) else {
            return false;
        };
        for text in between {
            // At least one character belongs to the parameter before it.
            let Some(skipped) = rest.chars().next().map(char::len_utf8) else {
                return false;
            };
            let Some(place) = rest[skipped..].find(text.as_str()) else {
                return false;
            };
            rest = &rest[skipped + place + text.len()..];
        }
        rest.len() > last.len() && rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn templates_fit_their_paths_and_the_specific_come_first() {
        let mut templates: Vec<Template> = [
            "/{a}/{b}",
            "/orders/{id}",
            "/{a}/mine",
            "/orders/mine",
            "/orders/{id}.json",
            "/orders/{a}-{b}",
        ]
        .map(|text| Template::read(text).unwrap())
        .into();
        templates.sort();
        let of = |path: &str| {
            let found = templates.iter().find(|template| template.fits(path))?;
            let joined = |segment: &super::Segment| segment.0.join("{}");
            Some(found.0.iter().map(joined).collect::<Vec<_>>().join("/"))
        };
        for (path, wanted) in [
            ("/orders/mine", Some("orders/mine")),
            ("/orders/7", Some("orders/{}")),
            ("/orders/%2e%2e", Some("orders/{}")),
            ("/orders/7.json", Some("orders/{}.json")),
            ("/orders/.json", Some("orders/{}")),
            ("/orders/7-8", Some("orders/{}-{}")),
            ("/orders/-", Some("orders/{}")),
            ("/others/mine", Some("{}/mine")),
            ("/others/7", Some("{}/{}")),
            ("/orders/", None),
            ("/orders/7/", None),
            ("/", None),
            ("orders/7", None),
        ] {
            assert_eq!(of(path).as_deref(), wanted, "{path}");
        }
        assert!(
            ["orders", "/{", "/{}", "/a{b"]
                .iter()
                .all(|text| Template::read(text).is_none())
        );
    }
}
