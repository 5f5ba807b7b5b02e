//! Checks of single fields, from which the contracts' types build their `validate`.
//!
//! Validation looks at a request alone, before any state is read. A refusal names the field, the value seen and the
//! range.

use crate::Invalid;

/// Refuses a number below `least`.
pub(crate) fn at_least(field: &str, value: i64, least: i64) -> Result<(), Invalid> {
    if value >= least {
        return Ok(());
    }
    Err(Invalid::new(field, value, format!("{least} or more")))
}

/// Refuses a number outside `least` to `most`, both included.
pub(crate) fn within(field: &str, value: i64, least: i64, most: i64) -> Result<(), Invalid> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Invalid::new(field, value, format!("{least} to {most}")))
}

/// Refuses free text that is blank, longer than `most` characters, or has control characters other than line breaks
/// and tabs: some databases and mail servers reject those.
pub(crate) fn text(field: &str, value: &str, most: usize) -> Result<(), Invalid> {
    let length = value.chars().count();
    let legal = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    if value.trim().is_empty() || length > most || !value.chars().all(legal) {
        let wanted = format!("1 to {most} characters, not all blank, no control characters");
        return Err(Invalid::new(field, value, wanted));
    }
    Ok(())
}

/// Tells if a text has 1 to `most` characters, all of them visible ASCII.
pub(crate) fn is_visible(text: &str, most: usize) -> bool {
    !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_graphic())
}
