//! Fills variables into the texts of a node.

use std::{cell::RefCell, collections::BTreeMap, fs, path::Path, rc::Rc};

use toml::Spanned;

use super::{
    Endpoint, Flaw, Image, Program, Template, error::shortened, file::NodeTable, names::Names, resolve::Located,
    template::Part,
};
use crate::template as grammar;

/// Bytes that a text may have with its variables filled in: Linux gives no program a longer argument.
const LONGEST: usize = 128 * 1024 - 1;
/// Variables that may lie within each other.
const DEEPEST: usize = 100;

/// Meanings of the names in one node's texts.
pub(super) struct Scope<'f> {
    pub(super) names: &'f Names<'f>,
    pub(super) node: &'f str,
    links: &'f [Endpoint],
    /// Name and number of the node's instance.
    instance: (String, u16),
    /// Variables that are filled in already: each is once, however often it is named.
    known: RefCell<BTreeMap<String, Rc<Filled>>>,
}

/// A text with its variables filled in.
#[derive(Default)]
struct Filled {
    /// The pieces, as long as they are few enough.
    parts: Vec<Part>,
    /// Bytes of all pieces, a placeholder counted as it is written.
    length: usize,
}

impl Filled {
    fn append(&mut self, parts: &[Part], length: usize) {
        self.length = self.length.saturating_add(length);
        if self.length > LONGEST {
            return;
        }
        for part in parts {
            match (self.parts.last_mut(), part) {
                (Some(Part::Text(text)), Part::Text(more)) => text.push_str(more),
                _ => self.parts.push(part.clone()),
            }
        }
    }

    /// Marks all text as secret.
    fn hide(&mut self) {
        for part in &mut self.parts {
            if let Part::Text(text) = part {
                *part = Part::Secret(std::mem::take(text));
            }
        }
    }

    /// The text, if it is not too long; `what` names it in the error.
    fn within_limit(self, what: impl FnOnce() -> String) -> Result<Self, Flaw> {
        if self.length <= LONGEST {
            return Ok(self);
        }
        Err(Flaw::TooLong {
            what: what(),
            length: self.length,
            most: LONGEST,
        })
    }
}

impl<'f> Scope<'f> {
    /// The scope of a node that has these links.
    pub(super) fn new(names: &'f Names<'f>, node: &'f str, links: &'f [Endpoint]) -> Self {
        Self {
            names,
            node,
            links,
            instance: (node.to_owned(), 1),
            known: RefCell::default(),
        }
    }

    /// The same for one of several instances.
    pub(super) fn of_instance(mut self, name: &str, number: u16) -> Self {
        self.instance = (name.to_owned(), number);
        self
    }

    /// The program of the node.
    pub(super) fn program(&self, table: &Spanned<NodeTable>) -> Result<Program, Located> {
        let at = table.span().start;
        let node = || self.node.to_owned();
        match (
            &table.get_ref().cargo,
            &table.get_ref().command,
            &table.get_ref().address,
        ) {
            (None, None, Some(address)) => self.outside(address),
            (Some(cargo), None, None) => Ok(Program::Cargo {
                package: cargo.package.clone(),
                bin: cargo.bin.clone().unwrap_or_else(|| cargo.package.clone()),
                fail_points: cargo.fail_points.clone(),
            }),
            (None, Some(words), None) => {
                let (program, args) = words.split_first().ok_or_else(|| (at, Flaw::EmptyCommand(node())))?;
                Ok(Program::Command {
                    program: self.template(program)?,
                    args: self.templates(args)?,
                })
            }
            (None, None, None) if table.get_ref().image.is_some() => Ok(Program::Image),
            (cargo, command, address) => Err((
                at,
                Flaw::NotOneProgram {
                    node: node(),
                    both: cargo.is_some() || command.is_some() || address.is_some(),
                },
            )),
        }
    }

