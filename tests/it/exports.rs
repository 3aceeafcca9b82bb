//! What a seller takes away from a finished set: packs, pictures beside the posters, and what the
//! files say about their own making.

use std::{collections::HashMap, time::Duration};

use async_zip::base::read::mem::ZipFileReader;
use entity::{generations, revisions};
use haibao::{
    domain::Locale,
    exports::{Outcome, RuleKind},
    imaging::{ImageLimits, decode, jpeg_xmp, measure_white},
    providers::image::ScriptedProvider,
    services::exports::ExportError,
    storage::sha256_hex,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter,
};
use serde_json::{Value, json};

use crate::support::{
    database::engines,
    house::House,
    run,
    seller::{Seller, fixture},
    server::Server,
};

const URLS: &str = "query($id: ID!, $market: String!) { generation(id: $id) { whiteMainUrl marketPackUrl(market: $market)
    nowhere: marketPackUrl(market: \"nowhere\") posters { state exports { zhOnlyUrl enOnlyUrl cleanUrl plateUrl } } } }";

const CHECK: &str = "query($id: ID!, $market: String!) { exportCheck(generationId: $id, market: $market) { __typename
    ... on ExportCheckSuccess { check { outcome market { code checkedOn }
        files { path outcome width height byteSize quality slot { code bytesMax } findings { kind outcome source reason } } } }
    ... on InvalidInput { fields { path code } } } }";

async fn get(seller: &Seller, path: &str) -> (u16, Vec<u8>) {
    // No credentials: the signature in the address is enough.
    let request = seller.http.get(format!("{}{path}", seller.url)).timeout(Duration::from_secs(180));
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.bytes().await.expect("a body").to_vec())
}

async fn unzipped(bytes: Vec<u8>) -> HashMap<String, Vec<u8>> {
    let zip = ZipFileReader::new(bytes).await.expect("a whole zip");
    let mut files = HashMap::new();
    for index in 0..zip.file().entries().len() {
        let mut reader = zip.reader_with_entry(index).await.expect("an entry");
        let name = reader.entry().filename().as_str().expect("UTF-8").to_owned();
        let mut bytes = Vec::new();
        reader.read_to_end_checked(&mut bytes).await.expect("bytes and their sum");
        files.insert(name, bytes);
    }
    files
}

