//! The shape of the sources: widths, lengths, and docs that say something.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    inspection::Inspection,
    workspace::{read, root, rust_files, shown},
};

/// Columns of a line of code, docs or comments.
const WIDEST: usize = 120;
/// Lines of a file.
const LONGEST: usize = 450;
/// Docs of production code that may open with a question word, in a hundred.
const QUESTIONS: usize = 5;
/// Docs of production code that may have two words or fewer.
const SHORT: usize = 40;

/// Words with which a doc answers a question instead of naming a thing.
const QUESTION_WORDS: &[&str] = &["what", "how", "where", "whether", "who", "it"];

/// The folders whose docs are counted.
const DOCUMENTED: &[&str] = &["contracts", "services", "simulator", "tests/src"];

/// The lines of a doc, joined.
struct Doc {
    file: PathBuf,
    line: usize,
    text: String,
}

impl Doc {
    fn opens_with_a_question(&self) -> bool {
        let first = self.text.split_whitespace().next().unwrap_or_default();
        let letters = first.chars().filter(|one| one.is_ascii_alphabetic() || *one == '\'');
        let word = letters.collect::<String>().to_lowercase();
        word.split('\'')
            .next()
            .is_some_and(|word| QUESTION_WORDS.contains(&word))
    }

    fn is_short(&self) -> bool {
        self.text.split_whitespace().count() <= 2
    }
}

fn docs() -> Vec<Doc> {
    let mut docs = Vec::new();
    for file in DOCUMENTED.iter().flat_map(|folder| rust_files(&root().join(folder))) {
        let mut kind = "";
        for (line, text) in (1..).zip(read(&file).lines()) {
            let text = text.trim_start();
            let before = kind;
            kind = ["///", "//!"]
                .into_iter()
                .find(|kind| text.starts_with(kind))
                .unwrap_or_default();
            if kind.is_empty() || text.starts_with("////") {
                kind = "";
                continue;
            }
            let text = text[kind.len()..].trim();
            match docs.last_mut().filter(|_| kind == before) {
                Some(Doc { text: doc, .. }) => *doc += &format!(" {text}"),
                None => docs.push(Doc {
                    file: file.clone(),
                    line,
                    text: text.to_owned(),
                }),
            }
        }
    }
    docs
}

/// Fails with the docs and their number by folder, if there are `most` of them or more.
#[track_caller]
fn fewer_than(most: usize, total: usize, found: &[&Doc], what: &str) {
    assert!(total > 0, "no doc was found");
    let mut by_folder: BTreeMap<String, usize> = BTreeMap::new();
    let mut lines = String::new();
    for doc in found {
        let file = shown(&doc.file);
        *by_folder
            .entry(file.split('/').take(2).collect::<Vec<_>>().join("/"))
            .or_default() += 1;
        let opening: String = doc.text.chars().take(60).collect();
        lines += &format!("  {file}:{}: {opening}\n", doc.line);
    }
    assert!(
        found.len() < most,
        "{} of {total} docs {what}, wanted fewer than {most}: {by_folder:?}\n{lines}",
        found.len()
    );
}

#[test]
fn no_line_is_wider_than_120_columns() {
    let mut inspection = Inspection::default();
    for file in rust_files(&root()) {
        for (number, line) in (1..).zip(read(&file).lines()) {
            inspection.examine();
            let columns = line.chars().count();
            if columns > WIDEST {
                inspection.breach(
                    &file,
                    number,
                    format!("{columns} columns, wanted at most {WIDEST}; wrap it"),
                );
            }
        }
    }
    inspection.holds("lines");
}

#[test]
fn no_file_is_longer_than_450_lines() {
    let mut inspection = Inspection::default();
    for file in rust_files(&root()) {
        inspection.examine();
        let lines = read(&file).lines().count();
        if lines > LONGEST {
            inspection.breach(
                &file,
                lines,
                format!("{lines} lines, wanted at most {LONGEST}; split it"),
            );
        }
    }
    inspection.holds("files");
}

#[test]
fn docs_name_the_thing_instead_of_answering_a_question() {
    let docs = docs();
    let questions: Vec<&Doc> = docs.iter().filter(|doc| doc.opens_with_a_question()).collect();
    let most = docs.len() * QUESTIONS / 100;
    fewer_than(
        most,
        docs.len(),
        &questions,
        "open with What, How, Where, Whether, Who or It",
    );
}

#[test]
fn docs_say_more_than_two_words() {
    let docs = docs();
    let short: Vec<&Doc> = docs.iter().filter(|doc| doc.is_short()).collect();
    fewer_than(SHORT, docs.len(), &short, "have two words or fewer");
}
