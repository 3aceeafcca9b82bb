//! Every moment at which a job waits for something, between the hold of its credits and the event that
//! tells of its end: the wait fails, the database is gone, it panics, the process ends, or it takes
//! until another worker has done the work. Whatever happens, credits are captured or released once,
//! one picture is there, and its end is told once.
//!
//! How many moments there are is counted first; of these and the five faults some are drawn.
//! `TEST_SEED=<seed>` draws the same ones again, `TEST_FAULTS=100` more of them, `TEST_FAULTS=all` all,
//! on both databases. What the end of the real process leaves behind is in `kill` and `steps`.

use std::time::Duration;

use entity::{
    edits,
    enums::{EditMode, EditState, EventKind, HoldState, PosterState},
    events, holds, revisions,
};
use haibao::{
    domain::{Dimension, RevisionName},
    engine::faults::Fault,
    ids::{IdSource, SeededIds, SystemIds},
    ledger::audit,
    providers::image::{Script, ScriptedProvider},
    services::edits::{CreateEdit, EditOutcome, PictureName},
    storage::sha256_hex,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use tokio_util::sync::CancellationToken;

use crate::support::{database::engines, environment, house::House, run};

/// Past a lease.
const LEASE_OVER_MS: i64 = 31_000;
/// How long another worker may take to finish what a delayed one holds, before the delay ends; where the
/// delayed one is inside a transaction, nobody else can.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Faults that have to happen to each kind of work.
const DRAWN: usize = 8;
/// How often at most a fault is tried for each that has to happen.
const TRIES: usize = 6;

/// What is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Poster,
    RefusedPoster,
    Edit,
}

/// A house whose second dimension is refused, with a finished set to edit.
struct Site {
    house: House,
    prime: PictureName,
    made: usize,
}

impl Site {
    async fn new(backend: crate::support::database::Engine) -> Self {
        let provider = ScriptedProvider::new().with(Dimension::Lifestyle, [Script::Refused]);
        let house = House::new(backend, provider, 1_000_000).await;
        let generation_id = house.create("first", &[0]).await;
        house.work_until_idle().await;
        let prime = PictureName { generation_id, dimension: Dimension::Hero, name: RevisionName::Prime };
        Self { house, prime, made: 0 }
    }

    /// Asks for the next piece of work and returns what names it.
    async fn ask(&mut self, work: Work) -> Asked {
        self.made += 1;
        let key = format!("work-{}", self.made);
        match work {
            Work::Poster => Asked::Generation(self.house.create(&key, &[0]).await),
            Work::RefusedPoster => Asked::Generation(self.house.create(&key, &[1]).await),
            Work::Edit => {
                let input = CreateEdit {
                    idempotency_key: key,
                    base: self.prime.clone(),
                    mode: EditMode::WholeImage,
                    prompt: "换成暖色调".to_owned(),
                    mask_id: None,
                    reference_id: None,
                };
                match self.house.edits.create(&self.house.viewer, input).await.expect("an answer") {
                    EditOutcome::Queued(edit, _) => Asked::Edit(edit.id),
                    other => panic!("the edit is accepted: {other:?}"),
                }
            }
        }
    }

    /// Works until nothing is due, with this fault on the way. Whether it happened.
    async fn work(&self, at: usize, fault: Fault) -> bool {
        let house = &self.house;
        let faults = house.engine.faults();
        faults.arm(at, fault);
        let shutdown = CancellationToken::new();
        let mut has_struck = false;
        let watching = async {
            tokio::select! {
                () = faults.struck() => has_struck = true,
                () = house.idle() => {}
            }
            if has_struck {
                // A fault in the middle of anything leaves the books as they were.
                let broken = audit::broken(house.database().read()).await.expect("the audit runs");
                assert!(broken.is_empty(), "at once: {broken:?}");
            }
            if has_struck && fault == Fault::Delay {
                house.clock.advance_ms(LEASE_OVER_MS);
                // What holds a transaction open holds the sweeper up, until it may go on.
                let taken_over = async {
                    house.engine.sweep_once().await.expect("expired leases go back into the queue");
                    house.idle().await;
                };
                let _ = tokio::time::timeout(PATIENCE, taken_over).await;
                faults.release();
            }
            if has_struck && fault != Fault::Error {
                house.clock.advance_ms(LEASE_OVER_MS);
                house.engine.sweep_once().await.expect("expired leases go back into the queue");
            }
            house.idle().await;
            shutdown.cancel();
        };
        let (worked, ()) = tokio::join!(
            async {
                // A worker whose job was aborted never comes back.
                tokio::select! {
                    worked = house.engine.run(shutdown.clone()) => worked,
                    () = async { shutdown.cancelled().await; tokio::time::sleep(Duration::from_millis(300)).await } => Ok(()),
                }
            },
            watching
        );
        worked.expect("the engine works");
        has_struck
    }

