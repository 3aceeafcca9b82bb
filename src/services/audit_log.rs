//! The audit log: who did what to money and access.

use std::net::IpAddr;

use ::entity::audit_log;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, DbErr, EntityTrait,
};

/// One line of the audit log.
#[derive(Clone, Debug)]
pub struct AuditLine<'a> {
    /// `user:<id>`, `operator` or `system`.
    pub actor: String,
    /// What was done: `sign_in`, `order.paid`, `api_key.revoked` …
    pub action: &'a str,
    /// To what: `order:12`.
    pub object: String,
    /// With what result; no secrets, no personal data.
    pub outcome: &'a str,
    /// From which network address.
    pub address: Option<IpAddr>,
}

/// Appends a line; it is there exactly when what it tells of is.
///
/// # Errors
/// Any database error.
pub async fn append_in_txn(txn: &DatabaseTransaction, line: AuditLine<'_>, at_ms: i64) -> Result<(), DbErr> {
    let row = audit_log::ActiveModel {
        id: NotSet,
        at_ms: Set(at_ms),
        actor: Set(line.actor),
        action: Set(line.action.to_owned()),
        object: Set(line.object),
        outcome: Set(line.outcome.to_owned()),
        address: Set(line.address.map(|address| address.to_canonical().to_string())),
    };
    audit_log::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}
