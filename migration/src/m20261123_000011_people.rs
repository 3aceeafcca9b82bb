//! People: where a sign-in came from, and accounts that their owners want gone.

use sea_orm_migration::prelude::*;

use crate::dialect::{self, Refusal};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NEVER: Refusal = Refusal {
    name: "events_never_updated",
    table: "events",
    operation: "UPDATE",
    when: "1 = 1",
    message: "events is append-only",
};

/// The one change that is let through: a product's name is taken out, and nothing else is touched.
const ONLY_FORGOTTEN: Refusal = Refusal {
    name: "events_never_updated",
    table: "events",
    operation: "UPDATE",
    when: "NOT (OLD.kind = 'product_named' AND NEW.kind = OLD.kind AND NEW.id = OLD.id \
        AND NEW.generation_id = OLD.generation_id AND NEW.seq = OLD.seq AND NEW.at_ms = OLD.at_ms \
        AND NEW.payload = '{\"kind\":\"product_named\",\"product_name\":\"\"}')",
    message: "events is append-only",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// On SQLite too: a half-applied migration must not stay.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "ALTER TABLE sign_in_sessions ADD COLUMN address TEXT",
                "ALTER TABLE sign_in_sessions ADD COLUMN user_agent TEXT",
                "ALTER TABLE users ADD COLUMN deletes_at_ms {int}",
                "ALTER TABLE users ADD COLUMN erased_at_ms {int}",
                "CREATE INDEX users_deletes ON users (deletes_at_ms) WHERE deletes_at_ms IS NOT NULL",
            ],
        )
        .await?;
        dialect::allow_again(manager, &[(NEVER.name, NEVER.table)]).await?;
        dialect::refuse(manager, &[ONLY_FORGOTTEN]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::allow_again(manager, &[(ONLY_FORGOTTEN.name, ONLY_FORGOTTEN.table)]).await?;
        dialect::refuse(manager, &[NEVER]).await?;
        dialect::run(
            manager,
            &[
                "DROP INDEX users_deletes",
                "ALTER TABLE users DROP COLUMN erased_at_ms",
                "ALTER TABLE users DROP COLUMN deletes_at_ms",
                "ALTER TABLE sign_in_sessions DROP COLUMN user_agent",
                "ALTER TABLE sign_in_sessions DROP COLUMN address",
            ],
        )
        .await
    }
}
