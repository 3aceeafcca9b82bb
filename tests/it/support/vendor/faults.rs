//! What goes wrong, and in which order.

use std::{collections::VecDeque, time::Duration};

use super::Reply;

/// How a vendor says for how long it wants to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    Untold,
    /// `retry-after: 7`
    Seconds(u32),
    /// `retry-after: 0.25`
    Fraction,
    /// `retry-after-ms: 1500`, beside a longer `retry-after`.
    Milliseconds,
    /// `retry-after: <a date>`, thirty seconds after the answer's own.
    Date,
    /// A word that is no delay.
    Nonsense,
}

impl Wait {
    /// Each form with the milliseconds it means.
    pub(crate) const ALL: [(Self, Option<u64>); 6] = [
        (Self::Untold, None),
        (Self::Seconds(7), Some(7_000)),
        (Self::Fraction, Some(250)),
        (Self::Milliseconds, Some(1_500)),
        (Self::Date, Some(30_000)),
        (Self::Nonsense, None),
    ];

    pub(super) fn onto(self, reply: Reply) -> Reply {
        match self {
            Self::Untold => reply,
            Self::Seconds(seconds) => reply.with("retry-after", &seconds.to_string()),
            Self::Fraction => reply.with("retry-after", "0.25"),
            Self::Milliseconds => reply.with("retry-after-ms", "1500").with("retry-after", "9"),
            Self::Date => {
                reply.with("date", "Sun, 06 Nov 1994 08:49:07 GMT").with("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")
            }
            Self::Nonsense => reply.with("retry-after", "soon"),
        }
    }
}

/// What a vendor says no to, each in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many requests.
    RateLimited,
    /// The account's quota or balance is used up.
    Quota,
    /// A key it does not know.
    Key,
    /// A model it does not know.
    Model,
    /// A parameter it does not take.
    Request,
    /// What was sent is declined.
    Input,
    /// What was made is declined.
    Output,
    /// Something broke inside.
    Server,
    /// Too busy.
    Overloaded,
}

impl Refusal {
    pub(super) const fn is_of_content(self) -> bool {
        matches!(self, Self::Input | Self::Output)
    }
}

/// A picture that is none, or not the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Broken {
    /// Base64 that ends in the middle of a group.
    TruncatedBase64,
    /// A file that ends in the middle.
    TruncatedFile,
    /// Words instead of a picture.
    Words,
    /// A strip four times as wide as high.
    WrongRatio,
    /// A few bytes that claim to be 60 000 pixels wide and high.
    Bomb,
    /// One colour from edge to edge.
    Blank,
}

/// What is wrong with the address of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum UrlFault {
    /// Nothing.
    None,
    /// What lies there is broken.
    Holds(Broken),
    /// It is no longer good.
    Expired,
    /// It points at this machine.
    Private,
    /// It points elsewhere, and from there at this machine.
    Redirected,
    /// It is redirected for ever.
    Circle,
    /// It points at a host that is none of the vendor's.
    Foreign,
    /// It does not read.
    Unreadable,
    /// More bytes than any picture has.
    TooLarge,
    /// Busy at the first two tries.
    Flaky,
}

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A good answer.
    None,
    RateLimited(Wait),
    Refused(Refusal),
    /// It does not like the request, and repeats key and words in its message.
    Parrot,
    /// The request is taken and nothing ever comes.
    NoAnswer,
    /// Half of the answer comes, and then nothing.
    SlowBody,
    /// Half of the answer comes, and the connection breaks.
    CutBody,
    /// A page of some proxy with status 200.
    NotJson,
    /// Status 200, and nothing in it.
    NoPicture,
    /// Status 200, and words instead of a picture, or of JSON.
    Words,
    Broken(Broken),
    /// Of two results one is declined, and it stands first.
    PartialGroup,
    Url(UrlFault),
    /// Accepted, and then failed inside an answer of status 200.
    TaskFails(Refusal),
    /// Accepted, and then forgotten.
    TaskLost,
}

/// What a server says to those who listen how their work stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Hints {
    /// Nobody can listen.
    #[default]
    None,
    /// Work ends as soon as somebody listens, who is told.
    End,
    /// Everything but what was asked, and then it hangs up.
    Noise,
}

/// Which call meets what.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    calls: VecDeque<Fault>,
    rest: Fault,
    enquiries: VecDeque<Fault>,
    /// How long a call takes.
    pub(crate) latency: Duration,
    /// How often accepted work is asked for before it is done.
    pub(crate) polls: u32,
    /// What those hear who listen.
    pub(crate) hints: Hints,
    /// Whether requests are kept; a long measurement has no use for them.
    pub(crate) keeps_requests: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            calls: VecDeque::new(),
            rest: Fault::None,
            enquiries: VecDeque::new(),
            latency: Duration::ZERO,
            polls: 1,
            hints: Hints::None,
            keeps_requests: true,
        }
    }
}

impl Script {
    /// These in order, and good answers after them.
    pub(crate) fn of(calls: impl IntoIterator<Item = Fault>) -> Self {
        Self { calls: calls.into_iter().collect(), ..Self::default() }
    }

    /// The same for every call.
    pub(crate) fn always(fault: Fault) -> Self {
        Self { rest: fault, ..Self::default() }
    }

    /// Good answers, each after so long: a stub for measurements, which keeps nothing.
    pub(crate) fn steady(latency: Duration) -> Self {
        Self { latency, keeps_requests: false, ..Self::default() }
    }

    /// What the enquiries about accepted work meet first.
    #[must_use]
    pub(crate) fn with_enquiries(self, enquiries: impl IntoIterator<Item = Fault>) -> Self {
        Self { enquiries: enquiries.into_iter().collect(), ..self }
    }

    /// How often accepted work is asked for before it is done.
    #[must_use]
    pub(crate) fn with_polls(self, polls: u32) -> Self {
        Self { polls, ..self }
    }

    /// What those hear who listen.
    #[must_use]
    pub(crate) fn with_hints(self, hints: Hints) -> Self {
        Self { hints, ..self }
    }

    pub(super) fn next_call(&mut self) -> Fault {
        self.calls.pop_front().unwrap_or(self.rest)
    }

    pub(super) fn next_enquiry(&mut self) -> Fault {
        self.enquiries.pop_front().unwrap_or(Fault::None)
    }
}
