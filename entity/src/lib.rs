//! Haibao's tables as sea-orm 2 models, their stored enums and owner-scoped finders.
//!
//! Times are milliseconds since the Unix epoch, UTC; money is integers. Columns are documented on
//! the models; the items that the derive macros add are sea-orm's own.

#![expect(
    clippy::disallowed_methods,
    reason = "the model macro expands to methods that can begin transactions; nothing here calls them"
)]
#![allow(missing_docs, reason = "the derive macros make public items that cannot carry comments")]

pub mod api_keys;
pub mod audit_head;
pub mod audit_log;
pub mod debts;
pub mod edits;
pub mod enums;
pub mod events;
pub mod generations;
pub mod holds;
pub mod jobs;
pub mod ledger_entries;
pub mod orders;
pub mod payment_attempts;
pub mod payment_notifies;
pub mod payment_refunds;
pub mod posters;
pub mod provider_attempts;
pub mod revisions;
pub mod set_plans;
pub mod sign_in_sessions;
pub mod uploads;
pub mod users;
pub mod webhook_attempts;
pub mod webhook_deliveries;
pub mod webhook_endpoints;

pub mod scopes;
