//! What partners' servers are told with.

use std::{net::SocketAddr, time::Duration};

use sea_orm::DbBackend;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{App, StartError, repeat};
use crate::{
    config::DerivedKeys,
    services::webhooks::{Courier, WebhookPolicy, Webhooks},
    webhooks::WebhookSealer,
};

impl App {
    pub(super) fn webhooks(&self, public_url: String) -> Result<Webhooks, StartError> {
        let settings = &self.settings.webhooks;
        let policy = WebhookPolicy {
            endpoints_max: settings.endpoints_max.into(),
            allow_private_addresses: settings.allow_private_addresses,
            timeout: Duration::from_secs(settings.timeout_seconds),
            log_kept_ms: i64::from(settings.log_days) * 86_400_000,
            public_url,
        };
        let previous = self.settings.sign_in.previous_token_secret.as_ref().map(DerivedKeys::new);
        let sealer = WebhookSealer::new(self.keys.webhooks, previous.iter().map(|keys| keys.webhooks).collect());
        Webhooks::new(self.context.clone(), sealer, policy).map_err(|error| StartError::Webhooks(error.to_string()))
    }

    /// Tells partners' servers what happens, until the shutdown, for a server that is bound to this address.
    ///
    /// # Errors
    /// `Webhooks` when the client cannot be built.
    pub fn deliver_webhooks(
        &self,
        bound: SocketAddr,
        tracker: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Result<(), StartError> {
        let webhooks = self.webhooks(self.settings.public_url_at(bound))?;
        let alone = self.context.database.backend() == DbBackend::Sqlite;
        let courier = Courier::new(webhooks, alone);
        let clearing = courier.clone();
        repeat(tracker, shutdown.clone(), Duration::from_hours(1), move || {
            let courier = clearing.clone();
            async move {
                if let Err(error) = courier.clear_log().await {
                    tracing::warn!(%error, "old deliveries of web hooks could not be removed");
                }
            }
        });
        tracker.spawn(async move {
            match courier.reseal().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "sealed secrets of web hooks under the new key"),
                Err(error) => tracing::warn!(%error, "secrets of web hooks could not be sealed anew"),
            }
            courier.run(shutdown).await;
        });
        Ok(())
    }
}
