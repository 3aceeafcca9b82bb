//! Two processes of the real program that share a PostgreSQL and a Redis: what one of them has counted
//! the other knows, and what is asked for twice, at whichever of them, happens once.

use std::collections::{HashMap, HashSet};

use entity::{edits, enums::GenerationState, generations, holds, ledger_entries, orders, payment_refunds};
use futures_util::{SinkExt, StreamExt, future::join_all};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::support::{
    pair::Pair,
    run,
    seller::{CREATE_GENERATION, Seller, create_variables},
    server::Server,
};

const SEND: &str = "mutation($email: String!) { sendLoginCode(input: {email: $email}) { __typename ... on SendLoginCodeSuccess { challengeId } } }";
const SIGN_IN: &str = "mutation($email: String!, $code: String!, $challenge: ID!) { signIn(input: {email: $email, code: $code, challengeId: $challenge}) { __typename ... on LoginCodeRejected { reason attemptsLeft } } }";

/// Asks for a code here and returns the challenge and the digits.
async fn code_from(server: &Server, email: &str) -> (String, String) {
    let sent = Seller::stranger(&server.url).graphql(SEND, json!({ "email": email })).await;
    let challenge = sent["sendLoginCode"]["challengeId"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned();
    let code = server.until("the mail with the code", async |this: &Server| this.code_for(email)).await;
    (challenge, code)
}

async fn try_code(server: &Server, email: &str, challenge: &str, code: &str) -> Value {
    let variables = json!({ "email": email, "code": code, "challenge": challenge });
    Seller::stranger(&server.url).graphql(SIGN_IN, variables).await["signIn"].clone()
}

fn first_error(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

#[test]
fn codes_are_one_matter_for_all_processes() {
    run(async {
        let Some(mut pair) = Pair::start(&[]).await else { return };
        let [here, there] = &pair.nodes;

        let (challenge, code) = code_from(here, "li@example.com").await;
        let used = try_code(there, "li@example.com", &challenge, &code).await;
        assert_eq!(used["__typename"], "SignInSuccess", "{used}");
        let again = try_code(here, "li@example.com", &challenge, &code).await;
        assert_eq!(again["reason"], "EXPIRED", "used up at the other: {again}");

        let (challenge, code) = code_from(here, "wang@example.com").await;
        let soon = Seller::stranger(&there.url).graphql(SEND, json!({ "email": "wang@example.com" })).await;
        assert_eq!(soon["sendLoginCode"]["__typename"], "RateLimited", "the pause is everywhere: {soon}");
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for (node, left) in [(here, 4), (there, 3), (here, 2), (there, 1), (here, 0)] {
            let tried = try_code(node, "wang@example.com", &challenge, wrong).await;
            assert_eq!(tried["attemptsLeft"], left, "{tried}");
        }
        let right = try_code(there, "wang@example.com", &challenge, &code).await;
        assert_eq!(right["reason"], "TOO_MANY_ATTEMPTS", "{right}");

        // Without Redis nobody comes in; whoever is in goes on.
        let sellers = pair.seller("chen@example.com", 40).await;
        let photo = sellers[0].small_photo().await;
        pair.redis.stop();
        for (node, seller) in pair.nodes.iter().zip(&sellers) {
            let visitor = Seller::stranger(&node.url);
            let sent = visitor.try_graphql(SEND, json!({ "email": "zhao@example.com" })).await.expect("an answer");
            assert_eq!(first_error(&sent), "SERVICE_UNAVAILABLE", "{sent}");
            let variables = json!({ "email": "zhao@example.com", "code": "123456", "challenge": challenge });
            let tried = visitor.try_graphql(SIGN_IN, variables).await.expect("an answer");
            assert_eq!(first_error(&tried), "SERVICE_UNAVAILABLE", "{tried}");
            assert_eq!(seller.wallet().await, (80, 0), "who is signed in notices nothing");
            let ready = visitor.http.get(format!("{}/readyz", node.url)).send().await.expect("an answer");
            assert!(ready.status().is_success(), "{}", ready.status());
        }
        let created = sellers[1].create_generation("set", &photo, &[0]).await;
        assert_eq!(created["__typename"], "CreateGenerationSuccess", "{created}");
        sellers[0].finished(created["generation"]["id"].as_str().expect("an id")).await;
        pair.redis.restart();
        let [here, there] = &pair.nodes;
        let (challenge, code) = code_from(there, "zhao@example.com").await;
        let used = try_code(here, "zhao@example.com", &challenge, &code).await;
        assert_eq!(used["__typename"], "SignInSuccess", "no restart was needed: {used}");
    });
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A socket of this seller's that has been greeted.
async fn socket(seller: &Seller) -> Socket {
    let url = format!("{}/graphql", seller.url.replace("http://", "ws://"));
    let mut request = url.into_client_request().expect("a request");
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
    let (mut socket, _) = connect_async(request).await.expect("the upgrade is accepted");
    let hello =
        json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {}", seller.token) } });
    socket.send(Message::text(hello.to_string())).await.expect("the socket is open");
    assert_eq!(received(&mut socket).await["type"], "connection_ack");
    socket
}

async fn received(socket: &mut Socket) -> Value {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).expect("the server writes JSON"),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("expected a message, got {other:?}"),
        }
    }
}

