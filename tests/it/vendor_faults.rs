//! Everything that vendors do wrong, through the real clients over a real socket: each fault ends in
//! the class that decides what happens next, and none of them hangs, explodes or leads astray.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use haibao::{
    imaging::plate,
    providers::{
        CallContext, FailureClass, ProviderError,
        image::{
            ImageProvider, ImageRequest, ImageRole, InputImage, Picture, Progress, Purpose, Rendered, Started,
            image_provider,
        },
    },
};
use serde_json::{Value, json};

use crate::support::{
    repository, run,
    vendor::{Broken, Dialect, Fault, Refusal, Script, UrlFault, Vendor, Wait},
};

use FailureClass::{
    AmbiguousTimeout, Misconfigured, ModeratedInput, ModeratedOutput, NoResult, NotAsked, Quota, RateLimited, Transient,
};

const NONCE: &str = "00112233445566778899aabbccddeeff";
/// Long enough for anything that comes at all.
const PATIENT: Duration = Duration::from_secs(30);
/// For what never comes.
const HURRIED: Duration = Duration::from_millis(700);

/// A dialect in one of the ways it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Gemini,
    DashScope,
    DashScopeTask,
    DashScopeRegion,
    ComfyUi,
    ComfyUiRegion,
}

impl Line {
    const ALL: [Self; 6] =
        [Self::Gemini, Self::DashScope, Self::DashScopeTask, Self::DashScopeRegion, Self::ComfyUi, Self::ComfyUiRegion];

    const fn dialect(self) -> Dialect {
        match self {
            Self::Gemini => Dialect::Gemini,
            Self::DashScope | Self::DashScopeTask | Self::DashScopeRegion => Dialect::DashScope,
            Self::ComfyUi | Self::ComfyUiRegion => Dialect::ComfyUi,
        }
    }

    /// Whether the work is accepted first and asked for later.
    const fn is_task(self) -> bool {
        !matches!(self, Self::Gemini | Self::DashScope)
    }

    /// Whether results come as addresses.
    const fn has_addresses(self) -> bool {
        matches!(self, Self::DashScope | Self::DashScopeTask | Self::DashScopeRegion)
    }

    const fn is_comfyui(self) -> bool {
        matches!(self, Self::ComfyUi | Self::ComfyUiRegion)
    }

    const fn purpose(self) -> Purpose {
        match self {
            Self::ComfyUi => Purpose::Plate,
            Self::DashScopeRegion | Self::ComfyUiRegion => Purpose::EditMasked,
            _ => Purpose::Poster,
        }
    }

    fn provider(self, vendor: &Vendor) -> Arc<dyn ImageProvider> {
        let workflow = |name: &str| repository().join("tests/fixtures/vendor").join(name);
        let mut table = json!({
            "name": "vendor", "base_url": vendor.base_url(self.dialect()), "api_key": "a-key",
            "allow_private_address": true,
        });
        let (kind, model, extra) = match self {
            Self::Gemini => ("gemini", "gemini-3.1-flash-image", json!({})),
            Self::DashScope => ("dashscope", "qwen-image-edit-plus", json!({ "download_hosts": "localhost" })),
            Self::DashScopeTask => ("dashscope", "wan2.5-i2i-preview", json!({ "download_hosts": "localhost" })),
            Self::DashScopeRegion => ("dashscope", "wanx2.1-imageedit", json!({ "download_hosts": "localhost" })),
            Self::ComfyUi => (
                "comfyui",
                "flux",
                json!({ "workflow": workflow("comfyui-plate.json"), "inputs": {
                    "prompt": "6.text", "negative": "7.text", "seed": "3.seed", "width": "5.width",
                    "height": "5.height", "output": "9",
                } }),
            ),
            Self::ComfyUiRegion => (
                "comfyui",
                "flux-fill",
                json!({ "workflow": workflow("comfyui-edit.json"), "inputs": {
                    "prompt": "6.text", "seed": "3.seed", "images": "1.image", "mask": "2.image", "output": "9",
                } }),
            ),
        };
        table["kind"] = json!(kind);
        table["model"] = json!(model);
        table["extra"] = extra;
        haibao::app::init_crypto();
        image_provider(&serde_json::from_value(table).expect("a table of the settings")).expect("a provider")
    }
}

