//! Every write between a stored picture and the event that tells of it fails once: nothing of the ending
//! may be there, no credit may be lost, and the next process carries the poster to its end, once.
//!
//! The faults are triggers of the database, so the code under test is the code that runs; kills at any
//! moment are in `kill`, panics, hangs and garbage of vendors in `generation` and `vendor_faults`.

use std::time::Duration;

use entity::{
    enums::{EventKind, HoldState, PosterState},
    events, holds, revisions,
};
use haibao::providers::image::ScriptedProvider;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tokio_util::sync::CancellationToken;

use crate::support::{database::Engine, house::House, run};

/// The writes of a poster's ending, in their order.
const WRITES: [(&str, &str); 9] = [
    ("the job is done", "UPDATE ON jobs WHEN NEW.state = 'done' AND NEW.kind = 'render_poster'"),
    ("the hold is captured", "UPDATE ON holds WHEN NEW.state = 'captured'"),
    ("the ledger says so", "INSERT ON ledger_entries WHEN NEW.kind = 'capture'"),
    ("the balance follows", "UPDATE ON users WHEN NEW.frozen < OLD.frozen"),
    ("the picture has its row", "INSERT ON revisions WHEN NEW.name = 'prime'"),
    ("the poster succeeded", "UPDATE ON posters WHEN NEW.state = 'succeeded'"),
    ("the event is told", "INSERT ON events WHEN NEW.kind = 'poster_succeeded'"),
    ("the set is completed", "UPDATE ON generations WHEN NEW.state = 'completed'"),
    ("the end is told", "INSERT ON events WHEN NEW.kind = 'generation_completed'"),
];

async fn raw(house: &House, sql: &str) {
    let txn = house.database().write().await.expect("a transaction");
    txn.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    txn.commit().await.expect("committed");
}

#[test]
fn each_write_of_a_posters_ending_fails_once() {
    run(async {
        for (write, when) in WRITES {
            let house = House::new(Engine::Sqlite, ScriptedProvider::new(), 4).await;
            let id = house.create("k", &[0]).await;
            raw(&house, &format!("CREATE TRIGGER fault BEFORE {when} BEGIN SELECT RAISE(ABORT, 'planted'); END")).await;
            let picture = house.folder.path().join(format!("outputs/{}/{id}/00-prime.jpg", house.viewer.user_id));
            let shutdown = CancellationToken::new();
            let stored = async {
                while !picture.exists() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                // The ending follows at once; the worker is waited for below.
                shutdown.cancel();
            };
            let (worked, ()) = tokio::join!(house.engine.run(shutdown.clone()), stored);
            worked.expect("the engine works");

            let reader = house.database().read();
            assert_eq!(house.wallet().await, (0, 4), "{write}: the credits stay frozen");
            assert_eq!(revisions::Entity::find().count(reader).await.expect("a count"), 0, "{write}");
            assert_ne!(house.posters_of(&id).await[0].state, PosterState::Succeeded, "{write}");
            house.assert_sound().await;

            raw(&house, "DROP TRIGGER fault").await;
            house.clock.advance_ms(31_000);
            house.work_until_idle().await;
            assert_eq!(house.wallet().await, (0, 0), "{write}: paid once");
            assert_eq!(house.posters_of(&id).await[0].state, PosterState::Succeeded, "{write}");
            let told = events::Entity::find().filter(events::Column::Kind.eq(EventKind::PosterSucceeded));
            assert_eq!(told.count(reader).await.expect("a count"), 1, "{write}: told once");
            let captured = holds::Entity::find().filter(holds::Column::State.eq(HoldState::Captured));
            assert_eq!(captured.count(reader).await.expect("a count"), 1, "{write}");
            house.assert_sound().await;
        }
    });
}
