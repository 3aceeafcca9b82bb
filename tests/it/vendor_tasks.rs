//! Work that vendors accept first and finish later: asked for by whoever knows its reference, paid for
//! once, and stopped when nobody wants it any more.

use std::time::{Duration, Instant};

use haibao::providers::{
    CallContext, FailureClass,
    image::{Progress, Started},
};
use serde_json::Value;

use crate::support::{
    lines::{KEY, Line, NONCE, PATIENT, call, painted, request},
    run,
    vendor::{Fault, Hints, Refusal, Script, Vendor, Wait},
};
use FailureClass::NoResult;

#[test]
fn an_enquiry_that_fails_says_nothing_about_the_work() {
    run(async {
        let troubles = [
            Fault::Refused(Refusal::Server),
            Fault::RateLimited(Wait::Untold),
            Fault::CutBody,
            Fault::NotJson,
            Fault::Refused(Refusal::Overloaded),
        ];
        for line in Line::ALL.into_iter().filter(|line| line.is_task()) {
            let vendor = Vendor::start(Script::default().with_enquiries(troubles).with_polls(2)).await;
            let provider = line.provider(&vendor);
            painted(line, &*provider, PATIENT).await.unwrap_or_else(|error| panic!("{line:?}: {error}"));
            assert_eq!(vendor.calls(), 1, "{line:?} was asked once");
        }
    });
}

#[test]
fn work_survives_the_process_that_asked_for_it() {
    run(async {
        for line in [Line::DashScopeTask, Line::ComfyUi] {
            let vendor = Vendor::start(Script::default().with_polls(2)).await;
            let first = line.provider(&vendor);
            let call = CallContext { nonce: NONCE.to_owned(), timeout: PATIENT };
            let Ok(Started::Accepted(reference)) = first.start(&request(line), &call).await else {
                panic!("{line:?} is accepted")
            };
            if line == Line::ComfyUi {
                assert_eq!(first.reference_of(NONCE), Some(reference.clone()), "known before the call");
            }
            drop(first);
            // Another process knows nothing but the reference.
            let second = line.provider(&vendor);
            for _ in 0..2 {
                let progress = second.resume(&reference, &call).await;
                assert!(matches!(progress, Ok(Progress::Working(_))), "{line:?}: {progress:?}");
            }
            assert!(matches!(second.resume(&reference, &call).await, Ok(Progress::Done(_))), "{line:?}");
            assert_eq!(vendor.calls(), 1, "{line:?} was paid once");
        }
    });
}

#[test]
fn what_is_cancelled_stops() {
    run(async {
        for line in [Line::DashScopeTask, Line::ComfyUi] {
            let vendor = Vendor::start(Script::default().with_polls(5)).await;
            let provider = line.provider(&vendor);
            let call = CallContext { nonce: NONCE.to_owned(), timeout: PATIENT };
            let Ok(Started::Accepted(reference)) = provider.start(&request(line), &call).await else {
                panic!("{line:?} is accepted")
            };
            provider.cancel(&reference, &call).await;
            let error = provider.resume(&reference, &call).await.expect_err("it was stopped");
            assert_eq!((error.class, error.maybe_billed), (NoResult, false), "{line:?}: {error}");
        }
    });
}

#[test]
fn work_that_comfyui_never_got_is_unknown() {
    run(async {
        let vendor = Vendor::start(Script::default()).await;
        let provider = Line::ComfyUi.provider(&vendor);
        let reference = provider.reference_of("never-sent").expect("a number of our own");
        assert!(matches!(provider.resume(&reference, &call(PATIENT)).await, Ok(Progress::Unknown)));
        assert!(matches!(provider.resume("../queue", &call(PATIENT)).await, Ok(Progress::Unknown)));
    });
}

#[test]
fn comfyui_is_heard_and_its_history_believed() {
    run(async {
        let vendor = Vendor::start(Script::default().with_polls(1_000).with_hints(Hints::End)).await;
        let first = Line::ComfyUi.provider(&vendor);
        let call = CallContext { nonce: NONCE.to_owned(), timeout: PATIENT };
        let Ok(Started::Accepted(reference)) = first.start(&request(Line::ComfyUi), &call).await else {
            panic!("accepted")
        };
        drop(first);
        // Another process knows no more than the reference and the nonce, and hears the same.
        let second = Line::ComfyUi.provider(&vendor);
        let began = Instant::now();
        second.rest(&reference, &call, PATIENT).await;
        assert!(began.elapsed() < PATIENT, "the end was not heard");
        assert!(matches!(second.resume(&reference, &call).await, Ok(Progress::Done(_))), "at the first question");
        let seen = vendor.seen();
        let order = seen.iter().find(|seen| seen.path == "prompt").expect("an order").json();
        let listened = seen.iter().find(|seen| seen.path == "ws").expect("somebody listened");
        assert_eq!(listened.query, format!("clientId={}", order["client_id"].as_str().expect("a name")));
        assert_eq!(listened.headers["authorization"], format!("Bearer {KEY}"));
    });
}

