//! The statement: every movement of an account's credits with the balance after it, as CSV for a
//! spreadsheet, oldest first.

use std::collections::HashMap;

use ::entity::{edits, holds, ledger_entries, orders, posters, scopes};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{ApiScope, Context, ServiceError, Viewer, accounts::account};
use crate::clock::from_ms;

/// Movements read at once: a statement of any length needs the memory of one page.
const PAGE_ROWS: u64 = 500;

/// The first line. It begins with a byte-order mark, without which spreadsheets take UTF-8 for something
/// else.
const HEADER: &str = "\u{feff}time,kind,credits,frozen,credits_after,frozen_after,order,trade_no,set,poster,edit\r\n";

/// An operator's way to an account.
///
/// # Errors
/// `Database`.
pub async fn account_id(context: &Context, email: &str) -> Result<Option<i64>, ServiceError> {
    Ok(account(context.database.read(), email).await?.map(|user| user.id))
}

/// A statement, read page by page.
#[derive(Clone, Debug)]
pub struct Pages {
    user_id: i64,
    after: Option<i64>,
    has_ended: bool,
}

impl Pages {
    /// The viewer's own statement.
    ///
    /// # Errors
    /// `Forbidden` for a key that may not read the ledger.
    pub fn own(viewer: &Viewer) -> Result<Self, ServiceError> {
        viewer.require(ApiScope::BillingRead)?;
        Ok(Self::of(viewer.user_id))
    }

    /// Anybody's statement, for operators.
    pub const fn of(user_id: i64) -> Self {
        Self { user_id, after: None, has_ended: false }
    }

    /// The next lines, the first with the header; none after the last.
    ///
    /// # Errors
    /// `Database`.
    pub async fn next(&mut self, context: &Context) -> Result<Option<String>, ServiceError> {
        if self.has_ended {
            return Ok(None);
        }
        let mut text = if self.after.is_none() { HEADER.to_owned() } else { String::new() };
        let connection = context.database.read();
        // By the version, which is dense, and not by the row's number: the chain is the order of the balance.
        let rows = ledger_entries::Entity::find()
            .filter(ledger_entries::Column::UserId.eq(self.user_id))
            .filter(ledger_entries::Column::WalletVersion.gt(self.after.unwrap_or(0)))
            .order_by_asc(ledger_entries::Column::WalletVersion)
            .limit(PAGE_ROWS)
            .all(connection)
            .await?;
        self.has_ended = (rows.len() as u64) < PAGE_ROWS;
        self.after = Some(rows.last().map_or(0, |row| row.wallet_version));

        let order_ids: Vec<i64> = rows.iter().filter_map(|row| row.order_id).collect();
        let found = scopes::orders_of(self.user_id).filter(orders::Column::Id.is_in(order_ids)).all(connection).await?;
        let orders: HashMap<i64, orders::Model> = found.into_iter().map(|order| (order.id, order)).collect();
        let hold_ids: Vec<i64> = rows.iter().filter_map(|row| row.hold_id).collect();
        let found = holds::Entity::find().filter(holds::Column::Id.is_in(hold_ids)).all(connection).await?;
        let poster_ids: Vec<i64> = found.iter().map(|hold| hold.poster_id).collect();
        let edit_ids: Vec<i64> = found.iter().filter_map(|hold| hold.edit_id).collect();
        let holds: HashMap<i64, holds::Model> = found.into_iter().map(|hold| (hold.id, hold)).collect();
        let found = posters::Entity::find().filter(posters::Column::Id.is_in(poster_ids)).all(connection).await?;
        let dimensions: HashMap<i64, i32> = found.into_iter().map(|poster| (poster.id, poster.dimension)).collect();
        let found = edits::Entity::find().filter(edits::Column::Id.is_in(edit_ids)).all(connection).await?;
        let edits: HashMap<i64, edits::Model> = found.into_iter().map(|edit| (edit.id, edit)).collect();

        for row in &rows {
            let order = row.order_id.and_then(|id| orders.get(&id));
            let hold = row.hold_id.and_then(|id| holds.get(&id));
            let kind = serde_json::to_value(row.kind).ok();
            let cells = [
                iso(row.at_ms),
                kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
                row.credits_delta.to_string(),
                row.frozen_delta.to_string(),
                row.credits_after.to_string(),
                row.frozen_after.to_string(),
                order.map(|order| format!("order_{}", order.id)).unwrap_or_default(),
                order.and_then(|order| order.trade_no.clone()).unwrap_or_default(),
                hold.map(|hold| hold.generation_id.clone()).unwrap_or_default(),
                hold.and_then(|hold| dimensions.get(&hold.poster_id))
                    .map(|dimension| format!("{dimension:02}"))
                    .unwrap_or_default(),
                hold.and_then(|hold| edits.get(&hold.edit_id?)).map(|edit| edit.prompt.clone()).unwrap_or_default(),
            ];
            let line: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            text.push_str(&line.join(","));
            text.push_str("\r\n");
        }
        Ok(Some(text))
    }
}

