//! What the product is called, who makes it and what kind of thing it is.

use super::{
    compose::{Kind, Tiling},
    kinds::Knowledge,
    lexicon::{Role, TO_CHINESE, TO_ENGLISH},
    lint::allowed,
    text::{Clause, Prepared, first_words, sentence_case, title_case},
};
use crate::domain::{
    report::{Bilingual, Brand, Category, TITLE_EN_WORDS_MAX, TITLE_ZH_COLUMNS_MAX, en_words, is_hanzi, zh_columns},
    validation::PRODUCT_NAME_CHARS_MAX,
};

/// Everything that follows from the name.
pub(super) struct Named {
    pub(super) brand: Brand,
    /// As the seller writes it.
    pub(super) spoken: String,
    pub(super) name: Bilingual,
    pub(super) title: Bilingual,
    pub(super) noun: Bilingual,
    pub(super) knowledge: Knowledge,
    /// Model or series in Latin letters, such as `S3`.
    pub(super) model: Option<String>,
    pub(super) name_confidence: f32,
    pub(super) brand_confidence: f32,
    pub(super) category_confidence: f32,
}

const NAME_LABELS: [&str; 9] =
    ["品名", "产品名称", "产品名", "商品名称", "商品名", "名称", "标题", "product name", "name"];
const BRAND_LABELS: [&str; 3] = ["品牌", "品牌名称", "brand"];
const LEAD_INS: [&str; 22] = [
    "这是一款",
    "这是",
    "这款",
    "这个",
    "一款",
    "一个",
    "一只",
    "本产品",
    "本品",
    "我们的",
    "我家的",
    "新款",
    "新品",
    "正品",
    "热卖",
    "爆款",
    "热销",
    "厂家直销",
    "包邮",
    "限时特惠",
    "官方正品",
    "全新",
];
const ENGLISH_LEAD_INS: [&str; 11] =
    ["this is", "this", "these", "premium", "introducing", "meet", "new", "the", "our", "a", "an"];
/// Latin words that describe and do not name a maker.
const TECHNICAL: [&str; 16] = [
    "usb", "led", "amoled", "oled", "lcd", "gps", "nfc", "hd", "uhd", "rgb", "ai", "diy", "type-c", "pro", "mini",
    "diary",
];
/// The longest name cut out of a running text, in columns.
const SPOKEN_COLUMNS_MAX: usize = 22;

/// Derives the name; `given` is the seller's own, which wins.
pub(super) fn named(prepared: &Prepared, clauses: &[Clause], given: Option<&str>) -> Named {
    if prepared.is_chinese() { chinese(prepared, clauses, given) } else { english(clauses, given) }
}

/// Where a name may be written, the surest place first.
fn candidates(prepared: &Prepared, clauses: &[Clause], given: Option<&str>) -> Vec<(String, f32)> {
    let mut found = Vec::new();
    if let Some(given) = given {
        found.push((given.to_owned(), 1.0));
    }
    for clause in clauses {
        let label = clause.label.as_deref().map(str::to_lowercase);
        if label.is_some_and(|label| NAME_LABELS.contains(&label.as_str())) {
            found.push((clause.text.clone(), 1.0));
        }
    }
    let text = prepared.text();
    for (open, close) in [('《', '》'), ('「', '」'), ('『', '』'), ('【', '】'), ('“', '”')] {
        let quoted = text.split_once(open).and_then(|(before, rest)| {
            let inside = rest.split_once(close)?.0;
            (before.chars().count() < 80 && (2..=30).contains(&inside.chars().count())).then_some(inside)
        });
        if let Some(inside) = quoted {
            found.push((inside.trim().to_owned(), 0.9));
        }
    }
    found.extend(
        clauses
            .iter()
            .enumerate()
            .take(12)
            .filter(|(_, clause)| clause.label.is_none())
            .map(|(index, clause)| (clause.text.clone(), if index == 0 { 0.8 } else { 0.6 })),
    );
    found
}

