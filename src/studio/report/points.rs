//! The reasons to buy: the seller's strongest statements, in both languages.

use super::{
    compose::{Kind, Tiling, is_english},
    kinds::Knowledge,
    lexicon::{Role, TO_CHINESE, TO_ENGLISH},
    lint::allowed,
    text::{Clause, sentence_case, title_case},
};
use crate::domain::report::{
    Bilingual, DETAIL_EN_WORDS_MAX, DETAIL_ZH_COLUMNS_MAX, Evidence, Icon, SELLING_POINTS_MAX, SellingPoint,
    TITLE_EN_WORDS_MAX, TITLE_ZH_COLUMNS_MAX, en_words, is_hanzi, zh_columns,
};

/// How much of a line must be understood before its translation is printed.
const COVERAGE_MIN: f32 = 0.75;
/// Points that rest on the seller's words before general ones fill the rest.
const POINTS_MIN: usize = 4;

/// One clause and what can be made of it.
struct Material<'a> {
    clause: &'a Clause,
    tiling: Tiling<'a>,
    headline: Option<Headline>,
}

/// A stretch of a clause that can stand as a headline.
#[derive(Clone, Debug)]
struct Headline {
    from: usize,
    to: usize,
    title: Bilingual,
    icon: Icon,
    score: f32,
}

/// The points and the share of them that rest on the seller's words and could be translated.
pub(super) struct Points {
    pub(super) list: Vec<SellingPoint>,
    pub(super) grounded: f32,
    pub(super) translated: f32,
}

/// Derives three to five points; the product's name is not one of them.
pub(super) fn selling_points(clauses: &[Clause], chinese: bool, knowledge: Knowledge, name: &str) -> Points {
    let clauses: Vec<Clause> = clauses
        .iter()
        .filter(|clause| !is_fact_row(clause))
        .map(|clause| without_name(clause, name))
        .filter(|clause| !clause.text.is_empty())
        .collect();
    let materials: Vec<Material<'_>> = clauses.iter().filter_map(|clause| material(clause, chinese)).collect();
    let mut general = knowledge.points();
    let chosen = choose(&materials);
    let mut points: Vec<SellingPoint> = Vec::new();
    for index in &chosen {
        let Some(headline) = &materials[*index].headline else { continue };
        if points.iter().any(|point| point.title.zh == headline.title.zh || point.title.en == headline.title.en) {
            continue;
        }
        let unused = |detail: &Bilingual| points.iter().all(|point| point.detail.zh != detail.zh);
        let detail = detail(&materials, &chosen, *index, headline, chinese)
            .or_else(|| knowledge.details(headline.icon).find(unused))
            .or_else(|| general.iter().position(|point| unused(&point.detail)).map(|at| general.remove(at).detail))
            .unwrap_or_else(|| knowledge.one("slogan"));
        points.push(SellingPoint {
            title: headline.title.clone(),
            detail,
            icon: headline.icon,
            evidence: Evidence::User,
        });
    }
    let own = points.len();
    let wished = if own == 0 { POINTS_MIN } else { POINTS_MIN.max(own) };
    let fresh = knowledge.points();
    for point in general.into_iter().chain(fresh) {
        let known = points.iter().any(|one| one.title.zh == point.title.zh || one.detail.zh == point.detail.zh);
        if points.len() < wished && !known {
            points.push(point);
        }
    }
    points.truncate(SELLING_POINTS_MAX);
    let statements = materials.iter().filter(|material| material.clause.text.chars().count() > 3).count();
    let understood = materials.iter().filter(|material| material.headline.is_some()).count();
    Points {
        grounded: own as f32 / points.len().max(1) as f32,
        translated: if statements == 0 { 0.5 } else { (understood as f32 / statements as f32).min(1.0) },
        list: points,
    }
}

/// `净含量：100 mL` belongs to the table, not to the headlines.
fn is_fact_row(clause: &Clause) -> bool {
    const ROWS: [&str; 24] = [
        "品名",
        "产品名称",
        "产品名",
        "商品名称",
        "商品名",
        "名称",
        "标题",
        "品牌",
        "产地",
        "规格",
        "型号",
        "货号",
        "颜色",
        "尺寸",
        "净含量",
        "净重",
        "重量",
        "容量",
        "保质期",
        "价格",
        "name",
        "product name",
        "brand",
        "price",
    ];
    let figure = clause.text.chars().any(|c| c.is_ascii_digit());
    clause.label.as_deref().is_some_and(|label| figure || ROWS.contains(&label.to_lowercase().as_str()))
}

/// What a clause says besides the name it begins with.
fn without_name(clause: &Clause, name: &str) -> Clause {
    let found = clause.text.to_ascii_lowercase().find(&name.to_ascii_lowercase());
    let text = match found {
        Some(at) if clause.text[..at].chars().count() <= 8 && !name.is_empty() => clause.text[at + name.len()..].trim(),
        _ => clause.text.as_str(),
    };
    Clause { text: text.to_owned(), ..clause.clone() }
}

