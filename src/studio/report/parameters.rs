//! The specification table: every figure the seller names, under a key in both languages.

use std::sync::LazyLock;

use super::{
    compose::Tiling,
    lexicon::{Role, TO_CHINESE, TO_ENGLISH, rows},
    quantity::{Quantity, quantity_lex},
    text::{Clause, title_case},
};
use crate::domain::report::{Bilingual, Category, Evidence, PARAMETERS_MAX, Parameter, is_hanzi};

/// A key, the words that announce it and the units it takes.
struct Key {
    forms: Vec<Vec<char>>,
    classes: &'static str,
    left: bool,
    right: bool,
    zh: &'static str,
    en: &'static str,
}

static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    rows(include_str!("lexicon/parameters.tsv"))
        .filter(|row| row.len() == 5)
        .map(|row| Key {
            forms: row[0].split(['|', '/']).map(|form| form.to_lowercase().chars().collect()).collect(),
            classes: row[1],
            left: row[2] != "r",
            right: row[2] != "l",
            zh: row[3],
            en: row[4],
        })
        .collect()
});

/// A figure in a clause.
struct Figure {
    start: usize,
    end: usize,
    quantity: Quantity,
}

/// Reads the table out of the clauses.
pub(super) fn parameters(clauses: &[Clause], category: Category) -> Vec<Parameter> {
    let mut table: Vec<Parameter> = Vec::new();
    let mut add = |row: Parameter| {
        if table.len() < PARAMETERS_MAX && table.iter().all(|known| known.key.zh != row.key.zh) {
            table.push(row);
        }
    };
    for clause in clauses {
        let prefix = clause.label.as_deref().unwrap_or_default();
        let text = format!("{prefix}{}", clause.text);
        let chars: Vec<char> = text.chars().collect();
        let figures = figures(&chars);
        for (index, figure) in figures.iter().enumerate() {
            let from = index.checked_sub(1).map_or(0, |before| figures[before].end);
            let to = figures.get(index + 1).map_or(chars.len(), |next| next.start);
            if let Some(row) = row_of(&chars, from, figure, to, category) {
                add(row);
            }
        }
        for row in grades(&chars) {
            add(row);
        }
    }
    for row in [roast(clauses), material(clauses, category)].into_iter().flatten() {
        add(row);
    }
    table
}

