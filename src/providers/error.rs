//! Why a model gave nothing, in the one vocabulary that all dialects share.

use std::{fmt, time::Duration};

use super::Usage;
use crate::domain::FailureCode;

/// As many characters of what was sent in a row are a quotation. Every quotation of twice this length
/// holds one whole piece of what was sent, cut at multiples of it.
const QUOTE_CHARS: usize = 16;

/// What kind of failure a call met. The kind decides what happens next, so a dialect reads the
/// vendor's own code before it looks at the HTTP status: an account in debt may come as 400, an
/// exhausted quota as 429 and a refusal as 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// Too many requests; the same request may be sent again after a while.
    RateLimited,
    /// Overloaded, restarting or cut off before the request was taken; another try may work.
    Transient,
    /// The request went out and no answer came. The picture may exist and be billed: the same vendor
    /// is not asked again.
    AmbiguousTimeout,
    /// An answer without a usable picture or object: empty, undecodable, blank, of the wrong shape.
    NoResult,
    /// The vendor declined what was sent.
    ModeratedInput,
    /// The vendor declined what its model made.
    ModeratedOutput,
    /// The account's quota, balance or our own spending limit is used up.
    Quota,
    /// Key, address, model name or parameters are wrong; only an operator can help.
    Misconfigured,
    /// The circuit to this vendor is open, or it cannot do what is asked; nothing was sent.
    NotAsked,
}

impl FailureClass {
    /// Every class, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::RateLimited,
        Self::Transient,
        Self::AmbiguousTimeout,
        Self::NoResult,
        Self::ModeratedInput,
        Self::ModeratedOutput,
        Self::Quota,
        Self::Misconfigured,
        Self::NotAsked,
    ];

    /// The class as stored in `provider_attempts.outcome` and shown in metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Transient => "transient",
            Self::AmbiguousTimeout => "ambiguous_timeout",
            Self::NoResult => "no_result",
            Self::ModeratedInput => "moderated_input",
            Self::ModeratedOutput => "moderated_output",
            Self::Quota => "quota",
            Self::Misconfigured => "misconfigured",
            Self::NotAsked => "not_asked",
        }
    }

    /// Whether the same vendor may be asked the same thing again.
    pub const fn repeats(self) -> bool {
        matches!(self, Self::RateLimited | Self::Transient | Self::NoResult | Self::ModeratedOutput)
    }

    /// Whether another vendor may be asked instead. What one refuses for its content is not carried
    /// to the next.
    pub const fn fails_over(self) -> bool {
        !matches!(self, Self::ModeratedInput | Self::ModeratedOutput)
    }

    /// What a client is told when nothing else helped.
    pub const fn failure_code(self) -> FailureCode {
        match self {
            Self::RateLimited | Self::Transient | Self::Misconfigured | Self::NotAsked => {
                FailureCode::ProviderUnavailable
            }
            Self::AmbiguousTimeout => FailureCode::ProviderTimeout,
            Self::NoResult => FailureCode::BadOutput,
            Self::ModeratedInput | Self::ModeratedOutput => FailureCode::ContentRejected,
            Self::Quota => FailureCode::ProviderQuota,
        }
    }
}

/// A failed call. Its texts are for logs and operators: none of them reaches a client, and a dialect
/// puts neither prompts nor keys into them.
#[derive(Clone, Debug, thiserror::Error)]
pub struct ProviderError {
    /// What kind of failure.
    pub class: FailureClass,
    /// The vendor's own code, such as `moderation_blocked`.
    pub code: Option<String>,
    /// The HTTP status, where an answer came.
    pub http_status: Option<u16>,
    /// How long the vendor asked to be left alone.
    pub retry_after: Option<Duration>,
    /// The vendor's number of the call, for enquiries.
    pub request_id: Option<String>,
    /// Whether the vendor may charge for the call all the same.
    pub maybe_billed: bool,
    /// What it charges in millionths of a US dollar, where an answer that cannot be used says so.
    pub cost_microusd: Option<i64>,
    /// What happened, for the log.
    pub detail: String,
    /// What a client is told instead of the class's own reason.
    pub told: Option<FailureCode>,
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class.code(), self.detail)?;
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        if let Some(status) = self.http_status {
            write!(f, " (HTTP {status})")?;
        }
        Ok(())
    }
}

