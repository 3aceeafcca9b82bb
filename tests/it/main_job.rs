//! The main job on the real program: money, events, refusals and races as a client sees them.

use serde_json::{Value, json};

use crate::support::{
    run,
    seller::{CREATE_GENERATION, create_variables},
    server::Server,
};

const EVENTS: &str = "query($id: ID!) { generationEvents(generationId: $id, first: 100) { __typename seq
    ... on GenerationQueued { wallet { credits frozen } }
    ... on PosterSucceeded { creditsCaptured wallet { credits frozen } }
    ... on PosterRefunded { creditsReleased failure { code retryable } wallet { credits frozen } }
    ... on GenerationCompleted { summary { total succeeded refunded creditsCaptured creditsReleased } wallet { credits frozen } } } }";

/// The specification's example: 20 credits held for 5 posters, one fails → 16 captured, 4 released.
#[test]
fn five_posters_one_of_which_fails() {
    run(async {
        let server = Server::start(&[
            ("HAIBAO_BILLING__WELCOME_CREDITS", "20"),
            ("HAIBAO_IMAGE_PROVIDERS__0__NAME", "scripted"),
            ("HAIBAO_IMAGE_PROVIDERS__0__KIND", "scripted"),
            ("HAIBAO_IMAGE_PROVIDERS__0__EXTRA__SCRIPT", "CONCEPT=refused;HERO=retryable,ok"),
        ]);
        let seller = server.seller("five@example.com").await;
        let photo = seller.small_photo().await;
        let created = seller.create_generation("k1", &photo, &[0, 1, 2, 3, 4]).await;
        assert_eq!(created["wallet"], json!({ "credits": 0, "frozen": 20 }), "{created}");
        let id = created["generation"]["id"].as_str().expect("an id").to_owned();
        let generation = seller.finished(&id).await;

        assert_eq!(seller.wallet().await, (4, 0));
        assert_eq!(
            generation["summary"],
            json!({ "total": 5, "succeeded": 4, "refunded": 1, "canceled": 0, "creditsCaptured": 16, "creditsReleased": 4 })
        );
        assert_eq!(generation["posters"][2]["failure"]["code"], "CONTENT_REJECTED");
        assert!(generation["productName"].as_str().is_some_and(|name| !name.is_empty()));
        check_events(&seller.graphql(EVENTS, json!({ "id": id })).await["generationEvents"]);

        // The same files as in the specification, and nothing half written.
        let folder = server.data_dir().join("outputs/1").join(&id);
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .expect("the folder of the set")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let pictures: Vec<&String> = names.iter().filter(|name| name.ends_with("-prime.jpg")).collect();
        assert_eq!(pictures, ["00-prime.jpg", "01-prime.jpg", "03-prime.jpg", "04-prime.jpg"], "{names:?}");
        assert!(names.contains(&"productname.txt".to_owned()));
        assert!(names.iter().all(|name| !name.contains('#')), "{names:?}");
        server.assert_healthy();
    });
}

