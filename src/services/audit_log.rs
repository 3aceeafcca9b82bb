//! The audit log: who did what to money and access.
//!
//! Each line carries a hash over itself and the line before, and `audit_head` keeps the newest one: a
//! line that was changed, taken out or put in, past the triggers that refuse all of it, breaks the
//! chain. Whoever can rewrite the whole table can make a new chain; against that, the head that
//! `haibao doctor` prints is noted somewhere else now and then.

use std::net::IpAddr;

use ::entity::{audit_head, audit_log};
use ring::digest;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

/// The only row of `audit_head`.
const HEAD: i64 = 1;
/// Lines read at once while the chain is checked.
const BATCH_ROWS: u64 = 2_000;
/// Broken places that are named.
const EXAMPLES_MAX: usize = 5;

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

/// The state of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditChain {
    /// Lines in the chain.
    pub lines: i64,
    /// The newest line's hash: what to note somewhere else.
    pub head: String,
    /// Places where it is broken.
    pub broken: i64,
    /// The first of them, for people.
    pub examples: Vec<String>,
}

impl AuditChain {
    fn note(&mut self, place: String) {
        self.broken += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(place);
        }
    }
}

/// Appends a line; it is there exactly when what it tells of is.
///
/// The head's row is locked until the transaction ends (on SQLite the whole database is ours already),
/// so this is the last thing a transaction locks: after the order's and the user's rows.
///
/// # Errors
/// Any database error.
pub async fn append_in_txn(txn: &DatabaseTransaction, line: AuditLine<'_>, at_ms: i64) -> Result<(), DbErr> {
    let head = audit_head::Entity::find_by_id(HEAD).lock_exclusive().one(txn).await?;
    let head = head.ok_or_else(|| DbErr::RecordNotFound("the head of the audit log".to_owned()))?;
    let previous = if head.seq == 0 { before_the_chain(txn).await? } else { head.hash };
    let row = audit_log::Model {
        id: 0,
        at_ms,
        actor: line.actor,
        action: line.action.to_owned(),
        object: line.object,
        outcome: line.outcome.to_owned(),
        address: line.address.map(|address| address.to_canonical().to_string()),
        seq: Some(head.seq + 1),
        hash: None,
    };
    let hash = link(&previous, &row);
    let written = audit_log::ActiveModel {
        id: NotSet,
        at_ms: Set(row.at_ms),
        actor: Set(row.actor),
        action: Set(row.action),
        object: Set(row.object),
        outcome: Set(row.outcome),
        address: Set(row.address),
        seq: Set(row.seq),
        hash: Set(Some(hash.clone())),
    };
    audit_log::Entity::insert(written).exec_without_returning(txn).await?;
    audit_head::Entity::update_many()
        .col_expr(audit_head::Column::Seq, Expr::value(head.seq + 1))
        .col_expr(audit_head::Column::Hash, Expr::value(hash))
        .filter(audit_head::Column::Id.eq(HEAD))
        .exec(txn)
        .await?;
    Ok(())
}

/// Follows the chain from its beginning to its head. All of it must be seen at one moment: give it a
/// transaction ([`crate::database::Database::snapshot`]).
///
/// # Errors
/// Any database error.
pub async fn verify(connection: &impl ConnectionTrait) -> Result<AuditChain, DbErr> {
    let mut chain = AuditChain::default();
    let mut previous = before_the_chain(connection).await?;
    loop {
        let rows = audit_log::Entity::find()
            .filter(audit_log::Column::Seq.gt(chain.lines))
            .order_by_asc(audit_log::Column::Seq)
            .limit(BATCH_ROWS)
            .all(connection)
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let seq = row.seq.unwrap_or_default();
            if seq != chain.lines + 1 {
                chain.note(format!("lines {} to {} are missing", chain.lines + 1, seq - 1));
            } else if row.hash.as_deref() != Some(&link(&previous, &row)) {
                // Goes on with the hash that is there, so that one changed line is one place and not all after it.
                chain.note(format!("line {seq} ({}, {}) is not what was written", row.action, row.object));
            }
            chain.lines = seq;
            previous = row.hash.unwrap_or_default();
        }
    }
    let head = audit_head::Entity::find_by_id(HEAD).one(connection).await?;
    let is_head = |head: &audit_head::Model| head.seq == chain.lines && (head.seq == 0 || head.hash == previous);
    if !head.as_ref().is_some_and(is_head) {
        let said = head.as_ref().map_or(0, |head| head.seq);
        chain.note(format!("the log ends with line {}, its head says {said}", chain.lines));
    }
    chain.head = head.map(|head| head.hash).unwrap_or_default();
    Ok(chain)
}

/// One hash over all lines from before the chain; the chain begins with it.
async fn before_the_chain(connection: &impl ConnectionTrait) -> Result<String, DbErr> {
    let (mut hash, mut after) = (String::new(), 0);
    loop {
        let rows = audit_log::Entity::find()
            .filter(audit_log::Column::Seq.is_null())
            .filter(audit_log::Column::Id.gt(after))
            .order_by_asc(audit_log::Column::Id)
            .limit(BATCH_ROWS)
            .all(connection)
            .await?;
        let Some(last) = rows.last() else { return Ok(hash) };
        after = last.id;
        hash = rows.iter().fold(hash, |hash, row| link(&hash, row));
    }
}

