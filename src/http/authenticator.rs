//! The sign-in service as the transports' judge of tokens.

use super::credentials::{AuthenticationError, Authenticator};
use crate::services::{Viewer, sign_in::SignIn};

#[async_trait::async_trait]
impl Authenticator for SignIn {
    type Viewer = Viewer;

    async fn authenticate(&self, token: &str) -> Result<Viewer, AuthenticationError> {
        match Self::authenticate(self, token).await {
            Ok(viewer) => viewer.ok_or(AuthenticationError::Rejected),
            Err(error) => {
                tracing::error!(%error, "a token could not be checked");
                Err(AuthenticationError::Unavailable)
            }
        }
    }

    async fn still_valid(&self, viewer: &Viewer) -> bool {
        Self::still_valid(self, viewer).await
    }

    fn user_id(&self, viewer: &Viewer) -> i64 {
        viewer.user_id
    }

    async fn renew(&self, viewer: &Viewer) -> Option<(String, i64)> {
        match Self::renew(self, viewer).await {
            Ok(access) => access.map(|access| (access.token, access.expires_at_ms)),
            Err(error) => {
                // The old token goes on working; the next request tries again.
                tracing::warn!(%error, "a token could not be renewed");
                None
            }
        }
    }
}