    /// The image of the node, with its files.
    pub(super) fn image(&self, table: &NodeTable, home: &Path) -> Result<Option<Image>, Located> {
        let node = || self.node.to_owned();
        let Some(image) = &table.image else {
            return match table.files.values().next() {
                None => Ok(None),
                Some(file) => Err((file.span().start, Flaw::FilesWithoutImage(node()))),
            };
        };
        let at = |flaw| (image.span().start, flaw);
        let name = self.template(image)?.text().unwrap_or_default();
        if name.is_empty() || name.contains(char::is_whitespace) {
            let seen = image.get_ref().clone();
            return Err(at(Flaw::BadImage { node: node(), seen }));
        }
        let file = |(path, file): (&String, &Spanned<String>)| {
            let own = home.join(file.get_ref());
            let flaw = |reason: &str| {
                let (node, path, reason) = (node(), path.clone(), reason.to_owned());
                (file.span().start, Flaw::ImageFile { node, path, reason })
            };
            if !path.starts_with('/') || path.ends_with('/') || path.split('/').any(|step| step == "..") {
                return Err(flaw("its place in the container must be an absolute path of a file"));
            }
            match fs::metadata(&own) {
                Ok(found) if found.is_file() => Ok((path.clone(), own)),
                Ok(_) => Err(flaw(&format!("{} is no file", own.display()))),
                Err(error) => Err(flaw(&format!("{}: {error}", own.display()))),
            }
        };
        let files = table.files.iter().map(file).collect::<Result<_, _>>()?;
        Ok(Some(Image { name, files }))
    }

    /// What runs elsewhere, at an address that is known now.
    fn outside(&self, address: &Spanned<String>) -> Result<Program, Located> {
        let text = self.template(address)?.text();
        let parsed = text.as_deref().and_then(host_and_port);
        let (host, port) = parsed.ok_or_else(|| {
            let flaw = Flaw::BadAddress {
                node: self.node.to_owned(),
                // As written: a variable in it may be secret.
                seen: address.get_ref().clone(),
            };
            (address.span().start, flaw)
        })?;
        Ok(Program::Outside { host, port })
    }

    /// Texts of the node, in order.
    pub(super) fn templates(&self, texts: &[Spanned<String>]) -> Result<Vec<Template>, Located> {
        texts.iter().map(|text| self.template(text)).collect()
    }

    /// A text of the node, with every variable filled in.
    pub(super) fn template(&self, text: &Spanned<String>) -> Result<Template, Located> {
        let at = |flaw| (text.span().start, flaw);
        let filled = self.fill(text.get_ref(), &mut Vec::new()).map_err(at)?;
        let what = || format!("'{}'", shortened(text.get_ref()));
        let filled = filled.within_limit(what).map_err(at)?;
        Ok(Template::new(filled.parts))
    }

    fn fill(&self, text: &str, within: &mut Vec<String>) -> Result<Filled, Flaw> {
        let mut filled = Filled::default();
        for part in grammar::parse(text).map_err(|grammar::Unclosed(text)| Flaw::Unclosed(text))? {
            match part {
                grammar::Part::Text(piece) => filled.append(&[Part::Text(piece.to_owned())], piece.len()),
                grammar::Part::Name(name) => match self.built_in(name)? {
                    Some(part) => filled.append(&[part], name.len() + "${}".len()),
                    None => {
                        let variable = self.variable(name, within)?;
                        filled.append(&variable.parts, variable.length);
                    }
                },
            }
        }
        Ok(filled)
    }

    /// The placeholder of this name, unless it is the name of a variable.
    fn built_in(&self, name: &str) -> Result<Option<Part>, Flaw> {
        if let Some(name) = name.strip_prefix("env.") {
            return environment(name).map(|value| Some(Part::Text(value)));
        }
        let mut words = name.splitn(3, '.');
        Ok(Some(match (words.next(), words.next(), words.next()) {
            (Some("data"), None, _) => Part::Data,
            (Some("host"), None, _) => Part::Host,
            (Some("node"), None, _) => Part::Text(self.instance.0.clone()),
            (Some("instance"), None, _) => Part::Text(self.instance.1.to_string()),
            (Some("port"), port, None) => Part::Port(self.names.endpoint(self.node, port, "${port")?.port),
            (Some("link"), Some(callee), port) => Part::Link(self.link(callee, port)?),
            _ => return Ok(None),
        }))
    }

