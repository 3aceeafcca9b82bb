//! Looks for forgotten work. It takes no input: each round reads the rows and the folder anew, so a
//! round that is lost costs nothing.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Engine, EngineError, queue, settle};
use crate::events::Topic;

/// Age at which a temporary file can belong to nobody any more.
const TEMPORARY_AGE: Duration = Duration::from_secs(30 * 60);

impl Engine {
    /// Sweeps until the shutdown.
    pub(super) async fn sweep_until(&self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(self.inner.options.sweep_interval) => {}
            }
            if let Err(error) = self.sweep_once().await {
                tracing::error!(%error, "a sweep failed; the next one comes soon");
            }
        }
    }

    /// One round: expired leases back into the queue, holds that nobody works for released, old
    /// temporary files removed.
    ///
    /// # Errors
    /// `Database` or `Ledger`; what was done before stays done.
    pub async fn sweep_once(&self) -> Result<(), EngineError> {
        let (database, now_ms) = (&self.inner.database, self.inner.clock.now_ms());
        let expired = queue::leases_expire(database, now_ms).await?;
        if expired > 0 {
            tracing::warn!(jobs = expired, "leases ran out; the work goes on");
            self.ring(&Topic::Jobs);
        }
        for hold in settle::orphaned_holds(database.read()).await? {
            let txn = database.write().await?;
            settle::orphan_release_in_txn(&txn, &hold, now_ms).await?;
            txn.commit().await?;
            tracing::error!(
                hold = hold.id,
                generation = hold.generation_id,
                "released a hold that no job stood behind"
            );
            self.ring_settled(&hold.generation_id, hold.user_id);
            self.ring(&Topic::Jobs);
        }
        if let Some(files) = self.inner.files.clone() {
            match tokio::task::spawn_blocking(move || files.sweep_temporary(TEMPORARY_AGE)).await {
                Ok(Ok(0)) => {}
                Ok(Ok(removed)) => tracing::info!(removed, "removed temporary files of an interrupted write"),
                Ok(Err(error)) => tracing::warn!(%error, "temporary files could not be swept"),
                Err(panicked) => tracing::error!(%panicked, "sweeping temporary files panicked"),
            }
        }
        Ok(())
    }
}