const SOCKETS: usize = 20;
const ORDERS_PER_SOCKET: usize = 10;

#[test]
fn of_two_hundred_orders_at_once_one_is_accepted() {
    run(async {
        // The set goes on for the whole test: its model never answers.
        let settings = [
            ("HAIBAO_IMAGE_PROVIDERS__0__NAME", "silent"),
            ("HAIBAO_IMAGE_PROVIDERS__0__KIND", "scripted"),
            ("HAIBAO_IMAGE_PROVIDERS__0__EXTRA", "{script=\"HERO=hang\"}"),
            ("HAIBAO_LIMITS__SOCKETS_PER_USER", "20"),
            ("HAIBAO_LIMITS__SOCKETS_PER_IP", "20"),
            ("HAIBAO_LIMITS__SUBSCRIPTIONS_PER_SOCKET", "10"),
        ];
        let Some(pair) = Pair::start(&settings).await else { return };
        let sellers = pair.seller("li@example.com", 1000).await;
        let photo = sellers[0].small_photo().await;
        let mut sockets = join_all((0..SOCKETS).map(|number| socket(&sellers[number % 2]))).await;
        let asking = sockets.iter_mut().enumerate().map(|(number, socket)| {
            let photo = &photo;
            async move {
                for order in 0..ORDERS_PER_SOCKET {
                    let variables = create_variables(&format!("key-{number}-{order}"), photo, &[0]);
                    let payload = json!({ "query": CREATE_GENERATION, "variables": variables });
                    let message = json!({ "id": order.to_string(), "type": "subscribe", "payload": payload });
                    socket.feed(Message::text(message.to_string())).await.expect("the socket is open");
                }
                socket.flush().await.expect("the socket is open");
                let mut answers = Vec::new();
                while answers.len() < ORDERS_PER_SOCKET {
                    let message = received(socket).await;
                    if message["type"] == "next" {
                        answers.push(message["payload"]["data"]["createGeneration"].clone());
                    } else {
                        assert_eq!(message["type"], "complete", "{message}");
                    }
                }
                answers
            }
        });
        let answers: Vec<Value> = join_all(asking).await.into_iter().flatten().collect();
        assert_eq!(answers.len(), 200);
        let (accepted, refused): (Vec<&Value>, Vec<&Value>) =
            answers.iter().partition(|answer| answer["__typename"] == "CreateGenerationSuccess");
        assert_eq!(accepted.len(), 1, "{accepted:?}");
        let id = &accepted[0]["generation"]["id"];
        for answer in refused {
            assert_eq!(answer["code"], "GENERATION_IN_PROGRESS", "{answer}");
            assert_eq!(&answer["generation"]["id"], id, "the one that was accepted is named");
        }
        let database = pair.database.database.read();
        assert_eq!(generations::Entity::find().count(database).await.expect("a count"), 1);
        assert_eq!(holds::Entity::find().count(database).await.expect("a count"), 1);
        assert_eq!(sellers[1].wallet().await, (1036, 4), "one hold, beside the welcome");
        pair.assert_sound().await;
    });
}

