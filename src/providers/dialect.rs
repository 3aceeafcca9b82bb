//! Why a table of the settings makes no provider, of pictures or of words.

use super::wire::WireError;

/// Why a table of the settings makes no provider; each names what to change.
#[derive(Debug, thiserror::Error)]
pub enum DialectError {
    /// A kind that this version does not know.
    #[error("kind: this version does not speak `{0}`")]
    Kind(String),
    /// A setting that the dialect needs.
    #[error("{0}: must be set for this kind")]
    Missing(&'static str),
    /// A setting that does not read.
    #[error("{key}: {problem}")]
    Invalid {
        /// Which.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// The address.
    #[error("base_url: {0}")]
    Wire(#[from] WireError),
}