fn material(clause: &Clause, chinese: bool) -> Option<Material<'_>> {
    allowed(&clause.text)?;
    let tiling = Tiling::new(&clause.text, if chinese { &TO_ENGLISH } else { &TO_CHINESE }, chinese);
    let headline = headline(&tiling, chinese);
    Some(Material { clause, tiling, headline })
}

/// The best stretch of a clause.
fn headline(tiling: &Tiling<'_>, chinese: bool) -> Option<Headline> {
    let count = tiling.tiles.len().min(60);
    let may_start = |index: usize| index == 0 || breaks_between(tiling, index);
    let may_end = |index: usize| index == tiling.tiles.len() || breaks_between(tiling, index);
    let mut best: Option<Headline> = None;
    for from in (0..count).filter(|index| may_start(*index)) {
        if matches!(tiling.role(from), Some(Role::And | Role::List | Role::Silent | Role::With)) {
            continue;
        }
        for to in (from + 1..=count).filter(|index| may_end(*index)) {
            let last = (from..to).rev().find(|index| !matches!(tiling.tiles[*index].kind, Kind::Space));
            let last = last.and_then(|index| tiling.role(index));
            let dangles = matches!(last, Some(Role::And | Role::List | Role::With | Role::Modifier));
            if dangles || (!chinese && last == Some(Role::Silent)) {
                continue;
            }
            let unknown = |index: usize| tiling.tiles.get(index).is_some_and(|tile| matches!(tile.kind, Kind::Unknown));
            // 0添加蔗糖 must not become 0添加; 松烟香浓郁 must not become 浓郁
            let leans = from > 0 && unknown(from - 1);
            if unknown(to) || (leans && zh_columns(&tiling.text(from, to)) < 4) {
                continue;
            }
            let Some(title) = title(tiling, from, to, chinese) else { continue };
            let (strongest, sum, icon) = tiling.weight(from, to);
            // a phrase of several known words is worth saying even when none of them sells by itself
            let words = (from..to).filter(|index| tiling.role(*index).is_some()).count();
            let strongest = if strongest == 1 && words >= 2 && sum >= 2 { 2 } else { strongest };
            let percent = tiling.text(from, to).contains('%');
            if strongest < 2 {
                continue;
            }
            let whole = from == 0 && to == tiling.tiles.len();
            let has_figure = title.en.chars().any(|c| c.is_ascii_digit());
            let score = f32::from(strongest)
                + sum as f32 * 0.15
                + if whole { 1.0 } else { 0.0 }
                + if leans { -1.0 } else { 0.0 }
                + if has_figure { 1.0 } else { 0.0 }
                + if percent { 3.0 } else { 0.0 }
                - if from == 0 || (from == 1 && tiling.role(0) == Some(Role::With)) { 0.0 } else { 0.5 };
            if best.as_ref().is_none_or(|best| score > best.score) {
                best = Some(Headline { from, to, title, icon: icon.unwrap_or(Icon::Star), score });
            }
        }
    }
    best
}

/// Whether a headline may begin or end between two tiles.
fn breaks_between(tiling: &Tiling<'_>, index: usize) -> bool {
    let role = |index: usize| tiling.role(index);
    let joins = |role: Option<Role>| {
        matches!(role, Some(Role::With | Role::And | Role::List | Role::Claim | Role::Silent) | None)
    };
    joins(role(index)) || joins(role(index - 1))
}

/// A stretch as a headline in both languages, when it fits and is understood.
fn title(tiling: &Tiling<'_>, from: usize, to: usize, chinese: bool) -> Option<Bilingual> {
    let mut source = allowed(&trim_particles(&tiling.text(from, to)))?;
    if chinese && zh_columns(&source) > TITLE_ZH_COLUMNS_MAX {
        // 心率、血氧、睡眠监测: the commas of a list may go where the line is a little too long
        source = without_list_commas(&source);
    }
    // English words are translated one by one, so a missing one is missed more
    let least = if chinese { COVERAGE_MIN } else { 0.9 };
    let rendering = tiling.render(from, to, true).filter(|rendering| rendering.coverage >= least)?;
    let bilingual = if chinese {
        Bilingual::new(source, title_case(&allowed(&rendering.text)?))
    } else {
        Bilingual::new(allowed(&rendering.text)?, title_case(&source))
    };
    if !chinese && bilingual.zh.contains('，') {
        return None;
    }
    let fits = zh_columns(&bilingual.zh) <= TITLE_ZH_COLUMNS_MAX && en_words(&bilingual.en) <= TITLE_EN_WORDS_MAX;
    (fits
        && is_english(&bilingual.en)
        && bilingual.zh.chars().filter(|c| is_hanzi(*c)).count() >= if chinese { 2 } else { 3 })
    .then_some(bilingual)
}

