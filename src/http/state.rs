//! What the routes beside GraphQL share.

use std::{fmt, sync::Arc};

use axum::http::{HeaderMap, Uri};
use tokio_util::task::TaskTracker;

use super::{
    credentials::{Authenticator, Credential, viewer_of},
    origin::AllowedOrigins,
    problem::Problem,
    transport::request_context,
};
use crate::{
    config::Settings,
    graphql::{ErrorCode, RequestContext},
    payments::SandboxChannel,
    services::{self, Viewer, edits::Edits, exports::Exports, limits::RateLimits, orders::Orders},
};

/// The judge of tokens that the server really uses.
pub type ViewerAuthenticator = dyn Authenticator<Viewer = Viewer>;

/// Whether the workers of this process run; asked by `/readyz`.
pub type WorkersReady = Arc<dyn Fn() -> bool + Send + Sync>;

/// The shared state of all routes but `/graphql`.
#[derive(Clone)]
pub struct HttpState {
    /// What every use case works with.
    pub services: services::Context,
    /// The settings.
    pub settings: Arc<Settings>,
    /// The judge of tokens.
    pub authenticator: Arc<ViewerAuthenticator>,
    /// Recharges: payment call-backs end there.
    pub orders: Orders,
    /// What sellers take away.
    pub exports: Exports,
    /// What sellers change.
    pub edits: Edits,
    /// The sandbox's pay page, where the sandbox is on.
    pub sandbox: Option<Arc<SandboxChannel>>,
    /// Rates.
    pub limits: RateLimits,
    /// Origins that pages may call from, beside our own.
    pub origins: AllowedOrigins,
    /// Streams that outlive their handler run on it.
    pub tracker: TaskTracker,
    /// Whether the workers run.
    pub workers_ready: WorkersReady,
    /// The metrics recorder, where `/metrics` answers.
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
}

impl fmt::Debug for HttpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpState")
    }
}

impl HttpState {
    /// Who asks; `None` when nobody is signed in.
    ///
    /// # Errors
    /// 401 for a token that is not good, 503 when it cannot be checked.
    pub(super) async fn viewer(
        &self,
        headers: &HeaderMap,
        context: &RequestContext,
    ) -> Result<Option<Viewer>, Problem> {
        viewer_of(&self.authenticator, &Credential::from_headers(headers))
            .await
            .map_err(|error| Problem::authentication(error, context.locale))
    }

    /// Refuses what a foreign page sends with the browser's cookie.
    ///
    /// # Errors
    /// 403.
    pub(super) fn refuse_foreign_page(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        context: &RequestContext,
    ) -> Result<(), Problem> {
        let authority = uri.authority().map(axum::http::uri::Authority::as_str);
        if self.origins.permits(headers, authority) {
            Ok(())
        } else {
            Err(Problem::new(axum::http::StatusCode::FORBIDDEN, ErrorCode::Forbidden, context.locale))
        }
    }
}

/// The context of a request that a handler took apart already.
pub(super) fn context_of(parts: &axum::http::request::Parts) -> RequestContext {
    request_context(&parts.extensions, &parts.headers)
}
