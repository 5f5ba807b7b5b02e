use std::pin::pin;

use verifier::{HttpProvider, Selection, Verification, verify, verify_interruptibly};

use super::{VerifyArgs, exit_code};
use crate::{backend::Folder, commands::session, exit, interrupt::Interrupted, providers::Stage};

/// Verifies the providers of all selections: one that runs already, or those that are brought up for it.
///
/// # Errors
/// When a provider does not come up, or a signal arrives.
pub(super) async fn attempt(
    args: &VerifyArgs,
    version: Option<&str>,
    selections: &[Selection],
) -> Result<Vec<Verification>, String> {
    if let Some(url) = &args.provider_url {
        let provider = HttpProvider::new(url, args.state_url.clone(), args.message_url.clone())?;
        return running(&provider, version, selections).await;
    }
    if selections.iter().all(Selection::has_problems) {
        // Nothing will be asked, so nothing is started.
        return Ok(selections.iter().map(Selection::refused).collect());
    }
    started(args, version, selections).await
}

/// Verifies a provider that runs already. Interrupted, it tears down the states that it has set up.
async fn running(
    provider: &HttpProvider,
    version: Option<&str>,
    selections: &[Selection],
) -> Result<Vec<Verification>, String> {
    let mut interrupts = pin!(session::interrupt()?.into_stream());
    let mut verifications = Vec::new();
    for selection in selections {
        let verified = verify_interruptibly(selection, provider, version, &mut interrupts).await;
        verifications.push(verified.map_err(|error| format!("interrupted; {error}; nothing was recorded"))?);
    }
    Ok(verifications)
}

/// Brings the topology up, verifies, and takes it down, whatever the result.
async fn started(
    args: &VerifyArgs,
    version: Option<&str>,
    selections: &[Selection],
) -> Result<Vec<Verification>, String> {
    let mut interrupt = session::interrupt()?;
    let wanted = selections.iter().filter(|selection| !selection.has_problems());
    let names: Vec<&str> = wanted.map(Selection::provider).collect();
    let providers = args.providers.load()?;
    let (session, stage) = args.providers.up(providers, &names, &mut interrupt).await?;
    let verified = interrupt.or(verify_all(version, selections, &stage)).await;
    let passed = verified
        .as_ref()
        .is_ok_and(|verifications| exit_code(verifications) == exit::PASS);
    let folder = if passed { Folder::Remove } else { Folder::Keep };
    session.down(folder, &mut interrupt).await;
    verified.map_err(|Interrupted| "interrupted; everything it started is gone".to_owned())
}

async fn verify_all(version: Option<&str>, selections: &[Selection], stage: &Stage) -> Vec<Verification> {
    let mut verifications = Vec::new();
    for selection in selections {
        verifications.push(match stage.provider(selection.provider()) {
            Some(provider) => verify(selection, &provider, version).await,
            None => selection.refused(),
        });
    }
    verifications
}
