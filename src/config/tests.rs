//! Layers, refusals and redaction, without touching the process.

use secrecy::ExposeSecret;

use super::*;
use crate::ids::SeededIds;

const SECRET: &str = "9f2c4e61b7a8d3057e1c2b4d6f8091a3c5e7092b4d6f81a3";

fn sources(environment: &[(&str, &str)]) -> Sources {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sources { environment, ..Sources::default() }
}

fn load(environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    Settings::load(&sources(environment))
}

fn error(environment: &[(&str, &str)]) -> String {
    load(environment).expect_err("these settings are wrong").to_string()
}

fn production() -> Vec<(&'static str, &'static str)> {
    vec![
        ("HAIBAO_ENVIRONMENT", "production"),
        ("HAIBAO_SIGN_IN__TOKEN_SECRET", SECRET),
        ("HAIBAO_MAIL__MAILER", "smtp"),
        ("HAIBAO_MAIL__SMTP_URL", "smtps://ann:hunter2@mail.example.com:465"),
        ("HAIBAO_HTTP__PUBLIC_URL", "https://posters.example.com"),
    ]
}

#[test]
fn the_defaults_stand_alone_and_are_a_development_set_up() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.environment, Environment::Development);
    assert_eq!(settings.http.address.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.public_url(), "http://127.0.0.1:8080");
    assert_eq!(settings.database_url().expose_secret(), "sqlite://data/haibao.db");
    assert_eq!(
        (settings.welcome_credits(), settings.sandbox_enabled(), settings.codes_are_printed()),
        (40, true, true)
    );
    assert_eq!((settings.introspection(), settings.queries_by_get()), (Introspection::Everyone, true));
    assert_eq!((settings.engine.lease_seconds, settings.engine.attempts_max), (30, 3));
    assert_eq!((settings.sign_in.sends_per_ip_per_hour, settings.sign_in.sends_per_email_per_day), (20, 20));
    assert!(!settings.studio.fallback_to_builtin);
}

#[test]
fn a_later_source_wins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haibao.toml");
    put(
        &file,
        "time_zone = \"Europe/Paris\"\n[engine]\nworkers = 3\nattempts_max = 5\n[limits]\nuploads_per_hour = 7\n",
    );
    let mut sources = sources(&[("HAIBAO_ENGINE__WORKERS", "4"), ("HAIBAO_LIMITS__UPLOADS_PER_HOUR", "8")]);
    sources.file = Some(file);
    let settings = Settings::load(&sources.with("limits.uploads_per_hour", "9")).unwrap();
    assert_eq!(settings.time_zone, "Europe/Paris");
    assert_eq!((settings.engine.attempts_max, settings.engine.workers), (5, 4));
    assert_eq!(settings.limits.uploads_per_hour, 9);
    assert_eq!(settings.engine.lease_seconds, 30, "what nobody set keeps its default");
}

#[test]
fn tables_of_a_list_come_from_the_environment_and_add_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haibao.toml");
    put(&file, "[[image_providers]]\nname = \"main\"\nkind = \"openai\"\nbase_url = \"https://a.example\"\n");
    let mut sources = sources(&[
        ("HAIBAO_IMAGE_PROVIDERS__0__API_KEY", "0042"),
        ("HAIBAO_IMAGE_PROVIDERS__1__NAME", "spare"),
        ("HAIBAO_IMAGE_PROVIDERS__1__KIND", "scripted"),
        ("HAIBAO_IMAGE_PROVIDERS__1__PURPOSES", "plate, edit"),
        ("HAIBAO_IMAGE_PROVIDERS__1__MAX_CONCURRENCY", "9"),
        ("HAIBAO_IMAGE_PROVIDERS__1__ALLOW_PRIVATE_ADDRESS", "true"),
        ("HAIBAO_TEXT_MODELS__0__NAME", "words"),
        ("HAIBAO_TEXT_MODELS__0__KIND", "scripted"),
    ]);
    sources.file = Some(file);
    let settings = Settings::load(&sources).unwrap();
    let [main, spare] = &settings.image_providers[..] else { panic!("two providers: {:?}", settings.image_providers) };
    assert_eq!((main.name.as_str(), main.base_url.as_deref()), ("main", Some("https://a.example")));
    assert_eq!(main.api_key.as_ref().map(ExposeSecret::expose_secret), Some("0042"), "a key of digits stays text");
    assert_eq!((spare.purposes.join("+"), spare.max_concurrency), ("plate+edit".to_owned(), 9));
    assert!(spare.allow_private_address);
    assert_eq!(settings.text_models[0].name, "words");
}