fn figures(chars: &[char]) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match quantity_lex(chars, at) {
            Some((end, quantity)) if quantity.number.is_digits() => {
                found.push(Figure { start: at, end, quantity });
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

fn row_of(chars: &[char], from: usize, figure: &Figure, to: usize, category: Category) -> Option<Parameter> {
    if chars.get(figure.end).is_some_and(|c| matches!(c, '万' | '亿' | '千' | '百')) {
        return None;
    }
    let left: Vec<char> =
        chars[from.max(figure.start.saturating_sub(24))..figure.start].iter().map(char::to_ascii_lowercase).collect();
    let right: Vec<char> = chars[figure.end..to.min(figure.end + 24)].iter().map(char::to_ascii_lowercase).collect();
    if let Some(row) = age(&left, &right, figure) {
        return Some(row);
    }
    let unit_class = figure.quantity.unit.map_or('*', |unit| unit.class);
    let nearest = KEYS
        .iter()
        .filter(|key| key.classes.contains(unit_class))
        .filter_map(|key| key_distance(key, &left, &right).map(|distance| (distance, key)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key);
    let key = match nearest {
        Some(key) if key.zh == "-" => return None,
        Some(key) => Bilingual::new(key.zh, key.en),
        None if unit_class == 'p' => ingredient(&right)?,
        None => default_key(unit_class, figure, chars.len(), category)?,
    };
    let number = &figure.quantity.number;
    let about = left.iter().rev().find(|c| **c != ' ') == Some(&'约');
    let value = if about {
        Bilingual::new(format!("约 {}", number.zh), format!("approx. {}", number.zh))
    } else {
        Bilingual::new(number.zh.as_str(), number.zh.as_str())
    };
    let unit = figure.quantity.unit.map(|unit| Bilingual::new(unit.zh.as_str(), unit.en(number)));
    Some(Parameter { key, value, unit, source: Evidence::User })
}

/// How far the nearest form of a key is from the figure; the longer of two forms counts nearer.
fn key_distance(key: &Key, left: &[char], right: &[char]) -> Option<usize> {
    key.forms
        .iter()
        .filter_map(|form| {
            let before = (key.left)
                .then(|| (0..=left.len().checked_sub(form.len())?).rev().find(|at| left[*at..].starts_with(form)))
                .flatten()
                .filter(|at| word_edges(left, *at, form))
                .map(|at| (left.len() - at - form.len()) * 20);
            let after = (key.right)
                .then(|| (0..=right.len().checked_sub(form.len())?).find(|at| right[*at..].starts_with(form)))
                .flatten()
                .filter(|at| *at <= 10 && word_edges(right, *at, form))
                .map(|at| at * 20 + 10);
            let distance = before.into_iter().chain(after).min()?;
            Some((distance + 10).saturating_sub(form.len()))
        })
        .min()
}

/// Whether a Latin form stands as a whole word.
fn word_edges(text: &[char], at: usize, form: &[char]) -> bool {
    let letter = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
    !form[0].is_ascii() || !((at > 0 && letter(text.get(at - 1))) || letter(text.get(at + form.len())))
}

/// The age a toy is made for.
fn age(left: &[char], right: &[char], figure: &Figure) -> Option<Parameter> {
    let left: String = left.iter().collect();
    let right: String = right.iter().collect();
    let unit = figure.quantity.unit.filter(|unit| matches!(unit.zh.as_str(), "个月" | "岁" | "年"))?;
    let announced = ["适合", "适用", "年龄", "ages", "age"].iter().any(|word| left.contains(word));
    if !announced {
        return None;
    }
    let number = &figure.quantity.number;
    let up = right.starts_with("以上") || right.starts_with('+') || right.contains("and up");
    let years = if unit.zh == "个月" { "months" } else { "years" };
    let chinese_unit = if unit.zh == "个月" { "个月" } else { "岁" };
    Some(Parameter {
        key: Bilingual::new("适用年龄", "Age"),
        value: Bilingual::new(
            format!("{} {chinese_unit}{}", number.zh, if up { "以上" } else { "" }),
            format!("{} {years}{}", number.zh, if up { " and up" } else { "" }),
        ),
        unit: None,
        source: Evidence::User,
    })
}

/// `5%烟酰胺`: the key is the ingredient.
fn ingredient(right: &[char]) -> Option<Bilingual> {
    let text: String = right.iter().collect();
    let tiling = Tiling::new(&text, &TO_ENGLISH, true);
    for (index, tile) in tiling.tiles.iter().enumerate() {
        match tiling.role(index)? {
            Role::Modifier => {}
            Role::Thing | Role::Material => {
                let english = tiling.entry_of(index)?.target;
                let chinese: String = tiling.chars[tile.start..tile.end].iter().collect();
                return Some(Bilingual::new(chinese, super::text::sentence_case(english)));
            }
            _ => return None,
        }
    }
    None
}

/// The key of a figure that stands nearly alone.
fn default_key(class: char, figure: &Figure, clause_chars: usize, category: Category) -> Option<Bilingual> {
    if clause_chars - (figure.end - figure.start) > 8 {
        return None;
    }
    let consumable = matches!(category, Category::Beauty | Category::Food | Category::Health | Category::Pet);
    let (zh, en) = match (class, consumable) {
        ('v' | 'w', true) => ("净含量", "Net content"),
        ('v', false) => ("容量", "Capacity"),
        ('w', false) => ("重量", "Weight"),
        ('l', _) if figure.quantity.number.zh.contains('×') => ("尺寸", "Dimensions"),
        ('e', _) => match figure.quantity.unit?.zh.as_str() {
            "mAh" | "Wh" => ("电池容量", "Battery capacity"),
            "W" | "kW" => ("功率", "Power"),
            "V" => ("电压", "Voltage"),
            _ => return None,
        },
        _ => return None,
    };
    Some(Bilingual::new(zh, en))
}

/// Standards and protection grades, whose numbers belong to a Latin word.
fn grades(chars: &[char]) -> Vec<Parameter> {
    let mut found = Vec::new();
    let mut add = |zh: &str, en: &str, value: String| {
        found.push(Parameter {
            key: Bilingual::new(zh, en),
            value: Bilingual::new(value.as_str(), value.as_str()),
            unit: None,
            source: Evidence::User,
        });
    };
    for at in 0..chars.len() {
        if at > 0 && chars[at - 1].is_ascii_alphanumeric() {
            continue;
        }
        let end = at + chars[at..].iter().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '/')).count();
        let word: String = chars[at..end].iter().collect();
        if matches!(word.as_str(), "GB" | "GB/T" | "QB" | "QB/T" | "EN" | "ISO") {
            let digits: String = chars[end..]
                .iter()
                .skip_while(|c| **c == ' ')
                .take_while(|c| c.is_ascii_digit() || **c == '.')
                .collect();
            let after_number =
                at > 0 && chars[..at].iter().rev().find(|c| **c != ' ').is_some_and(char::is_ascii_digit);
            if digits.len() >= 3 && !after_number {
                add("执行标准", "Standard", format!("{word} {}", digits.trim_end_matches('.')));
            }
        }
        let grade =
            word.strip_prefix("IP").filter(|rest| rest.len() == 2 && rest.ends_with(|c: char| c.is_ascii_digit()));
        if grade.is_some() {
            add("防护等级", "Protection rating", word.clone());
        }
    }
    found
}

fn roast(clauses: &[Clause]) -> Option<Parameter> {
    const ROASTS: [(&str, &str, &str); 5] = [
        ("中深烘焙", "中深烘", "Medium-dark"),
        ("中度烘焙", "中度烘焙", "Medium"),
        ("深度烘焙", "深度烘焙", "Dark"),
        ("浅度烘焙", "浅度烘焙", "Light"),
        ("medium roast", "中度烘焙", "Medium"),
    ];
    let (_, zh, en) = ROASTS
        .into_iter()
        .find(|(word, _, _)| clauses.iter().any(|clause| clause.text.to_ascii_lowercase().contains(word)))?;
    Some(Parameter {
        key: Bilingual::new("烘焙度", "Roast"),
        value: Bilingual::new(zh, en),
        unit: None,
        source: Evidence::User,
    })
}

/// The first material the seller names, for goods that are bought by their material.
fn material(clauses: &[Clause], category: Category) -> Option<Parameter> {
    let by_material = matches!(
        category,
        Category::Home
            | Category::Apparel
            | Category::ShoesBags
            | Category::Jewelry
            | Category::Baby
            | Category::Tools
            | Category::Electronics
            | Category::Sports
    );
    if !by_material {
        return None;
    }
    clauses.iter().find_map(|clause| {
        let chinese = clause.text.chars().any(is_hanzi);
        let tiling = Tiling::new(&clause.text, if chinese { &TO_ENGLISH } else { &TO_CHINESE }, chinese);
        let index = (0..tiling.tiles.len()).find(|index| tiling.role(*index) == Some(Role::Material))?;
        let (source, target) = (tiling.text(index, index + 1), tiling.entry_of(index)?.target);
        let (zh, en) = if chinese { (source.as_str(), target) } else { (target, source.as_str()) };
        Some(Parameter {
            key: Bilingual::new("材质", "Material"),
            value: Bilingual::new(zh, title_case(en)),
            unit: None,
            source: Evidence::User,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::report::text::Prepared;

    fn table(description: &str, category: Category) -> Vec<String> {
        parameters(&Prepared::new(description).clauses(), category)
            .into_iter()
            .map(|row| {
                let value = row.display();
                format!("{}={} | {}={}", row.key.zh, value.zh, row.key.en, value.en)
            })
            .collect()
    }

    #[test]
    fn figures_find_their_keys() {
        assert_eq!(
            table("容量380 mL，口径8.8 cm，高9.5 cm，重约410 g", Category::Home),
            [
                "容量=380 mL | Capacity=380 mL",
                "口径=8.8 cm | Rim diameter=8.8 cm",
                "高度=9.5 cm | Height=9.5 cm",
                "重量=约 410 g | Weight=approx. 410 g",
            ]
        );
        assert_eq!(
            table("充电10分钟可用2天，续航14天，IP68防水，1.96英寸AMOLED屏", Category::Electronics),
            [
                "续航=14 天 | Battery life=14 days",
                "防护等级=IP68 | Protection rating=IP68",
                "屏幕尺寸=1.96 英寸 | Display size=1.96 inches",
            ]
        );
        assert_eq!(
            table("适合18个月以上，通过GB 6675检测", Category::Baby),
            ["适用年龄=18 个月以上 | Age=18 months and up", "执行标准=GB 6675 | Standard=GB 6675"]
        );
    }

    #[test]
    fn labels_and_english_work_too() {
        assert_eq!(table("净含量：100ml", Category::Beauty), ["净含量=100 mL | Net content=100 mL"]);
        assert_eq!(
            table("Capacity 380 ml, weighs 410 g, battery life up to 60 hours", Category::Home),
            ["容量=380 mL | Capacity=380 mL", "重量=410 g | Weight=410 g", "续航=60 小时 | Battery life=60 hours",]
        );
    }

    #[test]
    fn a_figure_without_a_meaning_is_left_out() {
        assert!(table("下单后24小时内发货", Category::Food).is_empty());
    }
}