/// A finished set of a product that came cut out.
async fn finished_set(seller: &Seller, dimensions: &[i32]) -> String {
    let (status, upload) = seller.upload(fixture("lipstick-cutout.png")).await;
    assert_eq!(status, 201, "{upload}");
    let photo = upload["id"].as_str().expect("an id").to_owned();
    let created = seller.create_generation("k", &photo, dimensions).await;
    let id = created["generation"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    seller.finished(&id).await;
    id
}

#[test]
fn a_pack_holds_what_its_marketplace_asks_for() {
    run(async {
        let server = Server::start(&[("HAIBAO_BILLING__WELCOME_CREDITS", "40")]);
        let seller = server.seller("packs@example.com").await;
        let id = finished_set(&seller, &[0, 1, 8]).await;
        let wallet = seller.wallet().await;

        let urls = seller.graphql(URLS, json!({ "id": id, "market": "taobao" })).await;
        let urls = &urls["generation"];
        assert_eq!(urls["nowhere"], Value::Null);
        let (status, zip) = get(&seller, urls["marketPackUrl"].as_str().expect("an address")).await;
        assert_eq!(status, 200);
        let files = unzipped(zip).await;
        let checks = String::from_utf8(files["checks.txt"].clone()).expect("text");
        assert!(checks.contains("淘宝") && checks.contains("Taobao") && checks.contains("2026-07-29"), "{checks}");

        let answer = seller.graphql(CHECK, json!({ "id": id, "market": "taobao" })).await;
        let check = &answer["exportCheck"]["check"];
        let listed = check["files"].as_array().unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(listed.len() + 1, files.len(), "every file is in the list: {listed:?}");
        for file in listed {
            let path = file["path"].as_str().expect("a path");
            let bytes = &files[path];
            assert_eq!(file["byteSize"], bytes.len(), "{path}");
            assert!(bytes.len() as i64 <= file["slot"]["bytesMax"].as_i64().expect("a number"), "{path}");
            let seen = decode(bytes, &ImageLimits::default()).expect("a picture").pixels;
            assert_eq!(
                (file["width"].as_u64(), file["height"].as_u64()),
                (Some(seen.width().into()), Some(seen.height().into()))
            );
            assert_ne!(file["outcome"], "FAIL", "{path}: {file}");
            let packet = jpeg_xmp(bytes).expect("a packet");
            assert!(packet.contains("compositeCapture") && !packet.contains("TC260:AIGC>"), "{path}");
        }
        let named = |path: &str| files.get(path).unwrap_or_else(|| panic!("{path} in {:?}", files.keys()));
        let size = |path: &str| decode(named(path), &ImageLimits::default()).expect("a picture").pixels.dimensions();
        assert_eq!(
            (size("主图/主图-1.jpg"), size("主图3x4/主图3x4-2.jpg"), size("长图.jpg")),
            ((800, 800), (1080, 1440), (800, 1200))
        );
        let slice = size("详情页/详情-1.jpg");
        assert!(slice.0 == 750 && slice.1 <= 1546, "{slice:?}");

        let white = decode(named("白底图.jpg"), &ImageLimits::default()).expect("a picture").pixels;
        let measured = measure_white(&white);
        assert!(measured.border_share >= 1.0 && measured.fill >= 0.85, "{measured:?}");
        assert_eq!(seller.wallet().await, wallet, "exports cost nothing");

        let (status, again) = get(&seller, urls["marketPackUrl"].as_str().expect("an address")).await;
        assert_eq!((status, unzipped(again).await == files), (200, true), "the same pack again, from what was kept");
        check_refusals(&seller, &server, &id, urls).await;
    });
}

async fn check_refusals(seller: &Seller, server: &Server, id: &str, urls: &Value) {
    let (status, jpeg) = get(seller, urls["whiteMainUrl"].as_str().expect("an address")).await;
    assert_eq!(status, 200);
    let white = decode(&jpeg, &ImageLimits::default()).expect("a picture").pixels;
    let measured = measure_white(&white);
    assert_eq!(white.dimensions(), (2000, 2000));
    assert!(measured.border_share >= 1.0 && measured.fill >= 0.85, "{measured:?}");

    let exports = &urls["posters"][0]["exports"];
    let mut seen = Vec::new();
    for field in ["zhOnlyUrl", "enOnlyUrl", "cleanUrl", "plateUrl"] {
        let (status, jpeg) = get(seller, exports[field].as_str().expect("an address")).await;
        assert_eq!(status, 200, "{field}");
        assert!(decode(&jpeg, &ImageLimits::default()).is_ok(), "{field}");
        seen.push(sha256_hex(&jpeg));
    }
    seen.dedup();
    assert_eq!(seen.len(), 4, "four different pictures");

    // An address that is not signed, an export that is none, a poster that was not made, another seller.
    let plain = |file: &str| format!("/files/{id}/exports/{file}");
    assert_eq!(get(seller, &plain("taobao.zip")).await.0, 401);
    let stranger = server.seller("stranger@example.com").await;
    for (who, file, status) in [
        (seller, "nowhere.zip", 404),
        (seller, "02-prime.zh.jpg", 404),
        (seller, "00-prime.fr.jpg", 404),
        (seller, "white-main.jpg", 200),
        (&stranger, "white-main.jpg", 404),
        (&stranger, "taobao.zip", 404),
    ] {
        let answer = who.http.get(format!("{}{}", who.url, plain(file))).bearer_auth(&who.token).send().await;
        assert_eq!(answer.expect("an answer").status().as_u16(), status, "{file}");
    }
    let refused = seller.graphql(CHECK, json!({ "id": id, "market": "nowhere" })).await;
    assert_eq!(refused["exportCheck"]["fields"], json!([{ "path": "market", "code": "NOT_FOUND" }]));
    let refused = stranger.graphql(CHECK, json!({ "id": id, "market": "jd" })).await;
    assert_eq!(refused["exportCheck"]["fields"], json!([{ "path": "generationId", "code": "NOT_FOUND" }]));
}

#[test]
fn ai_made_posters_and_all_that_is_made_from_them_are_marked() {
    run(async {
        let house = House::new(engines()[0], ScriptedProvider::new(), 40).await;
        let id = house.create("k", &[0]).await;
        let early = house.exports.check(&house.viewer, &id, "pinduoduo").await;
        assert!(matches!(early, Err(ExportError::NotFinished(_))), "{early:?}");
        house.work_until_idle().await;

        let stored = house.folder.path().join(format!("outputs/{}/{id}/00-prime.jpg", house.viewer.user_id));
        let record = |jpeg: &[u8]| {
            let packet = jpeg_xmp(jpeg).expect("a packet").to_owned();
            let (_, rest) = packet.split_once("<TC260:AIGC>").expect("the record of AI-made content");
            serde_json::from_str::<Value>(rest.split_once("</TC260:AIGC>").expect("its end").0).expect("JSON")
        };
        let poster = record(&std::fs::read(stored).expect("the poster"));
        assert_eq!((&poster["Label"], &poster["ContentProducer"]), (&json!("1"), &json!("Haibao")));
        assert_eq!(poster["ProduceID"], format!("{id}/00-prime"));

        let generation = haibao::services::history::generation(&house.context, &house.viewer, &id).await;
        let generation = generation.expect("an answer").expect("the set");
        Box::pin(other_versions_are_refused(&house, &generation)).await;
        let clean = house.exports.file(&generation, "00-prime.clean.jpg").await.expect("a poster without words");
        assert_eq!(record(&clean)["ProduceID"], poster["ProduceID"]);
        assert_eq!(
            (&poster["ContentPropagator"], &poster["PropagateID"]),
            (&poster["ContentProducer"], &poster["ProduceID"])
        );

        let check = house.exports.check(&house.viewer, &id, "pinduoduo").await.expect("a check");
        let carousel = check.files.iter().find(|file| file.slot.code == "carousel").expect("a file");
        let text = carousel.findings.iter().find(|finding| finding.kind == RuleKind::NoText).expect("a finding");
        assert_eq!(text.outcome, Outcome::Warn, "{}", text.reason(Locale::En));
        assert!(matches!(house.exports.file(&generation, "01-prime.zh.jpg").await, Err(ExportError::UnknownFile)));
        house.assert_sound().await;

        // The newest picture is exported; one that was not composed lets the one before it stand in.
        edited(&house, &generation).await;
        let not_composed = house.exports.file(&generation, "00-edit0.clean.jpg").await.expect("a poster");
        assert_eq!(not_composed, clean);
        let folder = house.folder.path().join(format!("outputs/{}/{id}", house.viewer.user_id));
        for kind in ["json", "plate.jpg"] {
            let copied =
                std::fs::copy(folder.join(format!("00-prime.{kind}")), folder.join(format!("00-edit0.{kind}")));
            copied.expect("what an edit composes from");
        }
        let edit = house.exports.file(&generation, "00-edit0.clean.jpg").await.expect("a poster");
        assert_eq!(record(&edit)["ProduceID"], format!("{id}/00-edit0"));
        let missing = house.exports.file(&generation, "00-edit1.clean.jpg").await;
        assert!(matches!(missing, Err(ExportError::UnknownFile)), "{missing:?}");
    });
}

/// A recipe that another version of the program wrote is a refusal that tells what is the matter.
#[expect(clippy::disallowed_methods, reason = "a test spoils a stored file")]
async fn other_versions_are_refused(house: &House, generation: &generations::Model) {
    let path = house.folder.path().join(format!("outputs/{}/{}/00-prime.json", house.viewer.user_id, generation.id));
    let json = std::fs::read_to_string(&path).expect("a recipe");
    std::fs::write(&path, json.replacen("\"version\":2", "\"version\":1", 1)).expect("a file");
    let refused = house.exports.file(generation, "00-prime.zh.jpg").await.expect_err("a refusal");
    assert!(matches!(refused, ExportError::OtherVersion), "{refused:?}");
    assert!(refused.message(Locale::Zh).is_some_and(|text| text.contains("其他版本")));
    let (one, other) =
        tokio::join!(house.exports.pack(generation, "taobao"), house.exports.file(generation, "00-prime.en.jpg"));
    assert!(matches!(one.map(|_| ()), Err(ExportError::OtherVersion)));
    assert!(matches!(other, Err(ExportError::OtherVersion)), "{other:?}");
    std::fs::write(&path, json).expect("a file");
}

/// A second picture of the set's first poster.
async fn edited(house: &House, generation: &generations::Model) {
    let prime = revisions::Entity::find().filter(revisions::Column::GenerationId.eq(generation.id.as_str()));
    let txn = house.context.database.write().await.expect("a transaction");
    let prime = prime.one(&txn).await.expect("an answer").expect("a picture");
    let mut edit: revisions::ActiveModel = prime.into();
    edit.id = NotSet;
    edit.edit_ordinal = Set(Some(0));
    edit.name = Set("edit0".to_owned());
    edit.file_name = Set("00-edit0.jpg".to_owned());
    edit.hold_id = Set(None);
    // Every value, not only the changed ones.
    edit.reset_all().insert(&txn).await.expect("a row");
    txn.commit().await.expect("a commit");
}
