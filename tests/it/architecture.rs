//! The plan of the house, checked: who may import whom, how long a file may grow, what may not be
//! linked in, and that the pages which the README names exist.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::support::repository;

/// The rooms of `src`, lowest layer first. A room imports its own layer and those below.
const LAYERS: [&[&str]; 7] = [
    &["clock", "domain", "ids"],
    &[
        "composer",
        "config",
        "database",
        "events",
        "imaging",
        "ledger",
        "mail",
        "payments",
        "providers",
        "storage",
        "webhooks",
    ],
    &["exports", "studio"],
    &["engine"],
    &["services"],
    &["graphql", "http"],
    &["app", "cli", "main", "lib"],
];

/// Longest Rust file; a longer one has two subjects.
const LINES_MAX: usize = 500;

/// Cryptography that needs a C tool chain or has open advisories; rustls runs on ring here.
const CRATES_BANNED: [&str; 6] = ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys", "rsa"];

fn layer_of(room: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&room))
}

/// Every file below a folder whose name ends so, in a fixed order.
fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !matches!(path.file_name().and_then(|name| name.to_str()), Some("node_modules" | "target" | "dist"))
                {
                    folders.push(path);
                }
            } else if path.to_string_lossy().ends_with(suffix) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The code alone: comments and the contents of strings become blanks.
fn without_comments_and_strings(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let rest = |offset: usize| chars.get(at + offset).copied();
        match chars[at] {
            '/' if rest(1) == Some('/') => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '/' if rest(1) == Some('*') => {
                let mut depth = 0_usize;
                while at < chars.len() {
                    match (chars[at], chars.get(at + 1)) {
                        ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
                        ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            'r' if matches!(rest(1), Some('"' | '#')) && !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
                if rest(1 + hashes) == Some('"') {
                    let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                    let body: String = chars[at + 2 + hashes..].iter().collect();
                    let length = body.find(&end).map_or(body.chars().count(), |byte| body[..byte].chars().count());
                    at += 2 + hashes + length + end.len();
                } else {
                    code.push('r');
                    at += 1;
                }
            }
            '"' => {
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    at += if chars[at] == '\\' { 2 } else { 1 };
                }
                at += 1;
            }
            // A quote as a character would open a string; a lifetime has no closing quote.
            '\'' if rest(2) == Some('\'') && rest(1) != Some('\\') => at += 3,
            '\'' if rest(1) == Some('\\') && rest(3) == Some('\'') => at += 4,
            other => {
                code.push(other);
                at += 1;
            }
        }
    }
    code
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// The first names of a path that starts at the root: one, or those of a `{…}` group.
fn first_names(after_root: &str) -> Vec<String> {
    let after_root = after_root.trim_start();
    let Some(group) = after_root.strip_prefix('{') else {
        return vec![identifier(after_root).to_owned()];
    };
    let mut names = Vec::new();
    let (mut depth, mut start) = (0, true);
    for (byte, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && !c.is_whitespace() => {
                names.push(identifier(&group[byte..]).to_owned());
                start = false;
            }
            _ => {}
        }
    }
    names
}

/// The rooms that a file names, by `crate::…` or by enough `super::` to reach the root.
///
/// `depth` is how many modules deep the file is: 1 for `src/clock.rs` and `src/engine/mod.rs`.
fn rooms_named(source: &str, depth: usize) -> BTreeSet<String> {
    let code = without_comments_and_strings(source);
    let mut rooms = BTreeSet::new();
    for (byte, _) in code.match_indices("crate::") {
        let before = code[..byte].chars().next_back();
        if !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | ':')) {
            rooms.extend(first_names(&code[byte + "crate::".len()..]));
        }
    }
    let climb = "super::".repeat(depth);
    for (byte, _) in code.match_indices(&climb) {
        // Inside an inline module the same climb ends one lower, at a name that is no room.
        if !code[..byte].ends_with("super::") {
            rooms.extend(first_names(&code[byte + climb.len()..]).into_iter().filter(|name| layer_of(name).is_some()));
        }
    }
    rooms
}

