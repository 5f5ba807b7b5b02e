//! Strictness of the verifier: it is red wherever nothing is proven, and every test of a hole shows that
//! pact_verifier alone is green there.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod answers;
mod broker;
mod encodings;
mod formats;
mod fresh;
mod holes;
mod messages;
mod outputs;
mod reaching;
mod requests;
mod serving;
mod shop;
mod states;
mod text_rules;
mod unjudged;
mod versions;