fn label_value<'a>(clauses: &'a [Clause], labels: &[&str]) -> Option<&'a str> {
    clauses
        .iter()
        .find(|clause| clause.label.as_deref().is_some_and(|label| labels.contains(&label.to_lowercase().as_str())))
        .map(|clause| clause.text.as_str())
        .filter(|text| zh_columns(text) <= TITLE_ZH_COLUMNS_MAX)
}

fn strip_lead_ins<'a>(text: &'a str, lead_ins: &[&str]) -> &'a str {
    let mut rest = text.trim();
    loop {
        let lower = rest.to_ascii_lowercase();
        let stripped = lead_ins.iter().find_map(|lead| {
            let after = lower.strip_prefix(lead)?;
            let whole_word = !lead.is_ascii() || after.starts_with(' ');
            whole_word.then(|| rest[lead.len()..].trim_start())
        });
        match stripped {
            Some(after) if !after.is_empty() => rest = after,
            _ => return rest,
        }
    }
}

/// Where the name ends: at the last of the nouns that follow each other without a break.
fn head_noun(tiling: &Tiling<'_>) -> Option<(usize, usize)> {
    let first = (0..tiling.tiles.len()).find(|index| tiling.role(*index) == Some(Role::Noun))?;
    let (mut noun, mut end) = (first, first + 1);
    for index in first + 1..tiling.tiles.len() {
        match tiling.role(index) {
            Some(Role::Noun) => (noun, end) = (index, index + 1),
            Some(Role::Modifier | Role::Material | Role::Thing)
                if !matches!(tiling.tiles[index].kind, Kind::Figure(_)) => {}
            None if matches!(tiling.tiles[index].kind, Kind::Space) => {}
            _ => return Some((noun, end)),
        }
    }
    // a name that runs to the end of its clause keeps its tail: 精华液家庭装
    let tail_is_words = (end..tiling.tiles.len()).all(|index| !matches!(tiling.tiles[index].kind, Kind::Figure(_)));
    let whole = tiling.tiles.len();
    if tail_is_words && zh_columns(&tiling.text(0, whole)) <= SPOKEN_COLUMNS_MAX {
        Some((noun, whole))
    } else {
        Some((noun, end))
    }
}