/// Dense numbers, the promised kinds in the promised order, and in each the balance of that moment.
fn check_events(events: &Value) {
    let events = events.as_array().expect("a list");
    let numbers: Vec<String> =
        events.iter().map(|event| event["seq"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(numbers, (1..=events.len()).map(|seq| seq.to_string()).collect::<Vec<_>>());
    let kinds: Vec<&str> = events.iter().map(|event| event["__typename"].as_str().unwrap_or_default()).collect();
    assert_eq!(kinds[..2], ["GenerationQueued", "ProductNamed"]);
    assert_eq!(kinds.last(), Some(&"GenerationCompleted"));
    let count = |kind: &str| kinds.iter().filter(|found| **found == kind).count();
    assert_eq!((count("PosterSucceeded"), count("PosterRefunded")), (4, 1));
    assert!(count("PosterStarted") >= 6, "one for each poster, and one for the repeated try: {kinds:?}");
    assert!(count("PosterProgressed") >= 5);

    let (mut credits, mut frozen) = (0, 20);
    for event in events {
        match event["__typename"].as_str() {
            Some("PosterSucceeded") => {
                assert_eq!(event["creditsCaptured"], 4);
                frozen -= 4;
            }
            Some("PosterRefunded") => {
                assert_eq!(event["creditsReleased"], 4);
                assert_eq!(event["failure"], json!({ "code": "CONTENT_REJECTED", "retryable": false }));
                (credits, frozen) = (credits + 4, frozen - 4);
            }
            _ => {}
        }
        if let Some(wallet) = event.get("wallet") {
            assert_eq!(*wallet, json!({ "credits": credits, "frozen": frozen }), "{event}");
        }
    }
    assert_eq!((credits, frozen), (4, 0));
}

#[test]
fn two_hundred_simultaneous_requests_start_one_set() {
    run(async {
        let server = Server::start(&[("HAIBAO_BILLING__WELCOME_CREDITS", "4000")]);
        let seller = server.seller("race@example.com").await;
        let photo = seller.small_photo().await;
        let answers = futures_util::future::join_all((0..200).map(|number| {
            let (seller, photo) = (seller.clone(), photo.clone());
            async move { seller.create_generation(&format!("key-{number}"), &photo, &[0]).await }
        }))
        .await;
        let accepted: Vec<&Value> =
            answers.iter().filter(|answer| answer["__typename"] == "CreateGenerationSuccess").collect();
        let refused = answers.iter().filter(|answer| answer["code"] == "GENERATION_IN_PROGRESS").count();
        assert_eq!((accepted.len(), refused), (1, 199));
        let id = accepted[0]["generation"]["id"].as_str().expect("an id");
        assert!(
            answers.iter().filter(|answer| answer["code"].is_string()).all(|answer| answer["generation"]["id"] == id)
        );
        seller.finished(id).await;
        assert_eq!(seller.wallet().await, (3996, 0));

        // The same key a hundred times: one effect, one answer.
        let answers = futures_util::future::join_all((0..100).map(|_| {
            let (seller, photo) = (seller.clone(), photo.clone());
            async move { seller.create_generation("the-same", &photo, &[1]).await }
        }))
        .await;
        let ids: Vec<&Value> = answers.iter().map(|answer| &answer["generation"]["id"]).collect();
        assert!(ids.iter().all(|id| id.is_string() && *id == ids[0]), "{answers:?}");
        seller.finished(ids[0].as_str().expect("an id")).await;
        assert_eq!(seller.wallet().await, (3992, 0));
        let conflict =
            seller.try_graphql(CREATE_GENERATION, create_variables("the-same", &photo, &[2])).await.expect("an answer");
        assert_eq!(conflict["errors"][0]["extensions"]["code"], "IDEMPOTENCY_CONFLICT", "{conflict}");
        server.assert_healthy();
    });
}

#[test]
fn every_refusal_is_typed_and_leaves_nothing() {
    run(async {
        let server = Server::start(&[("HAIBAO_BILLING__WELCOME_CREDITS", "7")]);
        let seller = server.seller("refused@example.com").await;
        let other = server.seller("other@example.com").await;
        let photo = seller.small_photo().await;
        let foreign = other.small_photo().await;

        let poor = seller.create_generation("poor", &photo, &[0, 1]).await;
        assert_eq!(
            poor,
            json!({ "__typename": "InsufficientCredits", "code": "INSUFFICIENT_CREDITS", "required": 8, "available": 7, "missing": 1 })
        );
        for (photo, dimensions, field) in [
            (&photo, vec![], json!({ "path": "dimensions", "code": "REQUIRED" })),
            (&photo, vec![0, 10], json!({ "path": "dimensions.1", "code": "OUT_OF_RANGE" })),
            (&foreign, vec![0], json!({ "path": "photoIds.0", "code": "NOT_FOUND" })),
        ] {
            let answer = seller.create_generation("wrong", photo, &dimensions).await;
            assert_eq!(answer["code"], "INVALID_INPUT", "{answer}");
            assert_eq!(answer["fields"], json!([field]));
        }
        let mut long = create_variables("long", &photo, &[0]);
        long["input"]["description"] = json!("长".repeat(2001));
        let answer = seller.graphql(CREATE_GENERATION, long).await;
        assert_eq!(answer["createGeneration"]["fields"], json!([{ "path": "description", "code": "TOO_LONG" }]));

        let history =
            seller.graphql("{ generations { totalCount } viewer { activeGeneration { id } } }", json!({})).await;
        assert_eq!(history, json!({ "generations": { "totalCount": 0 }, "viewer": { "activeGeneration": null } }));
        assert_eq!(seller.wallet().await, (7, 0));

        for (bytes, status) in [
            (Vec::new(), 422),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), 415),
            (crate::support::seller::fixture("serum-studio.jpg")[..40_000].to_vec(), 422),
        ] {
            let (found, answer) = seller.upload(bytes).await;
            assert_eq!(found, status, "{answer}");
            assert!(answer["error"]["code"].is_string() && answer["error"]["message"].is_string(), "{answer}");
        }
        server.assert_healthy();
    });
}