    fn link(&self, callee: &str, port: Option<&str>) -> Result<Endpoint, Flaw> {
        let endpoint = self.names.endpoint(callee, port, &format!("${{link.{callee}"))?;
        if self.links.contains(&endpoint) {
            return Ok(endpoint);
        }
        Err(Flaw::NotLinked {
            node: self.node.to_owned(),
            callee: callee.to_owned(),
        })
    }

    fn variable(&self, name: &str, within: &mut Vec<String>) -> Result<Rc<Filled>, Flaw> {
        if let Some(known) = self.known.borrow().get(name) {
            return Ok(Rc::clone(known));
        }
        let Some(value) = self.names.variables.get(name) else {
            let known = self.names.variables.keys().cloned().collect();
            return Err(Flaw::UnknownVariable {
                name: name.to_owned(),
                known,
            });
        };
        if within.iter().any(|outer| outer == name) {
            return Err(Flaw::CircularVariable(name.to_owned()));
        }
        if within.len() == DEEPEST {
            return Err(Flaw::TooDeep {
                name: name.to_owned(),
                most: DEEPEST,
            });
        }
        within.push(name.to_owned());
        let filled = self.fill(value.get_ref(), within);
        within.pop();
        let filled = if self.names.secret.contains(name) {
            // A flaw would show a piece of the value.
            let mut filled = filled.map_err(|_| Flaw::SecretIsPlace(name.to_owned()))?;
            filled.hide();
            filled
        } else {
            filled?
        };
        let filled = Rc::new(filled.within_limit(|| format!("variable '{name}'"))?);
        self.known.borrow_mut().insert(name.to_owned(), Rc::clone(&filled));
        Ok(filled)
    }
}

/// Value of `NAME` or `NAME:-default` in the environment of `seam`. As in a shell, an empty value has its default.
fn environment(name: &str) -> Result<String, Flaw> {
    let (name, default) = match name.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (name, None),
    };
    let value = std::env::var(name).ok();
    let value = value.filter(|value| !value.is_empty() || default.is_none());
    value
        .or_else(|| default.map(str::to_owned))
        .ok_or_else(|| Flaw::NoEnv(name.to_owned()))
}

/// Host and port of `host:port` or of an URL without a path.
fn host_and_port(address: &str) -> Option<(String, u16)> {
    let (rest, usual) = if let Some(rest) = address.strip_prefix("http://") {
        (rest.strip_suffix('/').unwrap_or(rest), Some(80))
    } else if let Some(rest) = address.strip_prefix("https://") {
        (rest.strip_suffix('/').unwrap_or(rest), Some(443))
    } else {
        (address, None)
    };
    let authority: http::uri::Authority = rest.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let port = match authority.port_u16() {
        Some(0) => return None,
        Some(port) => port,
        None if authority.as_str().ends_with(authority.host()) => usual?,
        None => return None,
    };
    Some((authority.host().trim_matches(['[', ']']).to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::host_and_port;

    #[test]
    fn an_address_is_a_host_with_a_port_or_an_url_without_a_path() {
        let known = |address| host_and_port(address).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(known("db.example:5432").as_deref(), Some("db.example 5432"));
        assert_eq!(known("http://pay.example/").as_deref(), Some("pay.example 80"));
        assert_eq!(known("https://pay.example").as_deref(), Some("pay.example 443"));
        assert_eq!(known("http://[::1]:8080").as_deref(), Some("::1 8080"));
        for wrong in [
            "",
            "db.example",
            "db.example:0",
            "db.example:99999",
            "db:x",
            "http://a/b",
            "ftp://a:1",
            "http://u:p@a",
        ] {
            assert_eq!(known(wrong), None, "{wrong}");
        }
    }
}