fn chinese(prepared: &Prepared, clauses: &[Clause], given: Option<&str>) -> Named {
    let candidates = candidates(prepared, clauses, given);
    let tiled = |text: &str| Tiling::for_name(strip_lead_ins(text, &LEAD_INS), &TO_ENGLISH, true);
    // the first place that holds a product noun; else the first that is short enough to be a name
    let with_noun = candidates.iter().find_map(|(text, confidence)| {
        let tiling = tiled(text);
        let (noun, end) = head_noun(&tiling)?;
        let spoken = tiling.text(0, end);
        (zh_columns(&spoken) <= SPOKEN_COLUMNS_MAX || *confidence >= 1.0).then_some((tiling, noun, end, *confidence))
    });
    let brand_label = label_value(clauses, &BRAND_LABELS);
    if let Some((tiling, noun, end, confidence)) = with_noun {
        let entry = tiling.entry_of(noun);
        let (category, kind) = entry.and_then(|entry| entry.category).unwrap_or((Category::Other, ""));
        let knowledge = Knowledge { category, kind };
        let noun_text = tiling.text(noun, noun + 1);
        let noun_en = entry.map_or("", |entry| entry.target);
        let (mut brand, mut start) = lead_brand(&tiling, noun, category);
        let brand_confidence = if brand_label.is_some() {
            0.95
        } else if start > 0 {
            0.75
        } else {
            0.5
        };
        if let Some(label) = brand_label {
            brand = brand_of_label(label);
        }
        // 山止咖啡云南…咖啡豆: the first noun belongs to the brand's own name
        let earlier_noun = (start..noun).find(|index| tiling.role(*index) == Some(Role::Noun));
        if start > 0 && earlier_noun == Some(start) && noun > start + 1 {
            start += 1;
        }
        let model = (start..end).find_map(|index| match tiling.tiles[index].kind {
            Kind::Latin => Some(tiling.text(index, index + 1)).filter(|word| word.chars().any(|c| c.is_ascii_digit())),
            _ => None,
        });
        let spoken = one_line(&tiling.text(0, end)).unwrap_or_else(|| noun_text.clone());
        // 自己种的有机大米: what stands before 的 describes and does not name
        let described = (start..noun).rev().find(|index| tiling.text(*index, index + 1) == "的");
        start = described.map_or(start, |index| index + 1);
        let title = Bilingual::new(
            title_zh(&tiling, start, noun, end, &noun_text),
            title_en(&tiling, start, noun, end, noun_en),
        );
        let english = full_english(&brand, &title.en);
        return Named {
            name: Bilingual::new(spoken.clone(), english),
            spoken,
            brand,
            title,
            noun: Bilingual::new(noun_text, title_case(noun_en)),
            knowledge,
            model,
            name_confidence: confidence,
            brand_confidence,
            category_confidence: 0.9,
        };
    }
    let (category, kind) = category_anywhere(clauses, true);
    let knowledge = Knowledge { category, kind };
    let fallback = knowledge.one("name");
    let short = candidates.iter().find_map(|(text, confidence)| {
        let text = strip_lead_ins(text, &LEAD_INS);
        let letters = text.chars().filter(|c| is_hanzi(*c) || c.is_alphabetic()).count();
        let line = one_line(text)?;
        (letters >= 2 && (zh_columns(&line) <= SPOKEN_COLUMNS_MAX || *confidence >= 1.0)).then_some((line, *confidence))
    });
    let (spoken, confidence) = short.unwrap_or_else(|| (fallback.zh.clone(), 0.2));
    let title_zh = if zh_columns(&spoken) <= TITLE_ZH_COLUMNS_MAX { spoken.clone() } else { fallback.zh.clone() };
    Named {
        brand: brand_label.map(brand_of_label).unwrap_or_default(),
        name: Bilingual::new(spoken.clone(), fallback.en.clone()),
        spoken,
        title: Bilingual::new(title_zh, fallback.en.clone()),
        noun: fallback,
        knowledge,
        model: None,
        name_confidence: confidence * 0.6,
        brand_confidence: if brand_label.is_some() { 0.95 } else { 0.4 },
        category_confidence: if category == Category::Other { 0.2 } else { 0.5 },
    }
}

/// One printable line, softened and never longer than a name may be.
fn one_line(text: &str) -> Option<String> {
    let line = allowed(&text.split_whitespace().collect::<Vec<_>>().join(" "))?;
    let line: String = line.chars().take(PRODUCT_NAME_CHARS_MAX).collect();
    let line = line
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '的' | '、' | '-' | '·' | '.' | ':' | '：'))
        .to_owned();
    line.chars().any(char::is_alphanumeric).then_some(line)
}