#[test]
fn unknown_names_and_wrong_types_name_their_key_and_source() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haibao.toml");
    let with_file = |text: &str| {
        put(&file, text);
        Settings::load(&Sources { file: Some(file.clone()), ..Sources::default() }).expect_err(text).to_string()
    };
    let message = with_file("[http]\nadress = \"x\"\n");
    assert!(
        message.contains("http.adress") && message.contains("`address`") && message.contains("haibao.toml"),
        "{message}"
    );
    let message = with_file("[engine]\nworkers = \"many\"\n");
    assert!(message.contains("engine.workers") && message.contains("haibao.toml"), "{message}");
    let message = with_file("[[image_providers]]\nname = \"a\"\n");
    assert!(message.contains("image_providers[0].kind"), "{message}");
    assert!(with_file("[http\n").contains("not valid TOML"));

    let message = error(&[("HAIBAO_LIMIT__SOCKETS_PER_USER", "3")]);
    assert!(message.contains("limit") && message.contains("`limits`"), "{message}");
    let message = error(&[("HAIBAO_ENGINE__WORKERS", "many")]);
    assert!(message.contains("engine.workers") && message.contains("environment"), "{message}");
    assert!(error(&[("HAIBAO_ENVIRONMENT", "prod")]).contains("environment"));
    let message = error(&[("HAIBAO_IMAGE_PROVIDERS__MAIN__KIND", "x")]);
    assert!(message.contains("image_providers") && message.contains("place in the list"), "{message}");
    let missing = Sources { file: Some("no-such-file.toml".into()), ..Sources::default() };
    assert!(Settings::load(&missing).expect_err("no file").to_string().contains("no-such-file.toml"));
}

#[test]
fn an_error_never_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haibao.toml");
    put(&file, "[engine]\nworkers = \"canary-secret\"\n");
    let failed = Settings::load(&Sources { file: Some(file), ..Sources::default() }).expect_err("wrong type");
    assert!(!failed.to_string().contains("canary-secret"), "{failed}");
}

#[test]
fn values_out_of_range_name_their_key() {
    for (name, value, key) in [
        ("HAIBAO_TIME_ZONE", "Asia/Atlantis", "time_zone"),
        ("HAIBAO_HTTP__PUBLIC_URL", "posters.example.com", "http.public_url"),
        ("HAIBAO_HTTP__ALLOWED_ORIGINS", "*", "http.allowed_origins"),
        ("HAIBAO_DATABASE__URL", "mysql://x", "database.url"),
        ("HAIBAO_MAIL__FROM", "nobody", "mail.from"),
        ("HAIBAO_MAIL__MAILER", "smtp", "mail.smtp_url"),
        ("HAIBAO_STORAGE__KIND", "s3", "storage.s3.bucket"),
        ("HAIBAO_ENGINE__ATTEMPTS_MAX", "0", "engine.attempts_max"),
        ("HAIBAO_BILLING__WELCOME_CREDITS", "-1", "billing.welcome_credits"),
        ("HAIBAO_SIGN_IN__TOKEN_SECRET_FILE", "no-such-file", "sign_in.token_secret_file"),
    ] {
        let message = error(&[(name, value)]);
        assert!(message.starts_with(&format!("{key}:")), "{name}: {message}");
    }
}

