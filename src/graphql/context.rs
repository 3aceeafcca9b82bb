//! What every resolver may know about the request it serves.

use std::{net::IpAddr, sync::Arc};

use crate::domain::Locale;

/// The request behind an operation: who may be told what, and in which language.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// Appears in the log, in the `x-request-id` header and in `extensions.requestId`.
    pub request_id: Arc<str>,
    /// The language of messages, from `Accept-Language`.
    pub locale: Locale,
    /// Where the request came from, after trusted proxies; limits are counted by it.
    pub client_ip: IpAddr,
    /// The `User-Agent` header, cut to 200 bytes: shown beside a sign-in session.
    pub user_agent: Option<Arc<str>>,
}

impl RequestContext {
    /// A context for unit tests.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self {
            request_id: "test".into(),
            locale: Locale::Zh,
            client_ip: IpAddr::from([127, 0, 0, 1]),
            user_agent: None,
        }
    }
}