const RETRY: &str =
    "mutation($key: String!, $id: ID!) { retryPoster(input: {idempotencyKey: $key, posterId: $id}) { __typename
    ... on CreateGenerationSuccess { generation { id } } ... on InvalidInput { fields { path code } } } }";

#[test]
fn cancel_retry_rename_and_delete() {
    run(async {
        let server = Server::start(&[
            ("HAIBAO_BILLING__WELCOME_CREDITS", "40"),
            ("HAIBAO_ENGINE__WORKERS", "1"),
            ("HAIBAO_IMAGE_PROVIDERS__0__NAME", "scripted"),
            ("HAIBAO_IMAGE_PROVIDERS__0__KIND", "scripted"),
            ("HAIBAO_IMAGE_PROVIDERS__0__EXTRA__SCRIPT", "LIFESTYLE=refused,ok"),
        ]);
        let seller = server.seller("verbs@example.com").await;
        let photo = seller.small_photo().await;
        let created = seller.create_generation("set", &photo, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
        let id = created["generation"]["id"].as_str().expect("an id").to_owned();
        let canceled = seller
            .graphql(
                "mutation($id: ID!) { cancelGeneration(input: {generationId: $id}) { __typename ... on CancelGenerationSuccess { wallet { frozen } } } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(canceled["cancelGeneration"]["__typename"], "CancelGenerationSuccess", "{canceled}");
        let generation = seller.finished(&id).await;
        let total = |field: &str| generation["summary"][field].as_i64().expect("a number");
        assert!(total("canceled") >= 8, "one worker cannot have started more than two: {generation}");
        assert_eq!(total("succeeded") + total("refunded") + total("canceled"), 10);
        let captured = total("creditsCaptured");
        assert_eq!(seller.wallet().await, (40 - captured, 0));

        // A cancelled poster can be made after all; a poster that stands cannot be retried.
        let retried = seller.graphql(RETRY, json!({ "key": "again", "id": format!("{id}/09") })).await;
        assert_eq!(retried["retryPoster"]["__typename"], "CreateGenerationSuccess", "{retried}");
        let generation = seller.finished(&id).await;
        let guide = generation["posters"].as_array().and_then(|posters| posters.iter().find(|p| p["index"] == 9));
        assert_eq!(guide.expect("the guide")["state"], "SUCCEEDED");
        assert_eq!(seller.wallet().await, (36 - captured, 0));
        let again = seller.graphql(RETRY, json!({ "key": "again", "id": format!("{id}/09") })).await;
        assert_eq!(again["retryPoster"]["__typename"], "CreateGenerationSuccess", "the same key, the same answer");
        let refused = seller.graphql(RETRY, json!({ "key": "more", "id": format!("{id}/09") })).await;
        assert_eq!(refused["retryPoster"]["fields"], json!([{ "path": "posterId", "code": "NOT_ALLOWED" }]));
        assert_eq!(seller.wallet().await, (36 - captured, 0));

        let renamed = seller
            .graphql(
                "mutation($id: ID!) { renameGeneration(input: {generationId: $id, productName: \"粗陶杯\"}) { ... on RenameGenerationSuccess { generation { productName } } } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(renamed["renameGeneration"]["generation"]["productName"], "粗陶杯");
        let folder = server.data_dir().join("outputs/1").join(&id);
        assert_eq!(std::fs::read_to_string(folder.join("productname.txt")).expect("the name's file"), "粗陶杯");
        let found = seller.graphql("{ generations(search: \"粗陶\") { edges { node { id } } } }", json!({})).await;
        assert_eq!(found["generations"]["edges"][0]["node"]["id"], json!(id));

        let deleted = seller
            .graphql(
                "mutation($id: ID!) { deleteGeneration(input: {generationId: $id}) { __typename } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(deleted["deleteGeneration"]["__typename"], "DeleteGenerationSuccess");
        assert!(
            seller.graphql("query($id: ID!) { generation(id: $id) { id } }", json!({ "id": id })).await["generation"]
                .is_null()
        );
        let left = std::fs::read_dir(&folder).map_or(0, Iterator::count);
        assert_eq!(left, 0, "the files are gone too");
        server.assert_healthy();
    });
}
