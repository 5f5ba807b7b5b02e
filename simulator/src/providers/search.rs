use std::time::Duration;

use serde_json::{Map, Value};
use verifier::Message;

use super::{MessageRule, Page};
use crate::steps::{Client, Expectation, Origin, Purpose, Request, Unset, Variables, World};

/// The pause between two looks for a message.
const PAUSE: Duration = Duration::from_millis(20);

/// A search for a message that a provider really sent, in the list that a rule names.
pub(super) struct Search<'a> {
    pub(super) world: &'a dyn World,
    pub(super) client: &'a Client<'a>,
    pub(super) role: &'a str,
    pub(super) rule: &'a MessageRule,
}

impl Search<'_> {
    /// The last row of the whole list that meets the rule's conditions, as a message. Waits for it as long as the
    /// rule says.
    ///
    /// # Errors
    /// When no row does in time, or the row lacks a part of the message.
    pub(super) async fn run(&self, mut variables: Variables) -> Result<Message, String> {
        let conditions = self.conditions(&variables)?;
        let fits = |row: &&Value| {
            conditions
                .iter()
                .all(|(pointer, wanted)| row.pointer(pointer) == Some(wanted))
        };
        let deadline = self.world.now() + self.patience();
        if let Some(page) = &self.rule.page {
            variables.insert(page.name.clone(), page.first.clone());
        }
        let (mut found, mut seen) = (None, 0);
        loop {
            let path = self.rule.path.path(&variables).map_err(|unset| unset.to_string())?;
            let request = Request::get(path);
            let rows = self.rows(&request).await?;
            found = rows.iter().rev().find(fits).cloned().or(found);
            if let Some(page) = &self.rule.page {
                seen += rows.len();
                if self.turn(page, &rows, &mut variables)? {
                    continue;
                }
            } else {
                seen = rows.len();
            }
            if let Some(row) = found {
                return self.message(&row);
            }
            if self.world.now() + PAUSE >= deadline {
                let wanted: Vec<String> = conditions.iter().map(|(at, value)| format!("{at} = {value}")).collect();
                return Err(format!(
                    "{}: {request}: {seen} rows, and after {} ms none with {}",
                    self.role,
                    self.rule.patience_ms,
                    wanted.join(" and ")
                ));
            }
            self.world.pause(PAUSE).await;
        }
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(self.rule.patience_ms)
    }

    fn conditions(&self, variables: &Variables) -> Result<Vec<(&str, Value)>, String> {
        let conditions = self.rule.conditions.iter();
        let rendered = conditions.map(|(pointer, template)| Ok((pointer.as_str(), template.value(variables)?)));
        rendered
            .collect::<Result<_, _>>()
            .map_err(|unset: Unset| unset.to_string())
    }

    async fn rows(&self, request: &Request) -> Result<Vec<Value>, String> {
        let expectation = Expectation::status(&[200], self.patience());
        let origin = Origin {
            purpose: Purpose::Observe,
            name: &self.rule.rows,
            path: self.rule.path.source(),
            journey: None,
            intended: self.client.now(),
        };
        let mut response = self.client.ask(self.role, request, &expectation, &origin).await?;
        match response.body.pointer_mut(&self.rule.rows).map(Value::take) {
            Some(Value::Array(rows)) => Ok(rows),
            _ => Err(format!("{}: {request} has no list at {}", self.role, self.rule.rows)),
        }
    }

    /// Goes on to the next part of the list. Returns `false` at its end.
    fn turn(&self, page: &Page, rows: &[Value], variables: &mut Variables) -> Result<bool, String> {
        let Some(last) = rows.last() else { return Ok(false) };
        let next = self.at(last, &page.next)?.clone();
        Ok(variables.insert(page.name.clone(), next.clone()) != Some(next))
    }

    fn message(&self, row: &Value) -> Result<Message, String> {
        let contents = self.at(row, &self.rule.contents)?;
        let content_type = match &self.rule.content_type {
            None => "application/json",
            Some(pointer) => {
                let value = self.at(row, pointer)?;
                value
                    .as_str()
                    .ok_or_else(|| format!("{pointer} in a row is {value}; wanted a media type"))?
            }
        };
        let metadata = match &self.rule.metadata {
            None => Map::new(),
            Some(pointer) => {
                let value = self.at(row, pointer)?;
                let object = value.as_object().cloned();
                object.ok_or_else(|| format!("{pointer} in a row is {value}; wanted an object of metadata"))?
            }
        };
        let contents = match contents {
            Value::String(text) if !content_type.contains("json") => text.clone(),
            json => json.to_string(),
        };
        Ok(Message {
            contents: contents.into(),
            content_type: content_type.to_owned(),
            metadata,
        })
    }

    fn at<'r>(&self, row: &'r Value, pointer: &str) -> Result<&'r Value, String> {
        let value = row.pointer(pointer);
        value.ok_or_else(|| format!("{}: a row has nothing at {pointer}: {row}", self.role))
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, collections::BTreeMap};

    use futures::{FutureExt, future::LocalBoxFuture};
    use serde_json::json;

    use super::*;
    use crate::steps::{NoAnswer, Repeat, Response};

    /// A log of `events` messages, which shows at most two in an answer, after a position.
    struct Log {
        events: u64,
        asked: Cell<usize>,
        now: Cell<Duration>,
    }

    impl Log {
        fn of(events: u64) -> Self {
            Self {
                events,
                asked: Cell::new(0),
                now: Cell::default(),
            }
        }

        fn search(&self, rule: Value, wanted: u64) -> Result<Message, String> {
            let rule: MessageRule = serde_json::from_value(rule).unwrap();
            let repeat = Repeat::default();
            let search = Search {
                world: self,
                client: &Client::new(self, &repeat, Duration::from_secs(1)),
                role: "orders",
                rule: &rule,
            };
            let variables = BTreeMap::from([("wanted".to_owned(), wanted.into())]);
            search.run(variables).now_or_never().unwrap()
        }
    }

    impl World for Log {
        fn node_of(&self, role: &str) -> Result<String, String> {
            Ok(role.to_owned())
        }

        fn now(&self) -> Duration {
            self.now.get()
        }

        fn pause(&self, time: Duration) -> LocalBoxFuture<'_, ()> {
            self.now.set(self.now.get() + time);
            async {}.boxed_local()
        }

        fn send<'a>(
            &'a self,
            _role: &'a str,
            request: &'a Request,
            _within: Duration,
        ) -> LocalBoxFuture<'a, Result<Response, NoAnswer>> {
            self.asked.set(self.asked.get() + 1);
            let after: u64 = request.path.strip_prefix("/events?after=").unwrap().parse().unwrap();
            let events = (after + 1..=self.events).take(2).map(|position| {
                let kind = format!("text/plain; version={position}");
                json!({ "position": position, "type": kind, "about": { "number": position }, "says": "hello" })
            });
            let body = json!({ "events": events.collect::<Vec<_>>() });
            let response = Response {
                status: 200,
                body,
                replayed: false,
            };
            async { Ok(response) }.boxed_local()
        }
    }

    fn rule(more: Value) -> Value {
        let mut rule = json!({
            "description": "an event", "path": "/events?after=0", "rows": "/events",
            "where": { "/position": "${wanted}" }, "contents": "/says", "patience_ms": 100,
        });
        for (name, field) in more.as_object().unwrap() {
            rule[name] = field.clone();
        }
        rule
    }

    fn paged(more: Value) -> Value {
        let mut rule = rule(more);
        rule["path"] = json!("/events?after=${after}");
        rule["page"] = json!({ "name": "after", "first": 0, "next": "/position" });
        rule
    }

    #[test]
    fn a_message_beyond_the_first_answer_is_found_where_the_rule_says_how_the_list_goes_on() {
        assert!(Log::of(5).search(paged(json!({})), 5).is_ok());
        let said = Log::of(5).search(rule(json!({})), 5).unwrap_err();
        assert!(
            said.contains("2 rows, and after 100 ms none with /position = 5"),
            "{said}"
        );
        let said = Log::of(5).search(paged(json!({})), 6).unwrap_err();
        assert!(
            said.contains("5 rows, and after 100 ms none with /position = 6"),
            "{said}"
        );
    }

    #[test]
    fn a_list_that_ignores_where_it_should_go_on_ends_the_search() {
        let mut rule = paged(json!({}));
        rule["path"] = json!("/events?after=0");
        let log = Log::of(5);
        assert!(log.search(rule, 2).is_ok());
        assert_eq!(log.asked.get(), 2, "the same answer twice");
    }

    #[test]
    fn content_type_and_metadata_come_from_the_row_where_the_rule_says_so() {
        let plain = Log::of(1).search(rule(json!({})), 1).unwrap();
        assert_eq!(
            (plain.content_type.as_str(), &plain.contents[..]),
            ("application/json", &b"\"hello\""[..])
        );
        assert!(plain.metadata.is_empty());

        let told = rule(json!({ "content_type": "/type", "metadata": "/about" }));
        let told = Log::of(1).search(told, 1).unwrap();
        assert_eq!(told.content_type, "text/plain; version=1");
        assert_eq!(told.contents, "hello");
        assert_eq!(Value::Object(told.metadata), json!({ "number": 1 }));
    }

    #[test]
    fn a_row_that_lacks_what_the_rule_names_is_shown() {
        let said = Log::of(1)
            .search(rule(json!({ "metadata": "/headers" })), 1)
            .unwrap_err();
        assert!(said.starts_with("orders: a row has nothing at /headers: {"), "{said}");
        let said = Log::of(1)
            .search(rule(json!({ "content_type": "/about" })), 1)
            .unwrap_err();
        assert_eq!(said, r#"/about in a row is {"number":1}; wanted a media type"#);
    }
}