#[test]
fn comfyui_that_tells_nothing_is_asked_after_the_pause() {
    run(async {
        for hints in [Hints::None, Hints::Noise] {
            let vendor = Vendor::start(Script::default().with_polls(1).with_hints(hints)).await;
            let provider = Line::ComfyUi.provider(&vendor);
            let call = CallContext { nonce: NONCE.to_owned(), timeout: PATIENT };
            let Ok(Started::Accepted(reference)) = provider.start(&request(Line::ComfyUi), &call).await else {
                panic!("accepted")
            };
            let (began, pause) = (Instant::now(), Duration::from_millis(200));
            provider.rest(&reference, &call, pause).await;
            assert!(began.elapsed() >= pause, "{hints:?}: {:?}", began.elapsed());
            assert!(matches!(provider.resume(&reference, &call).await, Ok(Progress::Working(_))), "{hints:?}");
            provider.rest(&reference, &call, pause).await;
            assert!(matches!(provider.resume(&reference, &call).await, Ok(Progress::Done(_))), "{hints:?}");
        }
    });
}

#[test]
fn a_graph_that_was_run_before_is_run_again() {
    run(async {
        let vendor = Vendor::start(Script::default().with_polls(0)).await;
        let provider = Line::ComfyUi.provider(&vendor);
        let mut graphs = Vec::new();
        for nonce in ["first", "second"] {
            let call = CallContext { nonce: nonce.to_owned(), timeout: PATIENT };
            let Ok(Started::Accepted(reference)) = provider.start(&request(Line::ComfyUi), &call).await else {
                panic!("accepted")
            };
            assert!(matches!(provider.resume(&reference, &call).await, Ok(Progress::Done(_))));
        }
        for seen in vendor.seen() {
            match seen.path.as_str() {
                "prompt" => graphs.push(seen.json()["prompt"].clone()),
                "view" => assert!(seen.query.contains(["first", "second"][graphs.len() - 1]), "{}", seen.query),
                _ => {}
            }
        }
        let place = |graph: &Value, node: &str, input: &str| graph[node]["inputs"][input].clone();
        assert_ne!(place(&graphs[0], "3", "seed"), place(&graphs[1], "3", "seed"));
        assert_ne!(place(&graphs[0], "9", "filename_prefix"), place(&graphs[1], "9", "filename_prefix"));
        assert_eq!(place(&graphs[0], "6", "text"), "a calm table by a window");
        let side = |name: &str| place(&graphs[0], "5", name).as_u64().expect("a side");
        assert_eq!(side("width") * 16, side("height") * 9, "9:16");
    });
}

#[test]
fn comfyui_is_given_pictures_by_the_names_it_chose() {
    run(async {
        let vendor = Vendor::start(Script::always(Fault::None)).await;
        let line = Line::ComfyUiRegion;
        for _ in 0..2 {
            painted(line, &*line.provider(&vendor), PATIENT).await.expect("a picture");
        }
        let seen = vendor.seen();
        let uploads: Vec<_> = seen.iter().filter(|seen| seen.path == "upload/image").collect();
        assert_eq!(uploads.len(), 4, "the base and the mask, twice");
        let part = |upload: usize| uploads[upload].parts.iter().find(|part| part.name == "image").expect("a picture");
        for (place, upload) in uploads.iter().enumerate() {
            assert_eq!(part(place).media_type.as_deref(), Some("image/png"));
            assert_eq!(upload.field("type").as_deref(), Some("input"));
        }
        assert_eq!(part(0).file_name, part(2).file_name, "the same photo lies there once");
        assert_ne!(part(0).file_name, part(1).file_name);
        assert_eq!(part(1).bytes, request(line).mask.expect("a mask"));
        let graph = seen.iter().find(|seen| seen.path == "prompt").expect("an order").json();
        assert_eq!(graph["prompt"]["1"]["inputs"]["image"].as_str(), part(0).file_name.as_deref());
        assert_eq!(graph["prompt"]["2"]["inputs"]["image"].as_str(), part(1).file_name.as_deref());
    });
}