#[test]
fn production_refuses_what_is_unsafe_and_names_the_key() {
    let safe = load(&production()).unwrap();
    assert_eq!((safe.introspection(), safe.queries_by_get()), (Introspection::SignedIn, false));
    for (change, key) in [
        (("HAIBAO_SIGN_IN__TOKEN_SECRET", "too-short"), "sign_in.token_secret"),
        (("HAIBAO_SIGN_IN__TOKEN_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "sign_in.token_secret"),
        (("HAIBAO_SIGN_IN__TOKEN_SECRET", ""), "sign_in.token_secret"),
        (("HAIBAO_SIGN_IN__PREVIOUS_TOKEN_SECRET", "short"), "sign_in.previous_token_secret"),
        (("HAIBAO_MAIL__MAILER", "development"), "mail.mailer"),
        (("HAIBAO_PAYMENTS__SANDBOX_ENABLED", "true"), "payments.sandbox_enabled"),
        (("HAIBAO_HTTP__PUBLIC_URL", ""), "http.public_url"),
        (("HAIBAO_HTTP__PUBLIC_URL", "http://posters.example.com"), "http.public_url"),
        (("HAIBAO_HTTP__ALLOWED_ORIGINS", "http://a.example"), "http.allowed_origins"),
        (("HAIBAO_WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "true"), "webhooks.allow_private_addresses"),
    ] {
        let mut environment = production();
        environment.retain(|(name, _)| *name != change.0);
        environment.push(change);
        let refused = load(&environment).expect_err(key);
        let ConfigError::Unsafe(refusals) = &refused else { panic!("{refused}") };
        assert_eq!(refusals.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(), [key]);
        assert!(refused.to_string().contains(key));
    }
    let everything = load(&[("HAIBAO_ENVIRONMENT", "production")]).expect_err("nothing is set");
    let ConfigError::Unsafe(refusals) = everything else { panic!("{everything}") };
    assert_eq!(refusals.len(), 3, "all refusals at once: {refusals:?}");
    assert_eq!(load(&production()).unwrap().welcome_credits(), 0);
}

#[test]
fn what_is_printed_holds_no_secret_and_reads_back() {
    let mut environment = production();
    environment.push(("HAIBAO_DATABASE__URL", "postgres://ann:hunter2@db/haibao"));
    environment.push(("HAIBAO_IMAGE_PROVIDERS__0__NAME", "main"));
    environment.push(("HAIBAO_IMAGE_PROVIDERS__0__KIND", "openai"));
    environment.push(("HAIBAO_IMAGE_PROVIDERS__0__API_KEY", "hunter2"));
    let settings = load(&environment).unwrap();
    let printed = settings.to_redacted_toml().unwrap();
    assert!(!printed.contains("hunter2") && !printed.contains(SECRET), "{printed}");
    assert!(!format!("{settings:?}").contains("hunter2"));
    for expected in [
        "token_secret = \"***\"",
        "smtp_url = \"smtps://ann:***@mail.example.com:465\"",
        "url = \"postgres://ann:***@db/haibao\"",
        "api_key = \"***\"",
        "welcome_credits = 0",
        "time_zone = \"Asia/Shanghai\"",
    ] {
        assert!(printed.contains(expected), "{expected} in {printed}");
    }
    let read: toml::Table = printed.parse().unwrap();
    assert_eq!(read["engine"]["lease_seconds"].as_integer(), Some(30));
}

#[test]
fn secrets_come_from_files_and_not_from_two_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    put(&file, &format!("{SECRET}\n"));
    let path = file.to_str().unwrap();
    let settings = load(&[("HAIBAO_SIGN_IN__TOKEN_SECRET_FILE", path)]).unwrap();
    assert_eq!(settings.sign_in.token_secret.unwrap().expose_secret(), SECRET);
    let message = error(&[("HAIBAO_SIGN_IN__TOKEN_SECRET_FILE", path), ("HAIBAO_SIGN_IN__TOKEN_SECRET", SECRET)]);
    assert!(message.starts_with("sign_in.token_secret:"), "{message}");
    let message = error(&[("HAIBAO_DATABASE__URL_FILE", path), ("HAIBAO_DATABASE__URL", "sqlite://x.db")]);
    assert!(message.starts_with("database.url:"), "{message}");
}

#[test]
fn every_key_in_the_manual_is_known_even_those_commented_out() {
    // Uncommenting every example line must still load: a renamed key would leave a stale manual.
    let mut text = String::new();
    for line in DEFAULTS.lines() {
        let example = line.strip_prefix("# ").filter(|rest| {
            rest.starts_with("[[")
                || rest.split_once(" = ").is_some_and(|(key, _)| {
                    key.bytes().all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit())
                })
        });
        match example {
            // The file form and the plain form exclude each other.
            Some(rest) if rest.contains("_file = ") => {}
            Some(rest) => text.push_str(rest),
            None if line == "image_providers = []" || line == "text_models = []" => {}
            None => text.push_str(line),
        }
        text.push('\n');
    }
    // Tables of lists come first in the manual, so the sections after them still stand at the top.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haibao.toml");
    put(&file, &text);
    let settings = Settings::load(&Sources { file: Some(file), ..Sources::default() }).unwrap();
    assert_eq!((settings.image_providers.len(), settings.text_models.len()), (9, 3));
    assert_eq!(settings.storage.s3.bucket.as_deref(), Some("haibao"));
}

#[test]
fn the_development_secret_is_made_once_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let settings = load(&[("HAIBAO_DATA_DIR", folder.path().to_str().unwrap())]).unwrap();
    let write = |path: &std::path::Path, bytes: &[u8]| {
        put(path, std::str::from_utf8(bytes).unwrap());
        Ok(())
    };
    let first = settings.token_secret(&SeededIds::new(1), write).unwrap();
    assert!(first.expose_secret().len() >= keys::TOKEN_SECRET_BYTES_MIN);
    let again = settings.token_secret(&SeededIds::new(2), |_, _| panic!("it exists")).unwrap();
    assert_eq!(first.expose_secret(), again.expose_secret());

    let derived = DerivedKeys::new(&first);
    let all = [derived.tokens, derived.signed_urls, derived.codes, derived.sandbox_payments, derived.webhooks];
    assert!((0..5).all(|i| (i + 1..5).all(|j| all[i] != all[j])), "one key per purpose");
    assert_eq!(all[0], DerivedKeys::new(&again).tokens);
}

#[expect(clippy::disallowed_methods, reason = "a test prepares its own files")]
fn put(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
