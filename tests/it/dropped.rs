//! Requests that are dropped half-way, as when a browser leaves: the writer is free afterwards, and no
//! reader stays behind in a moment that has passed.

use std::time::Duration;

use entity::users;
use futures_util::future::join_all;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::support::{
    database::{TestDatabase, engines},
    rows, run,
};

/// Requests at a time, and how often.
const AT_ONCE: u64 = 16;
const ROUNDS: u64 = 60;

#[test]
fn requests_that_are_dropped_half_way_leave_nothing_behind() {
    run(async {
        for engine in engines() {
            let test = TestDatabase::new(engine).await;
            let database = &test.database;
            for round in 0..ROUNDS {
                let requests = (0..AT_ONCE).map(|number| async move {
                    // Some are dropped before they have the writer, some in their statements, some in their commit.
                    let patience = Duration::from_micros(40 * (number * 13 + round * 7) % 4_000);
                    let request = async {
                        if number % 3 == 0 {
                            let txn = database.write().await?;
                            rows::user(&txn, &format!("{round}-{number}@example.com")).await;
                            return txn.commit().await;
                        }
                        let newest = users::Entity::find().order_by_desc(users::Column::Id).limit(number);
                        if number % 3 == 1 {
                            newest.all(database.read()).await?;
                        } else {
                            newest.one(database.read()).await?;
                        }
                        Ok(())
                    };
                    if let Ok(ended) = tokio::time::timeout(patience, request).await {
                        ended.expect("what is not dropped succeeds");
                    }
                });
                join_all(requests).await;

                let txn = tokio::time::timeout(Duration::from_secs(5), database.write()).await;
                let txn = txn.expect("the writer is free").expect("a transaction");
                let newest = format!("after-{round}@example.com");
                rows::user(&txn, &newest).await;
                txn.commit().await.expect("committed");
                // More at a time than there are readers: each of them is asked. They are not asked for a number of
                // rows: a commit that was sent before its request was dropped may still arrive on PostgreSQL.
                let asked = || users::Entity::find().filter(users::Column::Email.eq(&newest)).count(database.read());
                let seen = join_all((0..8).map(|_| asked())).await;
                let seen: Vec<u64> = seen.into_iter().map(|count| count.expect("a count")).collect();
                assert_eq!(seen, [1; 8], "{engine:?} after {round}");
            }
        }
    });
}
