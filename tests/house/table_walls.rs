//! The wall between the modules' data: each names in its SQL the tables that it creates itself, and those of `shared`.

use std::{collections::BTreeSet, path::PathBuf};

use crate::{
    inspection::Inspection,
    sql,
    tokens::{self, Token},
    workspace::{Member, files, members, modules, named, read, rust_files},
};

/// Names that the views on the tables themselves begin with: those of the SQL standard, and that of SQLite.
const CATALOGUES: [&str; 2] = ["information_schema", "sqlite_master"];

/// A piece of text that may be SQL: its file, the line on which it begins, and itself.
type Piece = (PathBuf, usize, String);

fn pieces(member: &Member) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for file in rust_files(&member.folder.join("src")) {
        for (line, token) in tokens::of(&file) {
            if let Token::Text(text) = token {
                pieces.push((file.clone(), line, text));
            }
        }
    }
    pieces.extend(
        files(&member.folder, "sql")
            .into_iter()
            .map(|file| (file.clone(), 1, read(&file))),
    );
    pieces
}

fn created(pieces: &[Piece]) -> BTreeSet<String> {
    pieces.iter().flat_map(|(_, _, text)| sql::created(text)).collect()
}

#[test]
fn no_module_names_the_tables_of_another_in_its_sql() {
    let members = members();
    let shared = created(&pieces(named(&members, "shared")));
    assert!(
        shared.contains("events"),
        "`shared` creates {shared:?}; the event log is missing"
    );
    let knowers = modules(&members)
        .into_iter()
        .chain([named(&members, "monolith"), named(&members, "shared")]);
    let mut inspection = Inspection::default();
    for member in knowers {
        let pieces = pieces(member);
        let own = created(&pieces);
        for (file, first, text) in &pieces {
            for (line, table) in sql::tables(text) {
                inspection.examine();
                if !own.contains(&table)
                    && !shared.contains(&table)
                    && !CATALOGUES.iter().any(|name| table.starts_with(name))
                {
                    let problem = format!("{} names {table:?}, and its own tables are {own:?}", member.name);
                    inspection.breach(file, first + line, problem);
                }
            }
        }
    }
    inspection.holds("names of tables");
}

#[test]
fn every_module_creates_the_tables_that_it_keeps() {
    let members = members();
    let mut inspection = Inspection::default();
    for module in modules(&members) {
        inspection.examine();
        let (own, named) = (created(&pieces(module)), pieces(module));
        let named: usize = named.iter().map(|(_, _, text)| sql::tables(text).len()).sum();
        if own.is_empty() || named <= own.len() {
            let problem = format!("found {own:?} created and {named} named: the SQL of the module is not found");
            inspection.breach(&module.manifest, 1, problem);
        }
    }
    inspection.holds("modules");
}