impl ProviderError {
    /// A failure of this class with nothing else known.
    pub fn new(class: FailureClass, detail: impl Into<String>) -> Self {
        Self {
            class,
            code: None,
            http_status: None,
            retry_after: None,
            request_id: None,
            maybe_billed: matches!(class, FailureClass::AmbiguousTimeout),
            cost_microusd: None,
            detail: detail.into(),
            told: None,
        }
    }

    /// Something that is no usable result; the call was answered, so it counts as billed.
    pub fn no_result(detail: impl Into<String>) -> Self {
        Self { maybe_billed: true, ..Self::new(FailureClass::NoResult, detail) }
    }

    /// A setting that cannot work.
    pub fn misconfigured(detail: impl Into<String>) -> Self {
        Self::new(FailureClass::Misconfigured, detail)
    }

    /// The same with the vendor's code.
    #[must_use]
    pub fn with_code(self, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..self }
    }

    /// The same with a reason of its own for the client.
    #[must_use]
    pub fn told_as(self, code: FailureCode) -> Self {
        Self { told: Some(code), ..self }
    }

    /// The same for an answer that was paid for by what it used.
    #[must_use]
    pub fn paid(self, usage: Usage) -> Self {
        let is_paid = usage.tokens_in + usage.tokens_out > 0;
        Self { maybe_billed: self.maybe_billed || is_paid, cost_microusd: usage.cost_microusd, ..self }
    }

    /// The same without whatever quotes what was sent: some vendors repeat what they decline, and what
    /// sellers write or show does not belong in logs.
    #[must_use]
    pub fn unquoted<'a>(mut self, sent: impl IntoIterator<Item = &'a str>) -> Self {
        let letters: Vec<Vec<char>> = sent.into_iter().map(|text| text.chars().collect()).collect();
        let pieces: Vec<String> = letters
            .iter()
            .flat_map(|letters| letters.chunks(QUOTE_CHARS))
            .filter(|piece| piece.len() * 2 >= QUOTE_CHARS)
            .map(|piece| piece.iter().collect())
            .collect();
        let quotes = |text: &str| text.contains(";base64,") || pieces.iter().any(|piece| text.contains(piece.as_str()));
        if quotes(&self.detail) {
            "the message repeats what was sent and is left out".clone_into(&mut self.detail);
        }
        self.code = self.code.filter(|code| !quotes(code));
        self.request_id = self.request_id.filter(|id| !quotes(id));
        self
    }

    /// What a client is told.
    pub fn failure_code(&self) -> FailureCode {
        self.told.unwrap_or_else(|| self.class.failure_code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_billed_is_never_repeated_and_content_never_carried_on() {
        for class in FailureClass::ALL {
            assert!(!(class == FailureClass::AmbiguousTimeout && class.repeats()));
            if class.failure_code() == FailureCode::ContentRejected {
                assert!(!class.fails_over(), "{class:?}");
            }
        }
        let codes: std::collections::HashSet<_> = FailureClass::ALL.map(FailureClass::code).into_iter().collect();
        assert_eq!(codes.len(), FailureClass::ALL.len());
    }

    #[test]
    fn a_message_that_quotes_what_was_sent_is_left_out() {
        let prompt = "A quiet ground for a poster of a mug, 一只白色马克杯放在清晨的木桌上,光线柔和,留出标题的位置";
        for (message, is_kept) in [
            ("Invalid prompt: \"ground for a poster of a mug, 一只白色马克杯放在清晨的木桌\"", false),
            (prompt, false),
            ("unsupported input data:image/png;base64,iVBORw0KGgo", false),
            ("the prompt was declined", true),
        ] {
            let error = ProviderError::new(FailureClass::NotAsked, message).with_code(message).unquoted([prompt]);
            assert_eq!(error.detail == message, is_kept, "{message}");
            assert_eq!(error.code.is_some(), is_kept, "{message}");
        }
    }
}
