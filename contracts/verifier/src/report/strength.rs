//! How strong pacts are, for a terminal, for machines and for a browser.

use std::fmt::Write;

use ledger::markup::escaped;

use crate::mutate::{Mutation, Operator, Strength, Weakness};

/// A table of all pairs, then what is unprotected, for each consumer; the fewest first.
pub fn strength_text(mutations: &[Mutation]) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = write(&mut text, mutations);
    text
}

/// As JSON, with the score of each pair in percent.
pub fn strength_json(mutations: &[Mutation]) -> serde_json::Value {
    let one = |mutation: &Mutation| {
        let mut value = serde_json::to_value(mutation).unwrap_or_default();
        for (index, pair) in mutation.pairs.iter().enumerate() {
            let percent = pair.per_mille().and_then(|tenths| u32::try_from(tenths).ok());
            value["pairs"][index]["score"] = serde_json::json!(percent.map(|tenths| f64::from(tenths) / 10.0));
        }
        value
    };
    serde_json::json!({ "mutations": mutations.iter().map(one).collect::<Vec<_>>() })
}

fn write(text: &mut String, mutations: &[Mutation]) -> std::fmt::Result {
    for mutation in mutations {
        for problem in &mutation.problems {
            writeln!(text, "{}: {problem}\n", mutation.provider)?;
        }
    }
    let pairs: Vec<&Strength> = mutations.iter().flat_map(|mutation| &mutation.pairs).collect();
    table(text, &pairs)?;
    let mut weak: Vec<&&Strength> = pairs.iter().filter(|pair| !pair.survivors.is_empty()).collect();
    weak.sort_by_key(|pair| pair.survivors.len());
    for pair in weak {
        let (consumer, provider) = (&pair.consumer, &pair.provider);
        writeln!(text, "\n{consumer} would not notice that {provider} changes")?;
        fields(text, &pair.survivors)?;
    }
    for pair in pairs.iter().filter(|pair| !pair.contradictions.is_empty()) {
        let (consumer, provider) = (&pair.consumer, &pair.provider);
        writeln!(text, "\nrules of {consumer} for {provider} that contradict each other")?;
        fields(text, &pair.contradictions)?;
    }
    Ok(())
}

fn table(text: &mut String, pairs: &[&Strength]) -> std::fmt::Result {
    if pairs.is_empty() {
        return Ok(());
    }
    let longest = |name: fn(&Strength) -> &str, title: &str| {
        let names = pairs.iter().map(|pair| name(pair).chars().count());
        names.chain([title.len()]).max().unwrap_or_default()
    };
    let left = longest(|pair| &pair.consumer, "consumer");
    let right = longest(|pair| &pair.provider, "provider");
    writeln!(
        text,
        "{:left$}  {:right$}  mutants  killed    score  permitted",
        "consumer", "provider"
    )?;
    for pair in pairs {
        let (consumer, provider, score) = (&pair.consumer, &pair.provider, pair.score());
        let Strength {
            mutants,
            killed,
            permitted,
            ..
        } = pair;
        writeln!(
            text,
            "{consumer:left$}  {provider:right$}  {mutants:7}  {killed:6}  {score:>7}  {permitted:9}"
        )?;
    }
    Ok(())
}

fn fields(text: &mut String, weaknesses: &[Weakness]) -> std::fmt::Result {
    weaknesses.iter().try_for_each(|weakness| {
        let (place, operators) = (weakness.place(), operators(weakness));
        writeln!(text, "  {place}: {operators}\n    {}", interactions(weakness))
    })
}

fn operators(weakness: &Weakness) -> String {
    let names: Vec<&str> = weakness.operators.iter().copied().map(Operator::name).collect();
    names.join(", ")
}

fn interactions(weakness: &Weakness) -> String {
    let first = weakness.interactions.first().map_or("", String::as_str);
    match weakness.interactions.len() {
        0 | 1 => format!("in '{first}'"),
        many => format!("in '{first}' and {} more", many - 1),
    }
}

/// A section of a page.
pub(super) fn section(page: &mut String, mutations: &[Mutation]) -> std::fmt::Result {
    if mutations.is_empty() {
        return Ok(());
    }
    writeln!(page, "<h2>Strength of the pacts</h2>")?;
    for problem in mutations.iter().flat_map(|mutation| &mutation.problems) {
        writeln!(page, "<p class=\"bad\">{}</p>", escaped(&problem.to_string()))?;
    }
    writeln!(
        page,
        "<table><tr><th>consumer<th>provider<th>mutants<th>killed<th>score<th>unprotected</tr>"
    )?;
    for pair in mutations.iter().flat_map(|mutation| &mutation.pairs) {
        row(page, pair)?;
    }
    writeln!(page, "</table>")
}

fn row(page: &mut String, pair: &Strength) -> std::fmt::Result {
    let class = if pair.survivors.is_empty() { "ok" } else { "bad" };
    write!(
        page,
        "<tr><td>{}<td>{}<td>{}<td>{}<td class=\"{class}\">{}<td>",
        escaped(&pair.consumer),
        escaped(&pair.provider),
        pair.mutants,
        pair.killed,
        pair.score()
    )?;
    for weakness in &pair.survivors {
        let (place, operators) = (escaped(&weakness.place()), escaped(&operators(weakness)));
        let within = escaped(&interactions(weakness));
        write!(
            page,
            "<code title=\"{within}\">{place}</code> <span class=\"muted\">{operators}</span><br>"
        )?;
    }
    writeln!(page, "</tr>")
}