fn without_list_commas(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let between_hanzi =
        |at: usize| at > 0 && is_hanzi(chars[at - 1]) && chars.get(at + 1).is_some_and(|c| is_hanzi(*c));
    chars.iter().enumerate().filter(|(at, c)| **c != '、' || !between_hanzi(*at)).map(|(_, c)| *c).collect()
}

fn trim_particles(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("and ").unwrap_or(text);
    let trimmed = text.trim_start_matches(['的', '了', '也', '都', '并', '且', '、']);
    trimmed.trim_end_matches(['的', '、', '与', '和']).trim().to_owned()
}

/// Picks the strongest headlines, spread over the text and over the icons, in reading order of
/// strength.
fn choose(materials: &[Material<'_>]) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < SELLING_POINTS_MAX {
        let worth = |index: usize| -> Option<f32> {
            let headline = materials[index].headline.as_ref()?;
            let beside = chosen.iter().any(|other| {
                other.abs_diff(index) == 1 && materials[*other].clause.sentence == materials[index].clause.sentence
            });
            let same_icon = chosen
                .iter()
                .filter(|other| materials[**other].headline.as_ref().is_some_and(|h| h.icon == headline.icon))
                .count();
            Some(headline.score - if beside { 2.6 } else { 0.0 } - same_icon as f32 * 1.2 - index as f32 * 0.04)
        };
        let next = (0..materials.len())
            .filter(|index| !chosen.contains(index))
            .filter_map(|index| worth(index).map(|worth| (index, worth)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((index, worth)) = next else { break };
        if worth < 1.5 || (chosen.len() >= POINTS_MIN && worth < 3.0) {
            break;
        }
        chosen.push(index);
    }
    chosen
}

/// The supporting line: what the headline left of its clause, then the clauses beside it that are
/// not headlines themselves.
fn detail(
    materials: &[Material<'_>],
    chosen: &[usize],
    index: usize,
    headline: &Headline,
    chinese: bool,
) -> Option<Bilingual> {
    let own = &materials[index];
    let mut parts: Vec<(String, Option<String>)> = Vec::new();
    let count = own.tiling.tiles.len();
    for (from, to) in [(0, headline.from), (headline.to, count)] {
        if from < to {
            parts.push(said(&own.tiling, from, to, chinese));
        }
    }
    let free = |other: usize| {
        materials
            .get(other)
            .is_some_and(|material| material.clause.sentence == own.clause.sentence && !chosen.contains(&other))
    };
    let mut next = index + 1;
    while free(next) {
        if supports(&materials[next]) {
            parts.push(said(&materials[next].tiling, 0, materials[next].tiling.tiles.len(), chinese));
        }
        next += 1;
    }
    // a clause before goes to the headline after it only when no headline stands before it
    let mut before = index;
    while before > 0 && free(before - 1) {
        before -= 1;
    }
    let owned =
        before > 0 && materials[before - 1].clause.sentence == own.clause.sentence && chosen.contains(&(before - 1));
    if !owned {
        for material in materials[before..index].iter().filter(|material| supports(material)) {
            parts.push(said(&material.tiling, 0, material.tiling.tiles.len(), chinese));
        }
    }
    fit(&parts, chinese)
}

/// Whether a clause says something beyond a row of the table.
fn supports(material: &Material<'_>) -> bool {
    let (strongest, _, _) = material.tiling.weight(0, material.tiling.tiles.len());
    strongest >= 2 || !material.clause.text.chars().any(|c| c.is_ascii_digit())
}

/// A stretch in its own words and, when understood, in the other language.
fn said(tiling: &Tiling<'_>, from: usize, to: usize, chinese: bool) -> (String, Option<String>) {
    let rendering = tiling
        .render(from, to, false)
        .filter(|rendering| rendering.coverage >= COVERAGE_MIN)
        .map(|rendering| rendering.text)
        .filter(|text| !chinese || is_english(text));
    (trim_particles(&tiling.text(from, to)), rendering)
}

/// Joins parts within the budgets; a part counts only when both languages have it.
fn fit(parts: &[(String, Option<String>)], chinese: bool) -> Option<Bilingual> {
    let mut line = Bilingual::default();
    for (source, target) in parts {
        let (Some(source), Some(target)) = (allowed(source), target.as_deref().and_then(allowed)) else { continue };
        let (zh, en) = if chinese { (source, target) } else { (target, source) };
        let join = |old: &str, new: &str, mark: &str| {
            if old.is_empty() { new.to_owned() } else { format!("{old}{mark}{new}") }
        };
        let longer = Bilingual::new(join(&line.zh, &zh, "，"), join(&line.en, &en, ", "));
        let fits = zh_columns(&longer.zh) <= DETAIL_ZH_COLUMNS_MAX && en_words(&longer.en) <= DETAIL_EN_WORDS_MAX;
        if fits && !zh.is_empty() && is_english(&en) {
            line = longer;
        }
    }
    let enough = line.zh.chars().filter(|c| is_hanzi(*c)).count() >= 2;
    enough.then(|| Bilingual::new(line.zh, sentence_case(&line.en)))
}
