//! Looks for anything that does not add up: money, work, events and files.

use ::entity::{generations, revisions};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::SelectStatement};
use serde::Serialize;

use super::{Context, ServiceError, audit_log::AuditChain};
use crate::{
    ledger::audit,
    storage::{StorageError, sha256_hex},
};

/// Rows read at once while the files are checked.
const BATCH_ROWS: u64 = 500;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A short stable name.
    pub id: String,
    /// What must hold, for people.
    pub says: String,
    /// How many rows or files break it.
    pub count: i64,
    /// The first few of them.
    pub examples: Vec<String>,
}

/// Runs every invariant and, when asked, compares every stored picture with its row.
///
/// # Errors
/// `Database` or `Storage`.
pub async fn examine(context: &Context, with_files: bool) -> Result<Vec<Finding>, ServiceError> {
    let mut findings: Vec<Finding> = audit::broken(context.database.read())
        .await?
        .into_iter()
        .map(|(invariant, count)| Finding {
            id: invariant.id.to_owned(),
            says: invariant.says.to_owned(),
            count,
            examples: Vec::new(),
        })
        .collect();
    if with_files {
        findings.extend(examine_files(context).await?);
    }
    Ok(findings)
}

/// What is wrong with the audit log, if anything is.
pub fn of_audit_log(log: &AuditChain) -> Option<Finding> {
    (log.broken > 0).then(|| Finding {
        id: "audit-log-is-whole".to_owned(),
        says: "every line of the audit log is there as it was written".to_owned(),
        count: log.broken,
        examples: log.examples.clone(),
    })
}

/// Every revision of a generation that is not deleted has its file, and the file its checksum.
async fn examine_files(context: &Context) -> Result<Vec<Finding>, ServiceError> {
    let mut missing = Finding {
        id: "picture-has-file".to_owned(),
        says: "every picture of a generation that is not deleted has its file".to_owned(),
        count: 0,
        examples: Vec::new(),
    };
    let mut altered = Finding {
        id: "file-matches-checksum".to_owned(),
        says: "every stored picture has the bytes that were paid for".to_owned(),
        count: 0,
        examples: Vec::new(),
    };
    let mut after = 0;
    loop {
        let rows = revisions::Entity::find()
            .filter(revisions::Column::Id.gt(after))
            .filter(revisions::Column::GenerationId.in_subquery(living_generations()))
            .order_by_asc(revisions::Column::Id)
            .limit(BATCH_ROWS)
            .all(context.database.read())
            .await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            match context.storage.get(&row.object_key).await {
                Ok(bytes) if sha256_hex(&bytes) == row.sha256 => {}
                Ok(_) => note(&mut altered, &row.object_key),
                Err(StorageError::NotFound(_)) => note(&mut missing, &row.object_key),
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok([missing, altered].into_iter().filter(|finding| finding.count > 0).collect())
}

fn living_generations() -> SelectStatement {
    generations::Entity::find()
        .select_only()
        .column(generations::Column::Id)
        .filter(generations::Column::DeletedAtMs.is_null())
        .into_query()
}

fn note(finding: &mut Finding, example: &str) {
    finding.count += 1;
    if finding.examples.len() < 5 {
        finding.examples.push(example.to_owned());
    }
}