fn iso(ms: i64) -> String {
    from_ms(ms).format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

/// A cell that stays one, and that no spreadsheet takes for a formula: what a seller wrote may be opened
/// by somebody else. Numbers keep their sign.
fn quoted(cell: &str) -> String {
    let is_number = cell.strip_prefix('-').unwrap_or(cell).bytes().all(|b| b.is_ascii_digit());
    let is_formula = !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use ::entity::enums::OrderStatus;
    use sea_orm::{
        ActiveModelTrait,
        ActiveValue::{NotSet, Set},
    };

    use super::*;
    use crate::{
        ledger,
        services::testing::{House, NOW_MS},
    };

    async fn lines(house: &House, viewer: &Viewer) -> Vec<String> {
        let (mut pages, mut text) = (Pages::own(viewer).unwrap(), String::new());
        while let Some(page) = pages.next(&house.context).await.unwrap() {
            text.push_str(&page);
        }
        text.strip_prefix('\u{feff}').unwrap().lines().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn every_movement_stands_with_the_balance_after_it() {
        let house = House::open().await;
        let (me, other) = (house.person("li@example.com").await, house.person("wang@example.com").await);
        let txn = house.context.database.write().await.unwrap();
        let order = orders::ActiveModel {
            id: NotSet,
            user_id: Set(me.user_id),
            amount: Set(40),
            status: Set(OrderStatus::Paid),
            trade_no: Set(Some("=T,1".to_owned())),
            amount_fen: Set(400),
            channel: Set("sandbox".to_owned()),
            idempotency_key: Set(None),
            request_sha256: Set(String::new()),
            created_at_ms: Set(NOW_MS),
            paid_at_ms: Set(Some(NOW_MS)),
            expires_at_ms: Set(None),
        };
        let order = order.insert(&txn).await.unwrap();
        ledger::deposit_in_txn(&txn, me.user_id, order.id, 40, NOW_MS).await.unwrap();
        for number in 0..PAGE_ROWS {
            let note = "by hand".to_owned();
            ledger::adjust_in_txn(
                &txn,
                me.user_id,
                if number % 2 == 0 { -3 } else { 3 },
                number.to_string(),
                note,
                NOW_MS,
            )
            .await
            .unwrap();
        }
        ledger::grant_in_txn(&txn, other.user_id, 7, "g".to_owned(), None, NOW_MS).await.unwrap();
        txn.commit().await.unwrap();

        let mine = lines(&house, &me).await;
        assert_eq!(mine.len(), 2 + PAGE_ROWS as usize, "more than a page, nothing twice and nothing of others");
        assert!(mine[0].starts_with("time,kind,credits,"));
        assert!(mine[1].ends_with(",deposit,40,0,40,0,order_1,\"'=T,1\",,,"), "{}", mine[1]);
        assert!(mine[2].ends_with(",adjustment,-3,0,37,0,,,,,"), "{}", mine[2]);
        let mut balance = 0;
        for line in &mine[1..] {
            let cells: Vec<&str> = line.split(',').collect();
            balance += cells[2].parse::<i64>().unwrap();
            assert_eq!(cells[4].parse::<i64>().unwrap(), balance, "{line}");
        }
        assert_eq!(lines(&house, &other).await.len(), 2);
        let nobody = house.person("zhao@example.com").await;
        assert_eq!(lines(&house, &nobody).await.len(), 1, "a header alone");
    }

    #[test]
    fn cells_stay_cells() {
        for (cell, written) in [
            ("-4", "-4"),
            ("", ""),
            ("红,色", "\"红,色\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+1", "'=1+1"),
            ("-cmd", "'-cmd"),
            ("@x", "'@x"),
            ("a\nb", "\"a\nb\""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }
}