/// SHA-256 over the hash before and every column, each with its length, so that no text can move from one
/// column into another.
fn link(previous: &str, row: &audit_log::Model) -> String {
    let numbers = [row.seq.unwrap_or_default(), row.at_ms].map(|number| number.to_string());
    let texts = [previous, &numbers[0], &numbers[1], &row.actor, &row.action, &row.object, &row.outcome];
    let address = row.address.iter().map(String::as_str);
    let mut context = digest::Context::new(&digest::SHA256);
    for text in texts.into_iter().chain(address) {
        context.update(text.len().to_string().as_bytes());
        context.update(b":");
        context.update(text.as_bytes());
    }
    hex::encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::testing::House;

    async fn write(house: &House, lines: usize) {
        for number in 0..lines {
            let txn = house.context.database.write().await.unwrap();
            let line = AuditLine {
                actor: "operator".to_owned(),
                action: "test.done",
                object: format!("thing:{number}"),
                outcome: "ok",
                address: (number % 2 == 0).then(|| "203.0.113.9".parse().unwrap()),
            };
            append_in_txn(&txn, line, 1_000 + number as i64).await.unwrap();
            txn.commit().await.unwrap();
        }
    }

    async fn seen(house: &House) -> AuditChain {
        let snapshot = house.context.database.snapshot().await.unwrap();
        verify(&snapshot).await.unwrap()
    }

    #[tokio::test]
    async fn every_tampering_with_the_log_is_seen() {
        let house = House::open().await;
        assert_eq!(seen(&house).await, AuditChain::default(), "an empty log is whole");
        // Two lines from before there was a chain.
        raw(&house, "DROP TRIGGER audit_log_is_chained").await;
        for number in 0..2 {
            let old = "INSERT INTO audit_log (at_ms, actor, action, object, outcome) VALUES (1, 'a', 'b', 'c', ";
            raw(&house, &format!("{old}'{number}')")).await;
        }
        write(&house, 6).await;
        let whole = seen(&house).await;
        assert_eq!((whole.lines, whole.broken, whole.head.len()), (6, 0, 64));
        for trigger in ["audit_log_never_updated", "audit_log_never_deleted", "audit_head_follows_log"] {
            raw(&house, &format!("DROP TRIGGER {trigger}")).await;
        }
        for fault in [
            "UPDATE audit_log SET actor = 'user:7' WHERE seq = 3",
            "UPDATE audit_log SET action = 'test.undone' WHERE seq = 1",
            "UPDATE audit_log SET object = 'thing:9' WHERE seq = 6",
            "UPDATE audit_log SET outcome = 'no' WHERE seq = 2",
            "UPDATE audit_log SET at_ms = at_ms + 1 WHERE seq = 4",
            "UPDATE audit_log SET address = NULL WHERE seq = 1",
            "UPDATE audit_log SET address = '' WHERE seq = 2",
            "UPDATE audit_log SET hash = 'x' WHERE seq = 6",
            "UPDATE audit_log SET actor = 'thing', object = 'operator:2' WHERE seq = 3",
            "UPDATE audit_log SET outcome = 'x' WHERE seq IS NULL AND outcome = '1'",
            "DELETE FROM audit_log WHERE seq IS NULL AND outcome = '0'",
            "DELETE FROM audit_log WHERE seq = 1",
            "DELETE FROM audit_log WHERE seq = 3",
            "DELETE FROM audit_log WHERE seq = 6",
            "DELETE FROM audit_log WHERE seq > 2",
            "DELETE FROM audit_log",
            "INSERT INTO audit_log (at_ms, actor, action, object, outcome) VALUES (1, 'a', 'b', 'c', 'late')",
            "INSERT INTO audit_log (at_ms, actor, action, object, outcome, seq, hash) VALUES (1, 'a', 'b', 'c', 'd', 7, 'h')",
            "UPDATE audit_head SET seq = 5, hash = (SELECT hash FROM audit_log WHERE seq = 5)",
            "UPDATE audit_head SET hash = 'x'",
            "DELETE FROM audit_log WHERE seq IN (5, 6); UPDATE audit_head SET seq = 4",
        ] {
            let txn = house.context.database.write().await.unwrap();
            for statement in fault.split("; ") {
                assert!(txn.execute_unprepared(statement).await.unwrap().rows_affected() > 0, "{statement}");
            }
            let chain = verify(&txn).await.unwrap();
            assert!(chain.broken > 0 && !chain.examples.is_empty(), "{fault}");
            txn.rollback().await.unwrap();
        }
        assert_eq!(seen(&house).await, whole, "each fault was taken back");
    }

    #[tokio::test]
    async fn one_changed_line_is_one_broken_place() {
        let house = House::open().await;
        write(&house, 6).await;
        raw(&house, "DROP TRIGGER audit_log_never_updated").await;
        raw(&house, "UPDATE audit_log SET outcome = 'no' WHERE seq = 2").await;
        let chain = seen(&house).await;
        assert_eq!(chain.broken, 1);
        assert_eq!(chain.examples, ["line 2 (test.done, thing:1) is not what was written"]);
    }

    #[tokio::test]
    async fn what_is_rolled_back_leaves_no_hole() {
        let house = House::open().await;
        write(&house, 2).await;
        let txn = house.context.database.write().await.unwrap();
        let line = AuditLine {
            actor: "system".to_owned(),
            action: "never",
            object: String::new(),
            outcome: "ok",
            address: None,
        };
        append_in_txn(&txn, line, 0).await.unwrap();
        txn.rollback().await.unwrap();
        write(&house, 2).await;
        let chain = seen(&house).await;
        assert_eq!((chain.lines, chain.broken), (4, 0));
    }

    async fn raw(house: &House, sql: &str) {
        let txn = house.context.database.write().await.unwrap();
        txn.execute_unprepared(sql).await.unwrap();
        txn.commit().await.unwrap();
    }
}
