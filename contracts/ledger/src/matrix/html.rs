//! The matrix as one page that needs nothing else.

use std::{collections::BTreeSet, fmt::Write};

use super::{Live, Matrix, graph, text::summary};
use crate::{
    gate::{Row, RowState},
    markup::escaped,
};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8888; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; }
table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
td div { white-space: nowrap; } .passed { color: #1a7f37; } .failed, .absent { color: #cf222e; font-weight: 600; }
.missing, .partial { color: #9a6700; font-weight: 600; } code { font-size: .85em; }
svg { max-width: 100%; height: auto; } rect { fill: none; stroke: currentColor; } svg text { text-anchor: middle; fill: currentColor; }
.edge { fill: none; stroke: currentColor; opacity: .6; } marker path { fill: currentColor; }
";

impl Matrix {
    /// A page with who depends on whom, and a grid for each environment: consumers down, providers across. It loads nothing.
    pub fn html(&self) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Who is verified against whom</title>\n<style>{STYLE}</style>\n\
             <h1>Who is verified against whom</h1>\n<h2>Who depends on whom</h2>\n"
        );
        if self.edges.is_empty() {
            page.push_str("<p>No consumer has published a pact.</p>\n");
        } else {
            page.push_str(&graph::svg(&self.services(), &self.edges));
        }
        for (name, live) in &self.environments {
            // Writing to a String cannot fail.
            let _ = writeln!(page, "<h2>{}</h2>\n<p>{}</p>", escaped(name), escaped(&summary(live)));
            page.push_str(&grid(live));
        }
        page + "</html>\n"
    }
}

fn grid(live: &Live) -> String {
    let providers: BTreeSet<&str> = live
        .rows
        .iter()
        .map(|row| row.provider.service.as_str())
        .chain(live.absent.iter().map(|(.., provider)| provider.as_str()))
        .collect();
    if providers.is_empty() {
        return String::new();
    }
    let mut table = "<table>\n<tr><th>consumer \\ provider</th>".to_owned();
    for provider in &providers {
        let versions = live
            .versions
            .get(*provider)
            .map_or_else(|| "not live".to_owned(), |versions| versions.join(", "));
        let _ = write!(
            table,
            "<th>{}<br><code>{}</code></th>",
            escaped(provider),
            escaped(&versions)
        );
    }
    table.push_str("</tr>\n");
    for (consumer, versions) in &live.versions {
        for version in versions {
            let cells: Vec<String> = providers
                .iter()
                .map(|provider| cell(live, consumer, version, provider))
                .collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                let _ = write!(
                    table,
                    "<tr><th>{} <code>{}</code></th>",
                    escaped(consumer),
                    escaped(version)
                );
                table.extend(cells.iter().map(|cell| format!("<td>{cell}</td>")));
                table.push_str("</tr>\n");
            }
        }
    }
    table + "</table>\n"
}

/// What this version of a consumer has with each live version of a provider.
fn cell(live: &Live, consumer: &str, version: &str, provider: &str) -> String {
    let is_absent = (consumer.to_owned(), version.to_owned(), provider.to_owned());
    if live.absent.contains(&is_absent) {
        return "<div class=\"absent\">not live</div>".to_owned();
    }
    let is_here = |row: &&Row| {
        row.consumer.service == consumer && row.consumer.version == version && row.provider.service == provider
    };
    let lines = live.rows.iter().filter(is_here).map(|row| {
        format!(
            "<div class=\"{}\">{} <code title=\"pact {}\">{}</code></div>",
            class(row.state),
            escaped(&row.state.to_string()),
            row.pact,
            escaped(&row.provider.version)
        )
    });
    lines.collect()
}

fn class(state: RowState) -> &'static str {
    match state {
        RowState::Failed => "failed",
        RowState::Missing => "missing",
        RowState::Partial { .. } => "partial",
        RowState::Passed => "passed",
    }
}
