//! Reading events: a page of them, or all of them as they come.

use std::{collections::VecDeque, sync::Arc};

use ::entity::{
    edits,
    enums::{EditState, GenerationState},
    events, generations,
};
use futures_util::{Stream, stream};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Bell, Doorbell, Event, Topic};
use crate::database::Database;

/// Rows read at once: bounds the memory of a reader that starts far back.
const PAGE_ROWS: u64 = 64;

/// The events with `seq` greater than `after`, oldest first, at most `first`.
///
/// # Errors
/// Any database error.
pub async fn page(
    connection: &impl ConnectionTrait,
    generation_id: &str,
    after: i64,
    first: u64,
) -> Result<Vec<Event>, DbErr> {
    let rows = events::Entity::find()
        .filter(events::Column::GenerationId.eq(generation_id))
        .filter(events::Column::Seq.gt(after))
        .order_by_asc(events::Column::Seq)
        .limit(first)
        .all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            let fact = serde_json::from_str(&row.payload).map_err(|error| DbErr::Json(error.to_string()))?;
            Ok(Event { generation_id: row.generation_id, seq: row.seq, at_ms: row.at_ms, fact })
        })
        .collect()
}

/// Everything that a follower remembers between two events.
struct Follower {
    database: Database,
    doorbell: Arc<dyn Doorbell>,
    bell: Bell,
    generation_id: String,
    cursor: i64,
    ready: VecDeque<Event>,
    finished: bool,
}

/// Replays the events with `seq` greater than `after`, then goes on live, and ends once nothing of
/// the generation is active any more.
///
/// Each event comes exactly once and in order, whatever the doorbell does: the cursor is the
/// contract, the bell is only a reason to look.
pub fn follow(
    database: Database,
    doorbell: Arc<dyn Doorbell>,
    generation_id: String,
    after: i64,
) -> impl Stream<Item = Result<Event, DbErr>> + Send {
    // Listening starts before the first read: what is committed in between rings.
    let bell = doorbell.listen(Topic::Generation(generation_id.clone()));
    let follower =
        Follower { database, doorbell, bell, generation_id, cursor: after, ready: VecDeque::new(), finished: false };
    stream::unfold(follower, |mut follower| async move {
        let next = follower.next().await.transpose();
        next.map(|event| (event, follower))
    })
}

impl Follower {
    async fn next(&mut self) -> Result<Option<Event>, DbErr> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.cursor = event.seq;
                return Ok(Some(event));
            }
            if self.finished {
                return Ok(None);
            }
            // Nearly all of its life a follower waits for the bell. What it needs for reading, the
            // states of the queries and the buffer of a page, is therefore not kept in between.
            self.ready = VecDeque::new();
            let rows = Box::pin(page(self.database.read(), &self.generation_id, self.cursor, PAGE_ROWS)).await?;
            if !rows.is_empty() {
                self.ready.extend(rows);
                continue;
            }
            match Box::pin(self.final_seq()).await? {
                Some(last_seq) if self.cursor >= last_seq => self.finished = true,
                // An event came between the two reads: read again.
                Some(_) => {}
                // Either a ring or the tick: both only mean "look again".
                None => drop(tokio::time::timeout(self.doorbell.tick(), self.bell.rung()).await),
            }
        }
    }

    /// The last event there will be, when nothing is active; `None` while something is.
    async fn final_seq(&self) -> Result<Option<i64>, DbErr> {
        let connection = self.database.read();
        let Some(generation) = generations::Entity::find_by_id(&self.generation_id).one(connection).await? else {
            return Ok(Some(0));
        };
        if matches!(generation.state, GenerationState::Queued | GenerationState::Running) {
            return Ok(None);
        }
        let active_edits = edits::Entity::find()
            .filter(edits::Column::GenerationId.eq(&self.generation_id))
            .filter(edits::Column::State.is_in([EditState::Queued, EditState::Running]))
            .count(connection)
            .await?;
        // Read after the edits: an edit that ended in between has its event counted.
        if active_edits > 0 {
            return Ok(None);
        }
        let newest = generations::Entity::find_by_id(&self.generation_id).one(connection).await?;
        Ok(Some(newest.map_or(0, |generation| generation.last_seq)))
    }
}
