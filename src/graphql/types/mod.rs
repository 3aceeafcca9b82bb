//! Wire types: newtypes over stored rows, so that a new column is never public by itself.

pub mod account;
pub mod catalogue;
pub mod events;
pub mod exports;
pub mod generation;
pub mod money;
pub mod poster;
pub mod webhooks;

pub use account::{ApiKey, User};
pub use catalogue::{Dimension, Studio};
pub use events::GenerationEvent;
pub use exports::{ExportCheck, ExportMarket, PosterExports};
pub(super) use generation::GenerationCount;
pub use generation::{Generation, GenerationConnection, GenerationSummary};
pub use money::{LedgerEntry, LedgerEntryConnection, Order, OrderConnection, Quote, Wallet};
pub use poster::{Edit, Failure, Poster, Revision};
pub use webhooks::{WebhookDelivery, WebhookEndpoint};

/// Anything with an id of its own.
#[derive(async_graphql::Interface)]
#[graphql(field(name = "id", ty = "async_graphql::ID", desc = "Opaque; names this object everywhere."))]
pub enum Node {
    /// An account.
    User(User),
    /// A set of posters.
    Generation(Generation),
    /// One dimension inside a set.
    Poster(Poster),
    /// One stored picture.
    Revision(Revision),
    /// A request to change a picture.
    Edit(Edit),
    /// A recharge.
    Order(Order),
    /// A line of the ledger.
    LedgerEntry(LedgerEntry),
    /// A partner's key.
    ApiKey(ApiKey),
    /// Where a partner is told what happens.
    WebhookEndpoint(WebhookEndpoint),
    /// What a partner was told.
    WebhookDelivery(WebhookDelivery),
}
