//! The real program, killed while call-backs are on their way: what was answered with success is in the
//! books, what was not comes again, and in the end every order is credited once.
//!
//! `TEST_KILLS=400 cargo test --test it payments_kill` kills more often.

use std::time::{Duration, Instant};

use entity::{enums::OrderStatus, ledger_entries, orders, users};
use haibao::{
    ids::{IdSource, SeededIds},
    ledger::audit,
};
use sea_orm::EntityTrait;
use serde_json::json;

use crate::support::{environment, run, seller::Seller, server::Server};

/// Kills in CI.
const KILLS: usize = 40;
/// Call-backs on their way when the server is killed.
const AT_ONCE: usize = 4;

const CREATE: &str = "mutation($i: CreateOrderInput!) { createOrder(input: $i) { __typename ... on CreateOrderSuccess { order { payment { url } } } ... on UserError { message } } }";

/// An order in the sandbox, and the call-back that its pay page would send.
async fn order(seller: &Seller, number: usize) -> String {
    let input = json!({ "idempotencyKey": format!("order-{number}"), "amountYuan": 1, "channel": "SANDBOX" });
    let answer = seller.graphql(CREATE, json!({ "i": input })).await;
    let url = answer["createOrder"]["order"]["payment"]["url"].as_str().unwrap_or_else(|| panic!("{answer}"));
    seller.sandbox_payment(url).await
}

#[test]
fn no_success_is_answered_that_is_not_in_the_books() {
    let kills = environment("TEST_KILLS").and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    run(async {
        let mut server =
            Server::start(&[("HAIBAO_LIMITS__ORDERS_PER_HOUR", "0"), ("HAIBAO_BILLING__WELCOME_CREDITS", "0")]);
        let seller = server.seller("payer@example.com").await;
        let chance = SeededIds::new(13);
        let (mut made, mut answered, mut unanswered) = (0, 0, 0);
        for kill in 0..kills {
            let mut bodies = Vec::new();
            for _ in 0..=AT_ONCE {
                bodies.push(order(&seller, made).await);
                made += 1;
            }
            // One undisturbed tells how long a kill should wait to fall into the middle of the others.
            let (first, started) = (bodies.remove(0), Instant::now());
            assert!(seller.tell_sandbox(&first).await, "{}", server.log());
            let window_us = (started.elapsed().as_micros() as u32 * 3).clamp(1_000, 200_000);
            let pause = Duration::from_micros(u64::from(chance.below(window_us)));
            let telling = futures_util::future::join_all(bodies.iter().map(|body| seller.tell_sandbox(body)));
            let (answers, ()) = tokio::join!(telling, async {
                tokio::time::sleep(pause).await;
                server.kill();
            });
            let database = server.database().await;
            let broken = audit::broken(database.read()).await.expect("the audit runs");
            assert!(broken.is_empty(), "after kill {kill}: {broken:?}");
            let paid = orders::Entity::find().all(database.read()).await.expect("the orders");
            let paid = paid.iter().filter(|order| order.status == OrderStatus::Paid).count();
            let successes = answers.iter().filter(|is_success| **is_success).count();
            // Of earlier rounds everything is paid; of this one the first, and at least what was answered.
            let before = made - 1 - AT_ONCE;
            assert!(paid > before + successes, "kill {kill}: {successes} answered, {} in the books", paid - before - 1);
            database.close().await.expect("closed");
            (answered, unanswered) = (answered + successes, unanswered + AT_ONCE - successes);
            server.restart();
            for body in &bodies {
                assert!(seller.tell_sandbox(body).await, "told again, it is answered: {}", server.log());
            }
        }
        assert!(server.terminate(), "the server ends well when asked to:\n{}", server.log());
        server.assert_healthy();
        let database = server.database().await;
        let user = users::Entity::find().one(database.read()).await.expect("an answer").expect("the payer");
        assert_eq!(user.credits, 10 * made as i64, "each order is credited once");
        let entries = ledger_entries::Entity::find().all(database.read()).await.expect("the ledger");
        assert_eq!(entries.len(), made);
        println!("{kills} kills, {made} orders, {answered} call-backs answered before the kill, {unanswered} not");
        assert!(unanswered > 0, "the kills fell into call-backs");
        database.close().await.expect("closed");
    });
}