const REPEATS: usize = 100;

/// Sends the same mutation so often at the same time, to both processes, and returns the one answer
/// that all of them got, reduced to what `shown` takes from it.
async fn repeated(sellers: &[Seller; 2], query: &str, variables: &Value, shown: &str) -> String {
    let asking = (0..REPEATS).map(|number| sellers[number % 2].graphql(query, variables.clone()));
    let answers: HashMap<String, String> = join_all(asking)
        .await
        .into_iter()
        .map(|answer| {
            let answer = answer.as_object().and_then(|fields| fields.values().next()).expect("one field");
            let told = answer.pointer(shown).and_then(Value::as_str).unwrap_or_else(|| panic!("{answer}"));
            // Here each process has an address of its own, and links to it; behind a balancer they share one.
            let path = told.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(told, |(_, path)| path);
            (path.to_owned(), told.to_owned())
        })
        .collect();
    assert_eq!(answers.len(), 1, "one answer to all: {answers:?}");
    answers.into_values().next().expect("one answer")
}

/// The same key with this other input is refused, at both.
async fn conflicts(sellers: &[Seller; 2], query: &str, variables: &Value) {
    for seller in sellers {
        let answer = seller.try_graphql(query, variables.clone()).await.expect("an answer");
        assert_eq!(first_error(&answer), "IDEMPOTENCY_CONFLICT", "{answer}");
    }
}

const RETRY: &str = "mutation($i: RetryPosterInput!) { retryPoster(input: $i) { __typename ... on CreateGenerationSuccess { generation { id } } ... on UserError { code } } }";
const EDIT: &str = "mutation($i: CreateEditInput!) { createEdit(input: $i) { __typename ... on CreateEditSuccess { edit { id } } ... on UserError { code } } }";
const ORDER: &str = "mutation($i: CreateOrderInput!) { createOrder(input: $i) { __typename ... on CreateOrderSuccess { order { id payment { url } } } ... on UserError { code } } }";
const OPERATOR: &str = "operator-token-of-at-least-thirty-two-bytes";

