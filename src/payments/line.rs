//! HTTP to a channel: no redirects, no private addresses unless that is allowed, every answer whole or
//! not at all. What was sent and what came back goes into no log: it may carry a key.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;

use super::{ChannelError, SetupError};
use crate::providers::{
    CallContext, FailureClass,
    wire::{Answer, Authorization, Wire},
};

/// How long a channel may take: shorter than a request of a browser may, so that an answer is left.
const PATIENCE: Duration = Duration::from_secs(15);

/// The line to one channel.
#[derive(Clone, Debug)]
pub struct Line(Wire);

impl Line {
    /// Draws a line to an origin; `bearer` goes along with every request.
    ///
    /// # Errors
    /// A `base_url` that is no address, or a private one without permission.
    pub fn new(base_url: &str, bearer: Option<SecretString>, allow_private_address: bool) -> Result<Self, SetupError> {
        let authorization = bearer.map_or(Authorization::None, Authorization::Bearer);
        Wire::new(base_url, authorization, allow_private_address)
            .map(Self)
            .map_err(|error| SetupError::new("base_url", error.to_string()))
    }

    /// A request to a path below the address.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.0.request(method, path)
    }

    /// Sends, and gives back whatever was answered with status 100 to 499.
    pub(super) async fn send(&self, what: &'static str, request: RequestBuilder) -> Result<Answer, ChannelError> {
        let call = CallContext { nonce: String::new(), timeout: PATIENCE };
        let answer = self.0.send(request, &call).await.map_err(|error| {
            tracing::warn!(call = what, class = error.class.code(), detail = %error.detail, "a payment channel did not answer");
            // A connection that never stood carried nothing, but the caller's next step is the same.
            debug_assert!(error.class != FailureClass::NotAsked);
            ChannelError::Unavailable
        })?;
        if answer.status.is_server_error() || answer.status.as_u16() == 429 {
            tracing::warn!(call = what, status = answer.status.as_u16(), "a payment channel is not well");
            return Err(ChannelError::Unavailable);
        }
        Ok(answer)
    }
}
