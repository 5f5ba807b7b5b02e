use serde::{Deserialize, Serialize};

use crate::Invalid;

/// Request for one page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// Number of the page, from 1.
    pub page: u32,
    /// Number of items on a page: 1 to [`PageRequest::MAX_SIZE`].
    pub page_size: u32,
}

impl PageRequest {
    /// Largest size of a page, in items.
    pub const MAX_SIZE: u32 = 100;

    /// Size of a page of a request that names none, in items.
    pub const DEFAULT_SIZE: u32 = 20;

    /// Refuses page 0 and sizes outside 1 to 100.
    pub fn validate(self) -> Result<Self, Invalid> {
        if self.page == 0 {
            return Err(Invalid::new("page", self.page, "1 or more"));
        }
        if self.page_size == 0 || self.page_size > Self::MAX_SIZE {
            return Err(Invalid::new("page_size", self.page_size, "1 to 100"));
        }
        Ok(self)
    }

    /// Number of items before this page.
    pub fn offset(self) -> i64 {
        i64::from(self.page.saturating_sub(1)) * i64::from(self.page_size)
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self {
            page: 1,
            page_size: Self::DEFAULT_SIZE,
        }
    }
}

/// One page of a list in a stable order. A page beyond the end is empty, not an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Number of the page asked for, from 1.
    pub page: u32,
    /// Size of a page asked for, in items.
    pub page_size: u32,
    /// Number of items on all pages together.
    pub total: i64,
}

impl<T> Page<T> {
    /// Returns the same page with every item changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            page: self.page,
            page_size: self.page_size,
            total: self.total,
        }
    }
}
