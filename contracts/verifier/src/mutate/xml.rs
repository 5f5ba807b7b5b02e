//! Mutations of an XML body, made in its text so that nothing else changes.

use std::{collections::BTreeMap, ops::Range};

use pact_models::{matchingrules::MatchingRuleCategory, path_exp::DocPath};

use super::{Operator, body::Edit, format};

/// Document whose parts are known by their place in its text.
pub(super) struct Xml {
    text: String,
    elements: Vec<Element>,
    attributes: Vec<Attribute>,
    texts: Vec<(DocPath, Range<usize>)>,
}

struct Element {
    path: DocPath,
    /// Index of the element around it; `None` for the root.
    parent: Option<usize>,
    /// The element from its first bracket to its last.
    whole: Range<usize>,
    /// Its name, in one tag or in two.
    names: Vec<Range<usize>>,
}

struct Attribute {
    path: DocPath,
    name: Range<usize>,
    value: Range<usize>,
}

impl Xml {
    /// Finds the parts of a sound document. `None` for one with namespaces, entities, CDATA or a DTD: rules name
    /// parts of these in ways of their own.
    pub(super) fn read(text: String) -> Option<Self> {
        let mut reader = Reader {
            text: &text,
            at: 0,
            open: Vec::new(),
            elements: Vec::new(),
            attributes: Vec::new(),
            texts: Vec::new(),
        };
        reader.document()?;
        let Reader {
            elements,
            attributes,
            texts,
            ..
        } = reader;
        Some(Self {
            text,
            elements,
            attributes,
            texts,
        })
    }

    /// Builds every change of the document.
    pub(super) fn edits(&self, rules: &MatchingRuleCategory) -> Vec<Edit> {
        let mut edits = vec![Edit::left_out()];
        let mut named = BTreeMap::<(Option<usize>, String), usize>::new();
        for element in &self.elements {
            *named.entry((element.parent, element.path.to_string())).or_default() += 1;
        }
        for element in &self.elements {
            // Of several elements with one name, a rule may allow fewer.
            if named[&(element.parent, element.path.to_string())] == 1 {
                if element.parent.is_some() {
                    edits.push(self.edit(Operator::Dropped, &element.path, &[(element.whole.clone(), "")]));
                }
                let ends = element.names.iter().map(|name| (name.end..name.end, "_"));
                edits.push(self.edit(Operator::Renamed, &element.path, &ends.collect::<Vec<_>>()));
            }
        }
        for Attribute { path, name, value } in &self.attributes {
            // The value's last quote goes too.
            edits.push(self.edit(Operator::Dropped, path, &[(name.start..value.end + 1, "")]));
            edits.push(self.edit(Operator::Renamed, path, &[(name.end..name.end, "_")]));
            self.revalue(path, value, rules, &mut edits);
        }
        for (path, value) in &self.texts {
            self.revalue(path, value, rules, &mut edits);
        }
        edits
    }

    /// Puts other texts in place of this one.
    fn revalue(&self, path: &DocPath, value: &Range<usize>, rules: &MatchingRuleCategory, edits: &mut Vec<Edit>) {
        for (operator, other) in format::others(path, &self.text[value.clone()], rules) {
            let escaped = other.replace('&', "&amp;").replace('<', "&lt;");
            let escaped = escaped.replace('"', "&quot;").replace('\'', "&apos;");
            edits.push(self.edit(operator, path, &[(value.clone(), &escaped)]));
        }
    }

    /// Replaces these places, which are in the order of the text.
    fn edit(&self, operator: Operator, path: &DocPath, places: &[(Range<usize>, &str)]) -> Edit {
        let mut text = self.text.clone();
        for (place, other) in places.iter().rev() {
            text.replace_range(place.clone(), other);
        }
        format::edit(operator, path, text)
    }
}

/// Reader of a document. Every step gives `None` at what is not read here.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Indices of the elements that are not closed yet.
    open: Vec<usize>,
    elements: Vec<Element>,
    attributes: Vec<Attribute>,
    texts: Vec<(DocPath, Range<usize>)>,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Option<()> {
        while let Some(length) = self.rest().find('<') {
            self.text_up_to(self.at + length)?;
            let rest = self.rest();
            if rest.starts_with("<?") {
                self.at += rest.find("?>")? + 2;
            } else if rest.starts_with("<!--") {
                self.at += rest.find("-->")? + 3;
            } else if rest.starts_with("</") {
                self.close()?;
            } else if rest.starts_with("<!") {
                return None;
            } else {
                self.element()?;
            }
        }
        (self.open.is_empty() && !self.elements.is_empty()).then_some(())
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn text_up_to(&mut self, end: usize) -> Option<()> {
        let run = &self.text[self.at..end];
        if run.contains('&') {
            return None;
        }
        if let (Some(element), false) = (self.open.last(), run.trim().is_empty()) {
            let begin = self.at + run.len() - run.trim_start().len();
            let path = self.elements[*element].path.join("#text");
            self.texts.push((path, begin..begin + run.trim().len()));
        }
        self.at = end;
        Some(())
    }

    fn element(&mut self) -> Option<()> {
        let begin = self.at;
        self.at += 1;
        let name = self.name()?;
        let parent = self.open.last().copied();
        let around = parent.map_or_else(DocPath::root, |parent| self.elements[parent].path.clone());
        let path = around.join(&self.text[name.clone()]);
        while !self.rest().trim_start().starts_with(['>', '/']) {
            self.attribute(&path)?;
        }
        let is_empty = self.rest().trim_start().starts_with('/');
        self.at += self.rest().find('>')? + 1;
        self.elements.push(Element {
            path,
            parent,
            whole: begin..self.at,
            names: vec![name],
        });
        if !is_empty {
            self.open.push(self.elements.len() - 1);
        }
        Some(())
    }

    fn attribute(&mut self, element: &DocPath) -> Option<()> {
        self.skip_blanks();
        let name = self.name()?;
        self.skip_blanks();
        self.at += self.rest().strip_prefix('=').map(|_| 1)?;
        self.skip_blanks();
        let quote = self.rest().chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        self.at += 1;
        let value = self.at..self.at + self.rest().find(quote)?;
        self.at = value.end + 1;
        let text = &self.text[name.clone()];
        if text == "xmlns" || self.text[value.clone()].contains('&') {
            return None;
        }
        let path = element.join(format!("@{text}"));
        self.attributes.push(Attribute { path, name, value });
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.at += 2;
        let name = self.name()?;
        self.at += self.rest().find('>')? + 1;
        let element = &mut self.elements[self.open.pop()?];
        element.whole.end = self.at;
        element.names.push(name);
        Some(())
    }

    /// Name without a namespace.
    fn name(&mut self) -> Option<Range<usize>> {
        let is_end = |letter: char| letter.is_whitespace() || matches!(letter, '=' | '/' | '>' | '<' | ':');
        let length = self.rest().find(is_end)?;
        let name = self.at..self.at + length;
        self.at = name.end;
        (length > 0 && !self.rest().starts_with(':')).then_some(name)
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }
}
