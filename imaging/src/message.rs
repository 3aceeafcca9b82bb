//! Words for people, in the two languages that Haibao speaks; which of them is read is not decided here.

/// The same words in Chinese and in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Message {
    pub(crate) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}