#[test]
fn every_mutation_of_money_has_one_effect_however_often_it_is_sent() {
    run(async {
        let settings = [
            ("HAIBAO_IMAGE_PROVIDERS__0__NAME", "choosy"),
            ("HAIBAO_IMAGE_PROVIDERS__0__KIND", "scripted"),
            ("HAIBAO_IMAGE_PROVIDERS__0__EXTRA", "{script=\"LIFESTYLE=refused\"}"),
            ("HAIBAO_PAYMENTS__OPERATOR_TOKEN", OPERATOR),
        ];
        let Some(pair) = Pair::start(&settings).await else { return };
        let sellers = pair.seller("li@example.com", 1000).await;
        let photo = sellers[0].small_photo().await;
        let reader = pair.database.database.read();

        let wish = create_variables("set", &photo, &[0, 1]);
        let generation = repeated(&sellers, CREATE_GENERATION, &wish, "/generation/id").await;
        conflicts(&sellers, CREATE_GENERATION, &create_variables("set", &photo, &[0])).await;
        assert_eq!(holds::Entity::find().count(reader).await.expect("a count"), 2, "one for each poster");
        let finished = sellers[1].finished(&generation).await;
        assert_eq!(finished["summary"]["refunded"], 1, "{finished}");

        let poster = format!("{generation}/01");
        let wish = json!({ "i": { "idempotencyKey": "again", "posterId": poster } });
        assert_eq!(repeated(&sellers, RETRY, &wish, "/generation/id").await, generation);
        let other = json!({ "i": { "idempotencyKey": "again", "posterId": format!("{generation}/00") } });
        conflicts(&sellers, RETRY, &other).await;
        assert_eq!(holds::Entity::find().count(reader).await.expect("a count"), 3, "one more");
        sellers[0].finished(&generation).await;

        let edit = |prompt: &str| {
            json!({ "i": { "idempotencyKey": "edit", "baseRevisionId": format!("{generation}/00-prime"),
                "mode": "WHOLE_IMAGE", "prompt": prompt } })
        };
        repeated(&sellers, EDIT, &edit("换成蓝色"), "/edit/id").await;
        conflicts(&sellers, EDIT, &edit("换成绿色")).await;
        assert_eq!(edits::Entity::find().count(reader).await.expect("a count"), 1);
        assert_eq!(holds::Entity::find().count(reader).await.expect("a count"), 4, "one more");

        let order = |yuan: i32| json!({ "i": { "idempotencyKey": "order", "amountYuan": yuan, "channel": "SANDBOX" } });
        let url = repeated(&sellers, ORDER, &order(10), "/order/payment/url").await;
        conflicts(&sellers, ORDER, &order(11)).await;
        let rows = orders::Entity::find().all(reader).await.expect("the orders");
        assert_eq!(rows.len(), 1);
        let earlier = ledger_entries::Entity::find().filter(ledger_entries::Column::OrderId.is_not_null());
        assert_eq!(earlier.count(reader).await.expect("a count"), 0, "nothing is paid yet");

        let body = sellers[0].sandbox_payment(&url).await;
        let told = join_all((0..REPEATS).map(|number| sellers[number % 2].tell_sandbox(&body))).await;
        assert!(told.iter().all(|is_success| *is_success), "every one is answered");
        let refunds = (0..REPEATS).map(|number| refund(&sellers[number % 2], rows[0].id, 200));
        let refunds: HashSet<(u16, String)> = join_all(refunds)
            .await
            .into_iter()
            .map(|(status, answer)| (status, answer["refund"]["id"].to_string()))
            .collect();
        assert_eq!(refunds.len(), 1, "{refunds:?}");
        assert_eq!(refunds.iter().next().map(|(status, _)| *status), Some(200));
        for seller in &sellers {
            assert_eq!(refund(seller, rows[0].id, 300).await.0, 409, "the same key for another wish");
        }
        assert_eq!(payment_refunds::Entity::find().count(reader).await.expect("a count"), 1);
        let entries = ledger_entries::Entity::find().filter(ledger_entries::Column::OrderId.is_not_null());
        assert_eq!(entries.count(reader).await.expect("a count"), 2, "one payment, one refund");

        // The welcome and the gift; the poster, the edit; the payment less what was given back.
        pair.nodes[0].until("the edit", async |_: &Server| (sellers[0].wallet().await.1 == 0).then_some(())).await;
        assert_eq!(sellers[0].wallet().await, (40 + 1000 - 4 - 4 + 100 - 20, 0));
        let live = generations::Entity::find().filter(generations::Column::State.eq(GenerationState::Completed));
        assert_eq!(live.count(reader).await.expect("a count"), 1);
        pair.assert_sound().await;
        pair.nodes[1].assert_healthy();
    });
}

async fn refund(seller: &Seller, order: i64, amount_fen: i64) -> (u16, Value) {
    let request = seller
        .http
        .post(format!("{}/operator/orders/{order}/refund", seller.url))
        .bearer_auth(OPERATOR)
        .header("idempotency-key", "refund")
        .body(json!({ "amountFen": amount_fen, "reason": "a test" }).to_string());
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.expect("its text")).expect("JSON"))
}
