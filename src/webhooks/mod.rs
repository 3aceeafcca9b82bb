//! Web hooks: what partners are told, how it is signed and how it leaves the house.
//!
//! A message is queued in the transaction of what it tells of ([`enqueue_event_in_txn`],
//! [`enqueue_order_in_txn`]): it exists exactly when that happened, and once for each endpoint, because
//! the pair of endpoint and source is unique. Sending is somebody else's work
//! (`services::webhooks`), may be interrupted at any point and is repeated until the partner has
//! answered: at least once, with the same id and the same bytes every time.
//!
//! The form of messages, headers and signatures is that of the Standard Webhooks specification.

mod secret;
mod sign;
mod wire;

pub use secret::{SecretError, WebhookSealer, WebhookSecret};
pub use sign::signature;
pub use wire::{Answer, Hook, UrlRefusal, WebhookWire, check_url};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Statement, Value};

/// What a partner can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WebhookKind {
    /// Nothing of a set is active any more.
    GenerationCompleted,
    /// A poster is stored and paid for.
    PosterSucceeded,
    /// A poster failed and its credits are back.
    PosterRefunded,
    /// A recharge was paid and its credits are there.
    OrderPaid,
}

impl WebhookKind {
    /// Every kind, in the API's order.
    pub const ALL: [Self; 4] =
        [Self::GenerationCompleted, Self::PosterSucceeded, Self::PosterRefunded, Self::OrderPaid];

    /// The kind as it stands in a message's `type` and in the table.
    pub const fn code(self) -> &'static str {
        match self {
            Self::GenerationCompleted => "generation.completed",
            Self::PosterSucceeded => "poster.succeeded",
            Self::PosterRefunded => "poster.refunded",
            Self::OrderPaid => "order.paid",
        }
    }

    /// Reads a stored kind.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What a message tells of, as stored in `webhook_deliveries.source`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookSource {
    /// An event of a generation.
    Event {
        /// Of which generation.
        generation_id: String,
        /// Its place.
        seq: i64,
    },
    /// A recharge.
    Order(i64),
}

impl WebhookSource {
    /// The source as stored.
    pub fn code(&self) -> String {
        match self {
            Self::Event { generation_id, seq } => format!("{generation_id}#{seq}"),
            Self::Order(id) => format!("order:{id}"),
        }
    }

    /// Reads a stored source.
    pub fn from_code(code: &str) -> Option<Self> {
        if let Some(id) = code.strip_prefix("order:") {
            return id.parse().ok().map(Self::Order);
        }
        let (generation_id, seq) = code.split_once('#')?;
        Some(Self::Event { generation_id: generation_id.to_owned(), seq: seq.parse().ok()? })
    }
}

/// One row for each endpoint of the person that listens to this kind. `$1` is the kind, `$2` the
/// source, `$3` the time.
const ENQUEUE: &str = "INSERT INTO webhook_deliveries \
     (endpoint_id, user_id, kind, source, state, attempt, failures, run_after_ms, created_at_ms) \
     SELECT e.id, e.user_id, $1, $2, 'queued', 0, 0, $3, $3 FROM webhook_endpoints AS e \
     WHERE e.deleted_at_ms IS NULL AND e.disabled_at_ms IS NULL AND ' ' || e.kinds || ' ' LIKE '% ' || $1 || ' %' AND ";

/// Queues what a partner is told of an event, in the transaction that appends the event.
///
/// # Errors
/// Any database error.
pub async fn enqueue_event_in_txn(
    txn: &DatabaseTransaction,
    kind: WebhookKind,
    generation_id: &str,
    seq: i64,
    at_ms: i64,
) -> Result<(), DbErr> {
    let source = WebhookSource::Event { generation_id: generation_id.to_owned(), seq };
    let whose = "e.user_id = (SELECT g.user_id FROM generations AS g WHERE g.id = $4) ON CONFLICT DO NOTHING";
    enqueue(txn, kind, &source, at_ms, whose, generation_id.into()).await
}

/// Queues what a partner is told of a paid order, in the transaction that credits it.
///
/// # Errors
/// Any database error.
pub async fn enqueue_order_in_txn(
    txn: &DatabaseTransaction,
    user_id: i64,
    order_id: i64,
    at_ms: i64,
) -> Result<(), DbErr> {
    let source = WebhookSource::Order(order_id);
    enqueue(txn, WebhookKind::OrderPaid, &source, at_ms, "e.user_id = $4 ON CONFLICT DO NOTHING", user_id.into()).await
}

async fn enqueue(
    txn: &DatabaseTransaction,
    kind: WebhookKind,
    source: &WebhookSource,
    at_ms: i64,
    whose: &str,
    who: Value,
) -> Result<(), DbErr> {
    let values = [kind.code().into(), source.code().into(), at_ms.into(), who];
    let sql = format!("{ENQUEUE}{whose}");
    txn.execute_raw(Statement::from_sql_and_values(txn.get_database_backend(), sql, values)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_sources_have_one_spelling() {
        for kind in WebhookKind::ALL {
            assert_eq!(WebhookKind::from_code(kind.code()), Some(kind));
        }
        let event = WebhookSource::Event { generation_id: "session_20260110143052_a3f2".to_owned(), seq: 7 };
        assert_eq!(event.code(), "session_20260110143052_a3f2#7");
        for source in [event, WebhookSource::Order(12)] {
            assert_eq!(WebhookSource::from_code(&source.code()), Some(source));
        }
        for wrong in ["", "order:", "order:x", "session_20260110143052_a3f2", "a#b"] {
            assert_eq!(WebhookSource::from_code(wrong), None, "{wrong}");
        }
    }
}
