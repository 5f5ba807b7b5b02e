use std::time::Duration;

use super::{
    Asker, OneOrMany, Request, Step, Wanted,
    template::{Unset, Variables, render, render_path, render_text},
};

/// The request of a step with all its values filled in.
pub(crate) fn request_of(step: &Step, variables: &Variables) -> Result<Request, Unset> {
    Ok(Request {
        method: step.method.as_str().to_owned(),
        path: render_path(&step.path, variables)?,
        headers: step
            .headers
            .iter()
            .map(|(name, value)| Ok((name.clone(), render_text(value, variables)?)))
            .collect::<Result<_, _>>()?,
        body: step.body.as_ref().map(|body| render(body, variables)).transpose()?,
    })
}

/// Whether every condition holds. A variable without a value meets none.
pub(crate) fn all_accept<'a>(
    when: impl IntoIterator<Item = (&'a String, &'a OneOrMany)>,
    variables: &Variables,
) -> bool {
    when.into_iter()
        .all(|(name, wanted)| variables.get(name).is_some_and(|value| wanted.accepts(value)))
}

pub(crate) fn unset_reason(unset: &Unset) -> String {
    format!(
        "{:?} has no value: the step that saves it was left out, or its answer lacked it",
        unset.0
    )
}

/// Takes one step, and keeps what it saves.
pub(crate) async fn take_step(
    step: &Step,
    asker: &Asker<'_>,
    patience: Duration,
    variables: &mut Variables,
) -> Result<(), String> {
    let request = request_of(step, variables).map_err(|unset| unset_reason(&unset))?;
    let response = asker.ask(&step.node, &request, &Wanted::of(step, patience)).await?;
    for (variable, pointer) in &step.save {
        let value = response
            .body
            .pointer(pointer)
            .ok_or_else(|| format!("{request} answered {} without {pointer}", response.status))?;
        variables.insert(variable.clone(), value.clone());
    }
    Ok(())
}