fn brand_of_label(label: &str) -> Brand {
    let zh: String = label.chars().filter(|c| is_hanzi(*c) || *c == '·').collect();
    let en = label
        .split(is_hanzi)
        .map(|part| part.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .find(|part| part.len() > 1);
    Brand { zh: (!zh.is_empty()).then_some(zh), en: en.filter(|en| en.is_ascii()).map(str::to_owned) }
}

/// The brand before the first known word, and the tile where the rest begins.
fn lead_brand(tiling: &Tiling<'_>, noun: usize, category: Category) -> (Brand, usize) {
    const NO_NAME: [char; 18] =
        ['的', '是', '我', '你', '他', '这', '那', '有', '在', '了', '和', '与', '给', '为', '用', '让', '把', '送'];
    let mut brand = Brand::default();
    let mut at = 0;
    // a plant or a fruit is called by its variety, not by its maker
    let varietal = matches!(category, Category::Garden);
    if !varietal && at < noun && matches!(tiling.tiles[at].kind, Kind::Unknown) {
        let text = tiling.text(at, at + 1);
        let letters = text.chars().count();
        if (2..=4).contains(&letters) && text.chars().all(|c| is_hanzi(c) && !NO_NAME.contains(&c)) {
            brand.zh = Some(text);
            at += 1;
        }
    }
    while at < noun && matches!(tiling.tiles[at].kind, Kind::Space) {
        at += 1;
    }
    if at < noun && matches!(tiling.tiles[at].kind, Kind::Latin) {
        let word = tiling.text(at, at + 1);
        let letters_only = word.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '\'' | '&' | '.' | '-'));
        if letters_only && word.len() >= 3 && !TECHNICAL.contains(&word.to_ascii_lowercase().as_str()) {
            brand.en = Some(word);
            at += 1;
            // Dyson戴森吹风机: the Chinese name follows the Latin one
            if brand.zh.is_none() && at < noun && matches!(tiling.tiles[at].kind, Kind::Unknown) {
                let text = tiling.text(at, at + 1);
                if (2..=4).contains(&text.chars().count()) && text.chars().all(is_hanzi) {
                    brand.zh = Some(text);
                    at += 1;
                }
            }
            while at < noun && matches!(tiling.tiles[at].kind, Kind::Space) {
                at += 1;
            }
        }
    }
    (brand, at)
}

fn title_zh(tiling: &Tiling<'_>, start: usize, noun: usize, end: usize, noun_text: &str) -> String {
    let fits = |text: &String| !text.is_empty() && zh_columns(text) <= TITLE_ZH_COLUMNS_MAX;
    (start..=noun)
        .flat_map(|from| [end, noun + 1].map(|to| tiling.text(from, to)))
        .filter_map(|text| allowed(&text))
        .find(fits)
        .unwrap_or_else(|| noun_text.to_owned())
}

fn title_en(tiling: &Tiling<'_>, start: usize, noun: usize, end: usize, noun_en: &str) -> String {
    (start..=noun)
        .flat_map(|from| [end, noun + 1].map(|to| (from, to)))
        .filter_map(|(from, to)| tiling.render(from, to, true))
        .map(|rendering| title_case(&rendering.text))
        .find(|text| en_words(text) <= TITLE_EN_WORDS_MAX && !text.contains(','))
        .unwrap_or_else(|| title_case(noun_en))
}

fn full_english(brand: &Brand, title: &str) -> String {
    match &brand.en {
        Some(brand) if !title.to_lowercase().starts_with(&brand.to_lowercase()) => format!("{brand} {title}"),
        _ => title.to_owned(),
    }
}

/// The category of the first product noun anywhere in the text.
fn category_anywhere(clauses: &[Clause], chinese: bool) -> (Category, &'static str) {
    clauses
        .iter()
        .find_map(|clause| {
            let lexicon = if chinese { &TO_ENGLISH } else { &TO_CHINESE };
            let tiling = Tiling::for_name(&clause.text, lexicon, chinese);
            (0..tiling.tiles.len()).find_map(|index| tiling.entry_of(index).and_then(|entry| entry.category))
        })
        .unwrap_or((Category::Other, ""))
}

