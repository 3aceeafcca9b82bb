//! One message out of the house.

use std::{sync::Arc, time::Duration};

use ::entity::enums::WebhookOutcome;
use reqwest::{StatusCode, Url, redirect};

use crate::providers::wire::{PublicOnly, init_crypto, may_name_public, retry_after};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest address.
const URL_BYTES_MAX: usize = 2000;

/// Why an address cannot be an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlRefusal {
    /// Longer than any address.
    TooLong,
    /// Not an address, or one with a name, a password or a fragment.
    Malformed,
    /// Not https.
    NotHttps,
    /// Inside a private network.
    Private,
}

/// Reads an endpoint's address in its normal form. A name is looked at again whenever it is resolved.
///
/// # Errors
/// [`UrlRefusal`].
pub fn check_url(text: &str, allow_private_addresses: bool) -> Result<Url, UrlRefusal> {
    if text.len() > URL_BYTES_MAX {
        return Err(UrlRefusal::TooLong);
    }
    let url: Url = text.trim().parse().map_err(|_| UrlRefusal::Malformed)?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if url.host_str().is_none_or(str::is_empty) || !is_plain {
        return Err(UrlRefusal::Malformed);
    }
    if url.scheme() != "https" && !(allow_private_addresses && url.scheme() == "http") {
        return Err(UrlRefusal::NotHttps);
    }
    if !allow_private_addresses && !may_name_public(&url) {
        return Err(UrlRefusal::Private);
    }
    Ok(url)
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Hook<'a> {
    /// Where to.
    pub url: &'a str,
    /// `webhook-id`: the same in every try.
    pub id: &'a str,
    /// `webhook-timestamp`, in seconds since the epoch.
    pub timestamp_s: i64,
    /// `webhook-signature`.
    pub signature: &'a str,
    /// The message.
    pub body: &'a str,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What came of it.
    pub outcome: WebhookOutcome,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// How long the partner wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Answer {
    /// Without an answer.
    pub const fn none(outcome: WebhookOutcome) -> Self {
        Self { outcome, status: None, retry_after: None }
    }

    /// The partner says that nobody lives there any more.
    pub fn is_gone(&self) -> bool {
        self.status == Some(StatusCode::GONE.as_u16())
    }
}

/// The line to partners' endpoints.
///
/// Their addresses are strangers' choices: only public ones are connected to, whatever a name resolves
/// to at that moment; a redirect is an answer like any other and never followed; no proxy of the
/// environment is asked, because it would resolve names on its own; and of an answer only the status is
/// read, so that nothing can be learnt through us.
#[derive(Clone, Debug)]
pub struct WebhookWire {
    client: reqwest::Client,
    allow_private_addresses: bool,
}

impl WebhookWire {
    /// Draws the line. With `allow_private_addresses` nothing of the above holds: for a machine of
    /// one's own.
    ///
    /// # Errors
    /// The TLS set-up.
    pub fn new(timeout: Duration, allow_private_addresses: bool) -> Result<Self, reqwest::Error> {
        init_crypto();
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("haibao-webhooks/", env!("CARGO_PKG_VERSION")));
        if !allow_private_addresses {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        Ok(Self { client: builder.build()?, allow_private_addresses })
    }

    /// Sends one message and says what came of it; ends within the time limit.
    pub async fn send(&self, hook: &Hook<'_>) -> Answer {
        // Looked at again: the rule may have become stricter since the endpoint was made.
        let Ok(url) = check_url(hook.url, self.allow_private_addresses) else {
            return Answer::none(WebhookOutcome::PrivateAddress);
        };
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", hook.id)
            .header("webhook-timestamp", hook.timestamp_s)
            .header("webhook-signature", hook.signature)
            .body(hook.body.to_owned());
        match request.send().await {
            Ok(answer) => Answer {
                outcome: if answer.status().is_success() { WebhookOutcome::Delivered } else { WebhookOutcome::Refused },
                status: Some(answer.status().as_u16()),
                retry_after: retry_after(answer.headers()),
            },
            Err(error) if error.is_timeout() => Answer::none(WebhookOutcome::Timeout),
            Err(_) => Answer::none(WebhookOutcome::Unreachable),
        }
    }
}
