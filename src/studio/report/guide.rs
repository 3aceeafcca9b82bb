//! How to use it and what to mind: the seller's own words first, then the category's.

use super::{
    compose::{Tiling, is_english},
    kinds::Knowledge,
    lexicon::{TO_CHINESE, TO_ENGLISH},
    lint::allowed,
    text::{Clause, sentence_case},
};
use crate::domain::report::{
    Bilingual, CAUTIONS_MAX, DETAIL_EN_WORDS_MAX, DETAIL_ZH_COLUMNS_MAX, Evidence, Instruction, STEPS_MAX, en_words,
    zh_columns,
};

const STEP_WORDS: [&str; 24] = [
    "早晚",
    "洁面后",
    "建议",
    "水温",
    "浇水",
    "取适量",
    "涂于",
    "敷于",
    "冲泡",
    "浸泡",
    "饭后",
    "饭前",
    "每日",
    "每天",
    "用法",
    "使用方法",
    "apply ",
    "rinse ",
    "brew ",
    "pour ",
    "water once",
    "wash ",
    "steep ",
    "shake ",
];
const CAUTION_WORDS: [&str; 10] =
    ["请勿", "避免", "不可", "切勿", "注意", "忌", "do not", "avoid", "keep away", "never "];

/// Steps and cautions.
pub(super) struct Guide {
    pub(super) steps: Vec<Instruction>,
    pub(super) cautions: Vec<Instruction>,
}

/// Reads the guide out of the clauses and completes it from the category.
pub(super) fn guide(clauses: &[Clause], chinese: bool, knowledge: Knowledge) -> Guide {
    let own = |words: &[&str]| -> Vec<Instruction> {
        clauses
            .iter()
            .filter(|clause| {
                let lower = clause.text.to_ascii_lowercase();
                words.iter().any(|word| {
                    lower.contains(word) || clause.label.as_deref().is_some_and(|label| label.contains(word))
                })
            })
            .filter_map(|clause| instruction(clause, chinese))
            .collect()
    };
    let mut steps = own(&STEP_WORDS);
    let mut cautions = own(&CAUTION_WORDS);
    steps.retain(|step| !cautions.iter().any(|caution| caution.text == step.text));
    steps.truncate(3);
    let spoken: String = steps.iter().map(|step| step.text.zh.as_str()).collect();
    let mut templates: Vec<Instruction> = knowledge
        .steps()
        .into_iter()
        .filter(|(_, covered_by)| !covered_by.iter().any(|word| spoken.contains(word)))
        .map(|(step, _)| step)
        .collect();
    // the seller's step stands where the template's step was that it replaces: after preparation
    let place = knowledge.steps().iter().position(|(_, words)| words.iter().any(|word| spoken.contains(word)));
    let place = place.unwrap_or(0).min(templates.len());
    templates.splice(place..place, steps);
    templates.truncate(STEPS_MAX);
    for caution in knowledge.cautions() {
        if cautions.len() < CAUTIONS_MAX && !cautions.contains(&caution) {
            cautions.push(caution);
        }
    }
    cautions.truncate(CAUTIONS_MAX);
    Guide { steps: templates, cautions }
}

fn instruction(clause: &Clause, chinese: bool) -> Option<Instruction> {
    let source = allowed(clause.text.trim_end_matches("即可"))?;
    let tiling = Tiling::new(&clause.text, if chinese { &TO_ENGLISH } else { &TO_CHINESE }, chinese);
    let rendering = tiling.render(0, tiling.tiles.len(), false).filter(|rendering| rendering.coverage >= 0.85)?;
    let text = if chinese {
        Bilingual::new(source, sentence_case(&rendering.text))
    } else {
        Bilingual::new(rendering.text, sentence_case(&source))
    };
    let fits = zh_columns(&text.zh) <= DETAIL_ZH_COLUMNS_MAX && en_words(&text.en) <= DETAIL_EN_WORDS_MAX;
    (fits && is_english(&text.en)).then_some(Instruction { text, source: Evidence::User })
}
