//! `haibao doctor --providers`, as an operator runs it: against models that answer and one that does not.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    run,
    vendor::{Dialect, Fault, Script, Vendor},
};

/// Runs the program with these settings beside the vendor that it asks.
async fn doctor(arguments: &'static [&'static str], settings: Vec<(String, String)>) -> Output {
    let asked = tokio::task::spawn_blocking(move || {
        let folder = TempDir::new().expect("a temporary folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_haibao"));
        command.current_dir(folder.path()).env("HAIBAO_DATA_DIR", folder.path()).envs(settings);
        command.args(["doctor", "--providers"]).args(arguments).output().expect("the program runs")
    });
    asked.await.expect("the command ends")
}

fn settings(vendor: &Vendor, image_model: &str) -> Vec<(String, String)> {
    let url = vendor.base_url(Dialect::OpenAi);
    [
        ("IMAGE_PROVIDERS__0__NAME", "main"),
        ("IMAGE_PROVIDERS__0__KIND", "openai"),
        ("IMAGE_PROVIDERS__0__BASE_URL", &url),
        ("IMAGE_PROVIDERS__0__MODEL", image_model),
        ("IMAGE_PROVIDERS__0__API_KEY", "sk-canary-0123456789"),
        ("IMAGE_PROVIDERS__0__ALLOW_PRIVATE_ADDRESS", "true"),
        ("IMAGE_PROVIDERS__0__PRICE_MICROUSD", "134000"),
        ("TEXT_MODELS__0__NAME", "words"),
        ("TEXT_MODELS__0__KIND", "openai"),
        ("TEXT_MODELS__0__BASE_URL", &url),
        ("TEXT_MODELS__0__MODEL", "stub-text"),
        ("TEXT_MODELS__0__ALLOW_PRIVATE_ADDRESS", "true"),
    ]
    .map(|(key, value)| (format!("HAIBAO_{key}"), value.to_owned()))
    .to_vec()
}

#[test]
fn the_doctor_asks_every_model_and_says_what_is_wrong() {
    run(async {
        let vendor = Vendor::start(Script::of([Fault::None])).await;
        let well = doctor(&[], settings(&vendor, "gpt-image-2")).await;
        let said = String::from_utf8_lossy(&well.stdout).into_owned();
        assert!(well.status.success(), "{said}");
        assert!(said.contains("ok   image model main (gpt-image-2):"), "{said}");
        assert!(said.contains("ok   text model words (stub-text): it answers"), "{said}");
        assert!(said.contains("warn main: a picture costs 134000"), "{said}");
        assert!(vendor.seen().iter().all(|seen| !seen.path.contains("images/")), "nothing is painted for it");

        let ill = doctor(&["--json"], settings(&vendor, "gpt-image-9")).await;
        assert_eq!(ill.status.code(), Some(1), "one of them cannot work");
        let report: Value = serde_json::from_slice(&ill.stdout).expect("one object");
        assert_eq!(report["healthy"], false);
        let models = report["models"].as_array().expect("a list");
        let healthy: Vec<_> = models.iter().map(|model| (&model["role"], &model["healthy"])).collect();
        assert_eq!(serde_json::json!(healthy), serde_json::json!([["image", false], ["text", true]]));
        let says = models[0]["says"].as_str().expect("a reason");
        assert_eq!((&models[0]["model"], says.contains("does not exist")), (&"gpt-image-9".into(), true), "{says}");
        let all = [&well.stdout, &well.stderr, &ill.stdout, &ill.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(all.iter().all(|text| !text.contains("sk-canary")), "keys are told to nobody");
    });
}