/// What is wrong with a file's imports; the path is relative to `src`.
fn complaints(path: &str, source: &str) -> Vec<String> {
    let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    let room = parts[0];
    let Some(own) = layer_of(room) else {
        return vec![format!("src/{path}: the room `{room}` has no layer")];
    };
    let mut found = Vec::new();
    for named in rooms_named(source, parts.len()) {
        match layer_of(&named) {
            None => found.push(format!("src/{path}: `crate::{named}` is no room of the plan")),
            Some(layer) if layer > own => found.push(format!("src/{path}: {room} -> {named} goes upwards")),
            Some(_) => {}
        }
    }
    found
}

#[test]
fn no_room_imports_a_higher_one() {
    let root = repository().join("src");
    let mut found = Vec::new();
    let sources = files(&root, ".rs");
    assert!(sources.len() > 20, "the sources were found");
    for path in sources {
        let relative = path.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
        found.extend(complaints(&relative, &fs::read_to_string(&path).expect("a source file is text")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_planted_upward_import_is_found() {
    for planted in [
        "use crate::graphql::context::Viewer;",
        "use crate::{clock::Clock, database::{self, Database}, graphql};",
        "fn f() { crate::graphql::serve(); }",
        "use super::graphql::Viewer;",
        "#[cfg(test)]\nmod tests { use\n  crate::{\n    graphql,\n  };\n}",
        "const QUOTE: char = '\"'; use crate::graphql::Viewer; const OTHER: char = '\"';",
        "const RAW: &str = r#\"a \" b\"#; use crate::graphql::Viewer;",
    ] {
        assert_eq!(
            complaints("providers/mod.rs", planted),
            ["src/providers/mod.rs: providers -> graphql goes upwards"],
            "{planted}"
        );
    }
    for (path, planted) in
        [("engine/worker.rs", "use super::super::services::orders;"), ("engine/worker.rs", "use crate::services;")]
    {
        assert_eq!(complaints(path, planted), ["src/engine/worker.rs: engine -> services goes upwards"], "{planted}");
    }
    assert_eq!(complaints("attic.rs", ""), ["src/attic.rs: the room `attic` has no layer"]);
    assert_eq!(
        complaints("clock.rs", "use crate::attic::Box;"),
        ["src/clock.rs: `crate::attic` is no room of the plan"]
    );
}

#[test]
fn what_may_be_imported_is_not_complained_about() {
    for fine in [
        "use crate::{clock::Clock, ledger, providers::text};",
        "//! [`crate::graphql::Viewer`] reads this.",
        "/* crate::graphql */ const TEXT: &str = \"crate::graphql\";",
        "const RAW: &str = r\"crate::graphql\";",
        "macro_rules! m { () => { $crate::graphql::x() } }",
        "mod tests { use super::*; }",
        "use other_crate::graphql::X;",
    ] {
        assert_eq!(complaints("providers/mod.rs", fine), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn pixels_know_nothing_of_the_house() {
    let manifest = fs::read_to_string(repository().join("imaging/Cargo.toml")).expect("the manifest");
    let rooms: Vec<_> = crates_of(&manifest).into_iter().filter(|name| ["haibao", "entity"].contains(name)).collect();
    assert!(rooms.is_empty(), "imaging imports {rooms:?}");
}

#[test]
fn migrations_stand_alone() {
    // Entities change with the code; a migration must mean the same for ever.
    let manifest = fs::read_to_string(repository().join("migration/Cargo.toml")).expect("the manifest");
    assert!(!manifest.contains("entity"), "migration never imports entity");
}

#[test]
fn no_rust_file_has_two_subjects() {
    let mut long = Vec::new();
    for folder in ["src", "entity", "imaging", "migration", "tests", "benches"] {
        for path in files(&repository().join(folder), ".rs") {
            let lines = fs::read_to_string(&path).expect("a source file is text").lines().count();
            if lines > LINES_MAX {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "longer than {LINES_MAX} lines:\n{}", long.join("\n"));
}

/// Whether code names a floating-point type, or writes a number of one.
fn floats(code: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.split(|c: char| !is_word(c) && c != '.').any(|word| {
        let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let number = word.split_once('.').is_some_and(|(whole, rest)| digits(whole) && digits(rest));
        let is_type = |part: &str| {
            let before = part.strip_suffix("f32").or_else(|| part.strip_suffix("f64"));
            before.is_some_and(|before| before.is_empty() || before.ends_with('_') || digits(before))
        };
        number || word.split('.').any(is_type)
    })
}

#[test]
fn no_money_is_a_floating_point_number() {
    let (root, mut found, mut seen) = (repository(), Vec::new(), 0);
    let mut paths = vec![root.join("src/domain/credits.rs"), root.join("src/services/statement.rs")];
    for folder in ["src/payments", "src/ledger", "src/services/orders", "src/services/bills"] {
        paths.extend(files(&root.join(folder), ".rs"));
    }
    for path in paths {
        // Tests try what must be refused.
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("tests") {
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source file is text");
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        seen += 1;
        if floats(&without_comments_and_strings(source)) {
            found.push(path.display().to_string());
        }
    }
    assert!(seen > 25, "only {seen} files of money code are looked at");
    assert!(found.is_empty(), "floating point near money:\n{}", found.join("\n"));
}

#[test]
fn a_planted_floating_point_number_is_found() {
    for planted in ["let a: f64 = x;", "x as f32", "let b = 0.1;", "1.5e3", "y * 10.0", "a.to_f64()", "2f64"] {
        assert!(floats(planted), "{planted}");
    }
    for fine in ["let a = b.0;", "pair.1.len()", "0..10", "1..=5", "x.y", "let buf32 = 1;", "1_000"] {
        assert!(!floats(fine), "{fine}");
    }
}

#[test]
fn banned_crates_are_not_linked() {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).expect("Cargo.lock is committed");
    let locked: BTreeSet<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    assert!(locked.contains("ring"), "the lock file was read");
    let banned: Vec<_> = CRATES_BANNED.into_iter().filter(|name| locked.contains(name)).collect();
    assert!(banned.is_empty(), "banned crates in Cargo.lock: {banned:?}");
    assert!(!lock.contains("source = \"git+"), "every dependency comes from the registry");
}

/// The links to files of this repository in a page, without their anchors.
fn links(page: &str) -> Vec<&str> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next())
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
        .collect()
}

#[test]
fn pages_link_only_to_what_exists() {
    assert_eq!(links("[a](docs/A.md#b) [b](https://x.org) [c](#here) ![d](e.png \"t\")"), ["docs/A.md", "e.png"]);
    let mut pages = files(&repository().join("docs"), ".md");
    pages.extend(["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(|name| repository().join(name)));
    let mut dead = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        let folder = page.parent().expect("a page is in a folder");
        dead.extend(
            links(&text)
                .into_iter()
                .filter(|target| !folder.join(target).exists())
                .map(|target| format!("{} -> {target}", page.display())),
        );
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// The names on the left of `=` in the dependency tables of a manifest.
fn crates_of(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = matches!(line, "[dependencies]" | "[dev-dependencies]" | "[build-dependencies]");
        } else if inside && line.contains('=') && !line.starts_with('#') {
            found.extend(line.split(['=', '.', ' ']).next());
        }
    }
    found
}

/// The names in the two dependency tables of a `package.json`.
fn packages_of(manifest: &str) -> Vec<String> {
    let manifest: serde_json::Value = serde_json::from_str(manifest).expect("package.json is JSON");
    ["dependencies", "devDependencies"]
        .iter()
        .filter_map(|table| manifest[table].as_object())
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[test]
fn every_direct_dependency_is_explained() {
    assert_eq!(crates_of("[dependencies]\na.workspace = true\n# b = 1\nc-d = \"1\"\n[lib]\ne = 1"), ["a", "c-d"]);
    let page = fs::read_to_string(repository().join("docs/DEPENDENCIES.md")).expect("the page");
    let explained: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|names| names.split(", "))
        .collect();
    let manifests = ["Cargo.toml", "entity/Cargo.toml", "imaging/Cargo.toml", "migration/Cargo.toml"]
        .map(|path| fs::read_to_string(repository().join(path)).expect("the manifest"));
    let mut names: Vec<String> = manifests.iter().flat_map(|manifest| crates_of(manifest)).map(str::to_owned).collect();
    assert!(names.len() > 40, "the tables were read: {names:?}");
    if let Ok(manifest) = fs::read_to_string(repository().join("web/package.json")) {
        names.extend(packages_of(&manifest));
    }
    names.retain(|name| {
        !["entity", "imaging", "migration"].contains(&name.as_str()) && !explained.contains(name.as_str())
    });
    assert!(names.is_empty(), "docs/DEPENDENCIES.md does not explain {names:?}");
}