/// A small PNG of one colour, with these bytes a pixel.
fn png(pixel: [u8; 4]) -> Bytes {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbaImage::from_pixel(9, 16, image::Rgba(pixel));
    pixels.write_to(&mut bytes, image::ImageFormat::Png).expect("a picture in memory is written");
    bytes.into_inner().into()
}

fn request(line: Line) -> ImageRequest {
    let image = |role: ImageRole, shade: u8| InputImage {
        role,
        bytes: png([shade, 90, 90, 255]),
        media_type: "image/png",
        width: 9,
        height: 16,
    };
    let images = match line.purpose() {
        Purpose::Plate => Vec::new(),
        Purpose::EditMasked => vec![image(ImageRole::Base, 40)],
        _ => vec![image(ImageRole::Product, 80), image(ImageRole::StyleAnchor, 120)],
    };
    ImageRequest {
        purpose: line.purpose(),
        prompt: "a calm table by a window".to_owned(),
        negative: "people".to_owned(),
        images,
        mask: (line.purpose() == Purpose::EditMasked).then(|| png([255, 255, 255, 0])),
        width: 1080,
        height: 1920,
        seed: 7,
        scene: None,
    }
}

const fn call(timeout: Duration) -> CallContext {
    CallContext { nonce: String::new(), timeout }
}