    /// Exactly one of everything, whatever happened.
    async fn assert_ended_once(&self, asked: &Asked, work: Work) {
        let reader = self.house.database().read();
        let (told_as, held, pictures, told) = match asked {
            Asked::Generation(id) => {
                let poster = self.house.posters_of(id).await.remove(0);
                let expected =
                    if work == Work::Poster { (PosterState::Succeeded, 4, 0) } else { (PosterState::Refunded, 0, 4) };
                assert_eq!((poster.state, poster.credits_captured, poster.credits_released), expected);
                let kind = if work == Work::Poster { EventKind::PosterSucceeded } else { EventKind::PosterRefunded };
                let told = events::Entity::find()
                    .filter(events::Column::GenerationId.eq(id))
                    .filter(events::Column::Kind.is_in([kind, EventKind::GenerationCompleted]));
                let held = holds::Entity::find().filter(holds::Column::PosterId.eq(poster.id));
                let pictures = revisions::Entity::find().filter(revisions::Column::PosterId.eq(poster.id));
                (2, held, pictures, told)
            }
            Asked::Edit(id) => {
                let edit = edits::Entity::find_by_id(*id).one(reader).await.expect("an answer").expect("the edit");
                assert_eq!((edit.state, edit.credits_captured), (EditState::Succeeded, 4));
                let told = events::Entity::find()
                    .filter(events::Column::GenerationId.eq(&self.prime.generation_id))
                    .filter(events::Column::Kind.eq(EventKind::EditSucceeded));
                let told = told.count(reader).await.expect("a count");
                assert_eq!(told as usize, self.edits_made().await, "each edit is told of once");
                let held = holds::Entity::find().filter(holds::Column::EditId.eq(*id));
                let pictures = revisions::Entity::find().filter(revisions::Column::EditId.eq(*id));
                let none = events::Entity::find().filter(events::Column::GenerationId.eq("none"));
                (0, held, pictures, none)
            }
        };
        assert_eq!(told.count(reader).await.expect("a count"), told_as, "its end and the set's are told once");
        let held = held.all(reader).await.expect("the holds");
        let expected = if work == Work::RefusedPoster { HoldState::Released } else { HoldState::Captured };
        assert_eq!(held.iter().map(|hold| hold.state).collect::<Vec<_>>(), [expected], "one hold, settled");
        let pictures = pictures.all(reader).await.expect("the pictures");
        assert_eq!(pictures.len(), usize::from(work != Work::RefusedPoster), "one picture, or none");
        for picture in &pictures {
            let bytes = self.house.context.storage.get(&picture.object_key).await.expect("its file");
            assert_eq!(sha256_hex(&bytes), picture.sha256, "the file is the one that was paid for");
        }
        assert_eq!(self.house.wallet().await.1, 0, "nothing stays frozen");
        self.house.assert_sound().await;
    }

    async fn edits_made(&self) -> usize {
        edits::Entity::find().count(self.house.database().read()).await.expect("a count") as usize
    }
}

/// What was asked for.
#[derive(Debug)]
enum Asked {
    Generation(String),
    Edit(i64),
}

fn seed() -> u64 {
    environment("TEST_SEED").and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let mut bytes = [0; 4];
        SystemIds::new().fill(&mut bytes);
        u64::from(u32::from_le_bytes(bytes))
    })
}

fn every_await_fails(work: Work) {
    let wanted = environment("TEST_FAULTS").unwrap_or_default();
    let seed = seed();
    println!("{work:?}: TEST_SEED={seed}");
    run(async {
        let all_engines = engines();
        let used = if wanted == "all" { &all_engines[..] } else { &all_engines[..1] };
        for backend in used {
            let mut site = Site::new(*backend).await;
            let calm = site.ask(work).await;
            assert!(!site.work(usize::MAX, Fault::Error).await);
            site.assert_ended_once(&calm, work).await;
            let moments = site.house.engine.faults().awaits();
            assert!(moments > 20, "only {moments} moments");
            let everything: Vec<(usize, Fault)> =
                (1..=moments).flat_map(|at| Fault::ALL.map(|fault| (at, fault))).collect();
            let (drawn, enough): (Box<dyn Iterator<Item = (usize, Fault)>>, usize) = if wanted == "all" {
                let count = everything.len();
                (Box::new(everything.into_iter()), count)
            } else {
                let chance = SeededIds::new(seed);
                let count = wanted.parse().unwrap_or(DRAWN);
                let moment = move || 1 + chance.below(moments as u32) as usize;
                // Each fault as often as the others. Some moments are not reached every time, and an ending cannot
                // fail with an error: there are more tries than faults.
                (
                    Box::new((0..count * TRIES).map(move |number| (moment(), Fault::ALL[number % Fault::ALL.len()]))),
                    count,
                )
            };
            let (mut tried, mut struck) = (0, 0);
            for (at, fault) in drawn {
                println!("{backend:?} {work:?} {fault:?} at {at} of {moments}");
                let asked = site.ask(work).await;
                tried += 1;
                struck += usize::from(site.work(at, fault).await);
                site.assert_ended_once(&asked, work).await;
                if struck == enough {
                    break;
                }
            }
            println!("{backend:?} {work:?}: {moments} moments, {tried} tries, {struck} faults happened");
            assert!(struck == enough || (wanted == "all" && struck * 2 > tried), "only {struck} of {enough} faults");
        }
    });
}

#[test]
fn a_poster_ends_once_whichever_await_fails() {
    every_await_fails(Work::Poster);
}

#[test]
fn a_refund_ends_once_whichever_await_fails() {
    every_await_fails(Work::RefusedPoster);
}

#[test]
fn an_edit_ends_once_whichever_await_fails() {
    every_await_fails(Work::Edit);
}
