//! Matrix as a page.

use std::collections::BTreeSet;

use maud::{Markup, html};
use page::Tone;

use super::{Environment, Matrix, graph, text::summary};
use crate::gate::{Pair, PairState};

impl Matrix {
    /// Page with a graph of the services, and a grid for each environment with consumers down and providers
    /// across. Loads nothing.
    pub fn html(&self) -> String {
        let body = html! {
            h2 { "Who depends on whom" } "\n"
            @if self.edges.is_empty() {
                p { "No consumer has published a pact." } "\n"
            } @else {
                (graph::svg(&self.services(), &self.edges))
            }
            @for (name, environment) in &self.environments {
                h2 { (name) } "\n"
                p { (summary(environment)) } "\n"
                (grid(environment))
            }
        };
        page::document("Who is verified against whom", body)
    }
}

fn grid(environment: &Environment) -> Markup {
    let called = environment.pairs.iter().map(|pair| pair.provider.service.as_str());
    let absent = environment.absent.iter().map(|(.., provider)| provider.as_str());
    let providers: BTreeSet<&str> = called.chain(absent).collect();
    if providers.is_empty() {
        return html! {};
    }
    html! {
        table class="grid" {
            "\n"
            tr {
                th { "consumer \\ provider" }
                @for provider in &providers {
                    th { (provider) br; code { (live_versions(environment, provider)) } }
                }
            }
            "\n"
            @for (consumer, versions) in &environment.versions {
                @for version in versions {
                    (row(environment, &providers, consumer, version))
                }
            }
        }
        "\n"
    }
}

fn live_versions(environment: &Environment, provider: &str) -> String {
    let versions = environment.versions.get(provider);
    versions.map_or_else(|| "not live".to_owned(), |versions| versions.join(", "))
}

/// Row of a consumer's version; empty if it calls nobody.
fn row(environment: &Environment, providers: &BTreeSet<&str>, consumer: &str, version: &str) -> Markup {
    let cell = |provider: &&str| cell(environment, consumer, version, provider);
    let cells: Vec<Markup> = providers.iter().map(cell).collect();
    html! {
        @if cells.iter().any(|cell| !cell.0.is_empty()) {
            tr {
                th { (consumer) " " code { (version) } }
                @for cell in &cells {
                    td { (cell) }
                }
            }
            "\n"
        }
    }
}

/// Cell with a line for each live version of the provider that the consumer's version makes a pair with.
fn cell(environment: &Environment, consumer: &str, version: &str, provider: &str) -> Markup {
    let absent = (consumer.to_owned(), version.to_owned(), provider.to_owned());
    if environment.absent.contains(&absent) {
        return html! { div class=(Tone::Bad) { "not live" } };
    }
    let is_here = |pair: &&Pair| {
        pair.consumer.service == consumer && pair.consumer.version == version && pair.provider.service == provider
    };
    html! {
        @for pair in environment.pairs.iter().filter(is_here) {
            div class=(tone(pair.state)) {
                (pair.state) " " code title={ "pact " (pair.pact) } { (pair.provider.version) }
            }
        }
    }
}

fn tone(state: PairState) -> Tone {
    match state {
        PairState::Failed => Tone::Bad,
        PairState::Missing | PairState::Partial { .. } => Tone::Open,
        PairState::Passed => Tone::Good,
    }
}
