//! Figures of any text in one spelling, so that two texts can be compared by what they claim.

use super::{compose::is_english, kinds::Knowledge, lint, quantity::quantity_lex};
use crate::domain::report::{Category, Evidence, ProductReport, is_hanzi};

/// The least number of selling points that a report fills up to.
const POINTS_MIN: usize = 3;

/// A number in digits with its unit as Chinese writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::studio) struct Figure {
    pub(in crate::studio) number: String,
    pub(in crate::studio) unit: Option<&'static str>,
}

/// Every figure of a text. A hanzi numeral counts when it has a unit, as 三秒 does; 一 never counts,
/// because 一杯 is no measure.
pub(in crate::studio) fn figures(text: &str) -> Vec<Figure> {
    // `60-gram` and `60 gram` are one claim.
    let chars: Vec<char> = text.chars().map(|c| if matches!(c, '-' | '\u{2011}') { ' ' } else { c }).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match quantity_lex(&chars, at) {
            Some((end, quantity))
                if quantity.number.is_digits() || (quantity.unit.is_some() && quantity.number.zh != "一") =>
            {
                let number = digits_of(&quantity.number.en());
                found.push(Figure { number, unit: quantity.unit.map(|unit| unit.zh.as_str()) });
                at = end.max(at + 1);
            }
            _ => at += 1,
        }
    }
    found
}

/// A number in one spelling: `1,280` and `1280`, `5.0` and `5`, `three` and `3`.
pub(in crate::studio) fn digits_of(number: &str) -> String {
    if let Some(place) = NUMBER_WORDS.iter().position(|word| *word == number) {
        return (place + 1).to_string();
    }
    let plain = number.replace(',', "");
    if plain.contains('.') && plain.chars().all(|c| c.is_ascii_digit() || c == '.') {
        plain.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        plain
    }
}

/// English numbers from one on.
pub(in crate::studio) const NUMBER_WORDS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// The text as an advertisement may print it; `None` when it may not.
pub(in crate::studio) fn softened(text: &str) -> Option<String> {
    lint::allowed(text)
}

/// Whether a text may stand on the English side.
pub(in crate::studio) fn is_latin(text: &str) -> bool {
    is_english(text)
}

/// The English side and the Chinese side are what they claim to be.
pub(in crate::studio) fn is_chinese(text: &str) -> bool {
    text.chars().any(is_hanzi)
}

/// The report with what general knowledge says about another category. What the seller wrote stays.
pub(in crate::studio) fn recategorised(mut report: ProductReport, category: Category) -> ProductReport {
    let knowledge = Knowledge { category, kind: "" };
    report.product.category = category;
    report.product.slogan = knowledge.one("slogan");
    report.audience = knowledge.one("audience");
    report.tone = knowledge.one("tone");
    report.scenes = knowledge.scenes();
    report.selling_points.retain(|point| point.evidence == Evidence::User);
    let missing = POINTS_MIN.saturating_sub(report.selling_points.len());
    report.selling_points.extend(knowledge.points().into_iter().take(missing));
    if report.steps.iter().all(|step| step.source != Evidence::User) {
        report.steps = knowledge.steps().into_iter().map(|(step, _)| step).collect();
    }
    if report.cautions.iter().all(|caution| caution.source != Evidence::User) {
        report.cautions = knowledge.cautions();
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> Vec<(String, Option<&'static str>)> {
        figures(text).into_iter().map(|figure| (figure.number, figure.unit)).collect()
    }

    #[test]
    fn one_claim_has_one_spelling() {
        let figure = |number: &str, unit| (number.to_owned(), unit);
        assert_eq!(spelled("续航14天"), [figure("14", Some("天"))]);
        assert_eq!(spelled("14-day battery"), [figure("14", Some("天"))]);
        assert_eq!(spelled("1,280℃ 一次烧成"), [figure("1280", Some("℃"))]);
        assert_eq!(spelled("三秒吸收"), [figure("3", Some("秒"))]);
        assert_eq!(spelled("一杯好咖啡"), []);
        assert_eq!(spelled("曜石S3"), []);
    }
}