/// Asks for a picture and follows it to its end, as the program does but without its pauses; what
/// comes is judged like there.
async fn painted(line: Line, provider: &dyn ImageProvider, timeout: Duration) -> Result<Rendered, ProviderError> {
    let call = CallContext { nonce: NONCE.to_owned(), ..call(timeout) };
    let request = request(line);
    let asked = provider.capabilities().size_for(1080, 1920);
    let judged = |rendered: Rendered| {
        let Picture::Encoded(bytes) = &rendered.picture else { panic!("a vendor sends bytes") };
        match plate::from_bytes(bytes, (1080, 1920), asked) {
            Ok(_) => Ok(rendered),
            Err(fault) => Err(ProviderError::no_result(fault.to_string())),
        }
    };
    let reference = match provider.start(&request, &call).await? {
        Started::Done(rendered) => return judged(rendered),
        Started::Accepted(reference) => reference,
    };
    for _ in 0..10 {
        match provider.resume(&reference, &call).await {
            Ok(Progress::Done(rendered)) => return judged(rendered),
            Ok(Progress::Working(pause)) => assert!(pause >= Duration::from_millis(500), "no vendor is hammered"),
            Ok(Progress::Unknown) => return Err(ProviderError::new(Transient, "unknown work")),
            Err(error) if matches!(error.class, Transient | RateLimited) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ProviderError::new(AmbiguousTimeout, "never ready"))
}

/// What a fault must end in; `None` where this line cannot meet it.
fn expected(line: Line, fault: Fault) -> Option<Result<(), FailureClass>> {
    let on_start = |class| Some(Err(class));
    Some(match fault {
        Fault::None => Ok(()),
        Fault::RateLimited(_) => Err(RateLimited),
        // Its number is ours, so what happened to the order can be asked, and it was taken.
        Fault::SlowBody | Fault::CutBody if line.is_comfyui() => Ok(()),
        // The page came instead of the order's being taken, and the server says so when asked.
        Fault::NotJson | Fault::NoAnswer if line.is_comfyui() => Err(Transient),
        Fault::NoAnswer | Fault::SlowBody | Fault::CutBody => Err(AmbiguousTimeout),
        Fault::NotJson => Err(NoResult),
        Fault::Refused(refusal) => {
            return match (refusal, line.is_comfyui()) {
                // A server of one's own declines nothing and charges nothing.
                (Refusal::Input | Refusal::Output | Refusal::Quota | Refusal::RateLimited, true) => None,
                (Refusal::Request, true) => on_start(Misconfigured),
                (Refusal::Request, false) => on_start(NotAsked),
                (Refusal::Input, false) => on_start(ModeratedInput),
                (Refusal::Output, false) => on_start(ModeratedOutput),
                (Refusal::Quota, false) => on_start(Quota),
                (Refusal::RateLimited, false) => on_start(RateLimited),
                (Refusal::Key | Refusal::Model, _) => on_start(Misconfigured),
                (Refusal::Server | Refusal::Overloaded, _) => on_start(Transient),
            };
        }
        Fault::NoPicture | Fault::Words => Err(NoResult),
        Fault::Broken(Broken::TruncatedBase64) if line != Line::Gemini => return None,
        Fault::Broken(_) => Err(NoResult),
        Fault::PartialGroup if matches!(line, Line::DashScopeTask | Line::DashScopeRegion) => Ok(()),
        Fault::PartialGroup => return None,
        Fault::Url(_) if !line.has_addresses() => return None,
        Fault::Url(UrlFault::None | UrlFault::Flaky) => Ok(()),
        Fault::Url(_) => Err(NoResult),
        Fault::TaskFails(_) | Fault::TaskLost if !line.is_task() => return None,
        Fault::TaskFails(_) if line.is_comfyui() => Err(NoResult),
        Fault::TaskFails(Refusal::Input) => Err(ModeratedInput),
        Fault::TaskFails(Refusal::Output) => Err(ModeratedOutput),
        Fault::TaskFails(Refusal::Quota) => Err(Quota),
        Fault::TaskFails(_) => Err(NoResult),
        Fault::TaskLost if line.is_comfyui() => Err(Transient),
        Fault::TaskLost => Err(NoResult),
    })
}

/// Every fault there is.
fn faults() -> Vec<Fault> {
    let refusals = [
        Refusal::RateLimited,
        Refusal::Quota,
        Refusal::Key,
        Refusal::Model,
        Refusal::Request,
        Refusal::Input,
        Refusal::Output,
        Refusal::Server,
        Refusal::Overloaded,
    ];
    let broken = [
        Broken::TruncatedBase64,
        Broken::TruncatedFile,
        Broken::Words,
        Broken::WrongRatio,
        Broken::Bomb,
        Broken::Blank,
    ];
    let addresses = [
        UrlFault::Expired,
        UrlFault::Private,
        UrlFault::Redirected,
        UrlFault::Circle,
        UrlFault::Foreign,
        UrlFault::Unreadable,
        UrlFault::TooLarge,
        UrlFault::Flaky,
    ];
    let mut faults = vec![Fault::None, Fault::NotJson, Fault::NoPicture, Fault::Words, Fault::PartialGroup];
    faults.extend([Fault::NoAnswer, Fault::SlowBody, Fault::CutBody, Fault::TaskLost]);
    faults.extend(Wait::ALL.map(|(wait, _)| Fault::RateLimited(wait)));
    faults.extend(refusals.map(Fault::Refused));
    faults.extend(broken.map(Fault::Broken));
    faults.extend(addresses.map(Fault::Url));
    faults.extend([Refusal::Input, Refusal::Output, Refusal::Quota, Refusal::Server].map(Fault::TaskFails));
    faults
}

#[test]
fn every_fault_ends_in_its_class() {
    run(async {
        let mut wrong = Vec::new();
        let mut met = 0;
        for line in Line::ALL {
            let vendor = Vendor::start(Script::default()).await;
            let provider = line.provider(&vendor);
            for fault in faults() {
                let Some(expected) = expected(line, fault) else { continue };
                met += 1;
                vendor.play(Script::of([fault]));
                let timeout = if matches!(fault, Fault::NoAnswer | Fault::SlowBody) { HURRIED } else { PATIENT };
                let before = vendor.calls();
                let ended = painted(line, &*provider, timeout).await;
                let class = ended.as_ref().map(|_| ()).map_err(|error| error.class);
                if class != expected {
                    wrong.push(format!("{line:?} {fault:?}: {class:?} instead of {expected:?}; {:?}", ended.err()));
                } else if let Err(error) = ended {
                    let told = error.to_string();
                    if told.contains("a-key") || told.contains("calm table") || told.contains("private.safetensors") {
                        wrong.push(format!("{line:?} {fault:?} tells too much: {told}"));
                    }
                }
                if vendor.calls() != before + 1 {
                    wrong.push(format!("{line:?} {fault:?}: {} calls instead of one", vendor.calls() - before));
                }
            }
            if vendor.was_robbed() {
                wrong.push(format!("{line:?} went where an address led it"));
            }
        }
        assert!(wrong.is_empty(), "of {met}:\n{}", wrong.join("\n"));
        assert!(met > 150, "{met} faults were met");
    });
}

#[test]
fn the_servers_delay_is_read_in_every_form() {
    run(async {
        for line in Line::ALL {
            let vendor = Vendor::start(Script::default()).await;
            let provider = line.provider(&vendor);
            for (wait, milliseconds) in Wait::ALL {
                vendor.play(Script::of([Fault::RateLimited(wait)]));
                let error = painted(line, &*provider, PATIENT).await.expect_err("too many requests");
                let delay = error.retry_after.map(|delay| delay.as_millis() as u64);
                // Gemini also says it in the body, and that counts.
                let expected = if line == Line::Gemini { Some(36_000) } else { milliseconds };
                assert_eq!((error.class, delay), (RateLimited, expected), "{line:?} {wait:?}");
            }
        }
    });
}

#[test]
fn what_may_have_been_billed_is_said() {
    run(async {
        for (fault, is_billed) in [
            (Fault::NoAnswer, true),
            (Fault::CutBody, true),
            (Fault::NoPicture, true),
            (Fault::Broken(Broken::TruncatedBase64), true),
            (Fault::Refused(Refusal::Output), true),
            (Fault::Refused(Refusal::Input), false),
            (Fault::Refused(Refusal::Quota), false),
            (Fault::Refused(Refusal::Server), false),
            (Fault::RateLimited(Wait::Untold), false),
        ] {
            let vendor = Vendor::start(Script::of([fault])).await;
            let error = painted(Line::Gemini, &*Line::Gemini.provider(&vendor), HURRIED).await.expect_err("a fault");
            assert_eq!(error.maybe_billed, is_billed, "{fault:?}: {error}");
        }
    });
}

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
fn a_server_that_nobody_answers_at_was_not_asked() {
    run(async {
        for line in Line::ALL {
            let vendor = Vendor::start(Script::default()).await;
            let provider = line.provider(&vendor);
            drop(vendor);
            let error = painted(line, &*provider, PATIENT).await.expect_err("nobody is there");
            assert_eq!((error.class, error.maybe_billed), (Transient, false), "{line:?}: {error}");
            assert!(!error.to_string().contains("a-key"), "{error}");
        }
    });
}

#[test]
fn probes_tell_what_is_wrong() {
    run(async {
        for line in Line::ALL {
            let vendor = Vendor::start(Script::default()).await;
            let told = line.provider(&vendor).probe(&call(PATIENT)).await;
            told.unwrap_or_else(|error| panic!("{line:?}: {error}"));
            assert_eq!(vendor.calls(), 0, "{line:?} paints nothing");
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
        assert_eq!(
            place(&graphs[0], "5", "width").as_u64().map(|width| width * 16),
            place(&graphs[0], "5", "height").as_u64().map(|height| height * 9)
        );
    });
}
