//! Everything that vendors do wrong, through the real clients over a real socket: each fault ends in
//! the class that decides what happens next, and none of them hangs, explodes or leads astray.

mod secrets;

use std::time::Duration;

use haibao::providers::FailureClass;

use crate::support::{
    lines::{HURRIED, KEY, Line, PATIENT, call, painted},
    run,
    vendor::{Broken, Fault, Refusal, Script, UrlFault, Vendor, Wait, serve},
};

use FailureClass::{
    AmbiguousTimeout, Misconfigured, ModeratedInput, ModeratedOutput, NoResult, NotAsked, Quota, RateLimited, Transient,
};

/// What a fault must end in; `None` where this line cannot meet it.
#[expect(clippy::match_same_arms, reason = "a table: each fault beside what it ends in")]
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
                // It names no parameter, so it may be one of ours.
                (Refusal::Request, false) if matches!(line, Line::Ark | Line::ArkByAddress) => on_start(Misconfigured),
                (Refusal::Request, false) => on_start(NotAsked),
                (Refusal::Input, false) => on_start(ModeratedInput),
                // These two do not tell which side of the model was declined.
                (Refusal::Output, false) if matches!(line, Line::OpenRouter | Line::SiliconFlow) => {
                    on_start(ModeratedInput)
                }
                (Refusal::Output, false) => on_start(ModeratedOutput),
                (Refusal::Quota, false) => on_start(Quota),
                (Refusal::RateLimited, false) => on_start(RateLimited),
                (Refusal::Key | Refusal::Model, _) => on_start(Misconfigured),
                (Refusal::Server | Refusal::Overloaded, _) => on_start(Transient),
            };
        }
        // Judged by what is written down of it.
        Fault::Parrot => return None,
        Fault::NoPicture | Fault::Words => Err(NoResult),
        Fault::Broken(Broken::TruncatedBase64) if !line.has_base64() => return None,
        Fault::Broken(_) => Err(NoResult),
        Fault::PartialGroup
            if matches!(line, Line::Ark | Line::ArkByAddress | Line::DashScopeTask | Line::DashScopeRegion) =>
        {
            Ok(())
        }
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
                    if told.contains(KEY) || told.contains("calm table") || told.contains("private.safetensors") {
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
        assert!(met > 330, "{met} faults were met");
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
fn a_server_that_nobody_answers_at_was_not_asked() {
    run(async {
        for line in Line::ALL {
            // Free a moment ago, and nobody listens there.
            let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let provider = line.provider_at(&line.dialect().base_url(closed.expect("a free port").port()));
            let error = painted(line, &*provider, PATIENT).await.expect_err("nobody is there");
            assert_eq!((error.class, error.maybe_billed), (Transient, false), "{line:?}: {error}");
            assert!(!error.to_string().contains(KEY), "{error}");
        }
    });
}

#[test]
fn probes_tell_what_is_wrong() {
    run(async {
        for line in Line::ALL {
            let vendor = Vendor::start(Script::default()).await;
            let provider = line.provider(&vendor);
            let told = provider.probe(&call(PATIENT)).await;
            told.unwrap_or_else(|error| panic!("{line:?}: {error}"));
            vendor.play(Script::default().with_enquiries([Fault::Refused(Refusal::Key)]));
            let error = provider.probe(&call(PATIENT)).await.expect_err("the key is not known");
            assert_eq!(error.class, Misconfigured, "{line:?}: {error}");
            assert!(!error.to_string().contains(KEY), "{error}");
            assert_eq!(vendor.calls(), 0, "{line:?} paints nothing");
        }
    });
}

#[test]
fn the_stub_of_measurements_answers_every_dialect() {
    run(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mut stub = tokio::task::JoinSet::new();
        stub.spawn(serve(listener, Script::steady(Duration::from_millis(5))));
        for line in Line::ALL {
            let provider = line.provider_at(&line.dialect().base_url(port));
            painted(line, &*provider, PATIENT).await.unwrap_or_else(|error| panic!("{line:?}: {error}"));
        }
    });
}
