//! Bugs of the monolith that its tests have to find.

use crate::seeded_bugs::{Bug, Edit, Layer};

use super::bug;

pub(super) const BUGS: &[Bug] = &[
    bug(
        Layer::Router,
        "the monolith answers with the address of an extracted module",
        "tests of monolith",
        (
            "platform",
            "an_extracted_module_that_does_not_answer_is_named_and_its_address_is_not",
        ),
        &[Edit {
            file: "services/monolith/src/endpoint.rs",
            find: "(self.router)(passed_on(Arc::clone(&service)));",
            replace: "(self.router)(Arc::clone(&service));",
        }],
    ),
    bug(
        Layer::Router,
        "the monolith passes on the address of the feed of an extracted module",
        "tests of monolith",
        (
            "platform",
            "an_extracted_module_that_does_not_answer_is_named_and_its_address_is_not",
        ),
        &[Edit {
            file: "services/monolith/src/endpoint.rs",
            find: "feed::router(self.name, passed_on(feed))",
            replace: "feed::router(self.name, feed)",
        }],
    ),
];