fn english(clauses: &[Clause], given: Option<&str>) -> Named {
    let labelled = clauses.iter().find(|clause| {
        clause.label.as_deref().is_some_and(|label| NAME_LABELS.contains(&label.to_lowercase().as_str()))
    });
    let places = given
        .map(|given| (given.to_owned(), 1.0))
        .into_iter()
        .chain(labelled.map(|clause| (clause.text.clone(), 1.0)))
        .chain(clauses.iter().take(6).map(|clause| (clause.text.clone(), 0.7)));
    let mut first_line = None;
    let mut chosen = None;
    for (text, confidence) in places {
        let text = strip_lead_ins(&text, &ENGLISH_LEAD_INS).to_owned();
        let phrase = before_verb(&text).to_owned();
        let tiling = Tiling::for_name(&phrase, &TO_CHINESE, false);
        let noun = (0..tiling.tiles.len()).rev().find(|at| tiling.role(*at) == Some(Role::Noun));
        if let Some(noun) = noun {
            chosen = Some((phrase, confidence, tiling, noun));
            break;
        }
        first_line = first_line.or(Some((phrase, confidence)));
    }
    let brand_label = label_value(clauses, &BRAND_LABELS);
    let Some((phrase, confidence, tiling, noun)) = chosen else {
        let (category, kind) = category_anywhere(clauses, false);
        let knowledge = Knowledge { category, kind };
        let fallback = knowledge.one("name");
        let (line, confidence) = first_line.unwrap_or_else(|| (fallback.en.clone(), 0.2));
        let spoken =
            one_line(&first_words(&line, 8)).filter(|line| line.is_ascii()).unwrap_or_else(|| fallback.en.clone());
        let title = first_words(&title_case(&spoken), TITLE_EN_WORDS_MAX);
        return Named {
            brand: brand_label.map(brand_of_label).unwrap_or_default(),
            name: Bilingual::new(fallback.zh.clone(), spoken.clone()),
            spoken,
            title: Bilingual::new(fallback.zh.clone(), title),
            noun: fallback,
            knowledge,
            model: None,
            name_confidence: confidence * 0.6,
            brand_confidence: 0.4,
            category_confidence: if category == Category::Other { 0.2 } else { 0.5 },
        };
    };
    let entry = tiling.entry_of(noun);
    let (category, kind) = entry.and_then(|entry| entry.category).unwrap_or((Category::Other, ""));
    let knowledge = Knowledge { category, kind };
    let noun_zh = entry.map_or("", |entry| entry.target).to_owned();
    let mut brand = Brand::default();
    let mut start = 0;
    let first = tiling.text(0, 1);
    if noun > 0 && matches!(tiling.tiles[0].kind, Kind::Unknown) && first.starts_with(|c: char| c.is_ascii_uppercase())
    {
        brand.en = Some(first.clone()).filter(|name| en_words(name) <= 3 && name.is_ascii());
        start = usize::from(brand.en.is_some());
    }
    if let Some(label) = brand_label {
        brand = brand_of_label(label);
    }
    let spoken = one_line(&sentence_case(&first_words(&phrase, 10))).unwrap_or_else(|| tiling.text(noun, noun + 1));
    let english_title = (start..=noun)
        .map(|from| title_case(&tiling.text(from, noun + 1)))
        .filter_map(|text| allowed(&text))
        .find(|text| en_words(text) <= TITLE_EN_WORDS_MAX && !text.is_empty())
        .unwrap_or_else(|| title_case(&tiling.text(noun, noun + 1)));
    let chinese_title = (start..=noun)
        .filter_map(|from| tiling.render(from, noun + 1, true))
        .map(|rendering| rendering.text.replace('，', ""))
        .find(|text| zh_columns(text) <= TITLE_ZH_COLUMNS_MAX)
        .unwrap_or_else(|| noun_zh.clone());
    let noun_en = title_case(&tiling.text(noun, noun + 1));
    Named {
        name: Bilingual::new(chinese_title.clone(), spoken.clone()),
        spoken,
        brand_confidence: if brand.en.is_some() { 0.7 } else { 0.5 },
        brand,
        title: Bilingual::new(chinese_title, english_title),
        noun: Bilingual::new(noun_zh, noun_en),
        knowledge,
        model: None,
        name_confidence: confidence,
        category_confidence: 0.9,
    }
}

/// The part of an English clause before its verb or preposition.
fn before_verb(text: &str) -> &str {
    const STOPS: [&str; 15] = [
        " features ",
        " is ",
        " are ",
        " with ",
        " for ",
        " that ",
        " which ",
        " made ",
        " featuring ",
        " has ",
        " comes ",
        " from ",
        " in ",
        " - ",
        " – ",
    ];
    let lower = text.to_ascii_lowercase();
    let end = STOPS.iter().filter_map(|stop| lower.find(stop)).filter(|at| *at > 1).min().unwrap_or(text.len());
    text[..end].trim()
}
