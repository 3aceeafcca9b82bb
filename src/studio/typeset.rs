//! Words made ready to be set: line breaks of headlines, sizes, capitals, punctuation.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{fit, report};
use crate::domain::report::{Bilingual, zh_columns};

/// Two-character words that are common in headlines: a line break inside one reads badly. Nothing
/// here segments words, so only what is listed is safe.
const WORDS: &str = "自在 肌肤 呼吸 生活 日常 时光 质感 质地 吸收 保湿 滋润 提亮 匀净 焕亮 精华 智能 手表 耳机 降噪 续航 高清 屏幕 防水 精准 \
    定位 心率 血氧 睡眠 监测 运动 模式 峰值 亮度 尼特 咖啡 新鲜 烘焙 手作 手工 陶瓷 粗陶 马克 口红 丝绒 显色 显白 正红 木制 \
    小汽 汽车 玩具 惯性 复古 多肉 盆栽 新手 轻松 安心 放心 舒适 舒缓 敏感 可用 酒精 香精 高温 烧成 典型 使用 状态 自己 认真 \
    小时 庄园 静音 滚轮 天候 分钟 时尚 温柔 轻盈 护理 恰到 好处 掌握 此刻 山野";

/// A headline broken into lines at a size that fits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Headline {
    pub(super) lines: Vec<String>,
    /// Font size in rem.
    pub(super) size: f32,
}

/// What a headline may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Width in rem.
    pub(super) width: f32,
    /// The largest and the smallest size, in rem.
    pub(super) sizes: (f32, f32),
    pub(super) lines_max: usize,
    /// Tracking of the headline, in em.
    pub(super) tracking: f32,
}

impl Headline {
    /// Breaks `text` where it reads well and chooses the largest size that fits; `noun` is a tail
    /// that stays together, such as 精华液.
    ///
    /// A text too long for the smallest size loses its tail to an ellipsis.
    pub(super) fn fit(text: &str, noun: &str, room: Room) -> Self {
        let mut text = bare(text);
        let mut headline = Self::fit_whole(&text, noun, room);
        for _ in 0..24 {
            if headline.size >= room.sizes.1 {
                return headline;
            }
            let columns = zh_columns(&text);
            let shorter = fit::shortened(&text, (columns * 7 / 8).max(3).min(columns.saturating_sub(1)));
            if shorter == text || columns <= 3 {
                break;
            }
            text = shorter;
            headline = Self::fit_whole(&text, noun, room);
        }
        headline
    }

    fn fit_whole(text: &str, noun: &str, room: Room) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut best: Option<(f32, Self)> = None;
        for count in 1..=room.lines_max.max(1) {
            let Some((lines, ugliness)) = broken(&chars, noun, count) else { continue };
            let widest = lines.iter().map(|line| ems(line, room.tracking)).fold(0.5, f32::max);
            let size = (room.width / widest).min(room.sizes.0);
            // A larger headline is worth one line break, an ugly break is not.
            let merit = 1.5 * size / room.sizes.0 - 0.07 * (count as f32 - 1.0) - ugliness;
            if best.as_ref().is_none_or(|(known, _)| merit > *known) {
                best = Some((merit, Self { lines, size }));
            }
        }
        best.map_or_else(|| Self { lines: vec![text.to_owned()], size: room.sizes.1 }, |(_, headline)| headline)
    }

    pub(super) fn data(&self, en: &str) -> Value {
        json!({ "lines": self.lines, "size": format!("{:.2}rem", self.size), "en": en })
    }
}

/// A short text on as few lines as its width allows, broken where it reads well.
pub(super) fn wrapped(text: &str, noun: &str, ems_max: f32) -> Vec<String> {
    let text = bare(text);
    let chars: Vec<char> = text.chars().collect();
    let fits = |lines: &[String]| lines.iter().all(|line| ems(line, 0.0) <= ems_max);
    (1..=3)
        .filter_map(|count| broken(&chars, noun, count))
        .map(|(lines, _)| lines)
        .find(|lines| fits(lines))
        .unwrap_or_else(|| vec![text])
}

/// The width of a line in em.
pub(super) fn ems(line: &str, tracking: f32) -> f32 {
    line.chars()
        .map(|c| {
            let width = match c {
                ' ' => 0.28,
                'i' | 'l' | '.' | ',' | ':' | '\'' | '|' | '!' | '1' => 0.38,
                'M' | 'W' | 'm' | 'w' | '%' => 0.92,
                c if c.is_ascii_uppercase() => 0.70,
                c if (c as u32) < 0x2000 => 0.60,
                _ => 1.0,
            };
            width + tracking
        })
        .sum()
}

/// All ways to cut into `count` lines, the best one with its ugliness.
fn broken(chars: &[char], noun: &str, count: usize) -> Option<(Vec<String>, f32)> {
    let line = |from: usize, to: usize| chars[from..to].iter().collect::<String>().trim().to_owned();
    if count == 1 {
        return Some((vec![line(0, chars.len())], 0.0));
    }
    if count > 3 || chars.len() < count * 2 {
        return None;
    }
    let total = ems(&line(0, chars.len()), 0.0);
    let noun_at = chars.len().saturating_sub(noun.chars().count());
    let ends_with_noun = !noun.is_empty() && noun_at > 0 && line(noun_at, chars.len()) == noun;
    let whole = inside_words(chars);
    let cost = |at: usize| {
        let (before, after) = (chars[at - 1], chars[at]);
        if is_word(before) && is_word(after) {
            return 9.0;
        }
        if whole[at] {
            return 0.8;
        }
        let mut cost = 0.10;
        if before == ' ' || after == ' ' {
            cost = 0.02;
        }
        if "的·、，".contains(before) {
            cost = 0.01;
        }
        if "的了着们器机度感力性型款式·、，".contains(after) {
            cost = 0.5;
        }
        if before.is_ascii_digit() || after == '%' || after == '℃' {
            cost = 0.6;
        }
        if ends_with_noun {
            cost = match at.cmp(&noun_at) {
                Ordering::Equal => 0.0,
                Ordering::Greater => 0.6,
                Ordering::Less => cost + 0.05,
            };
        }
        cost
    };
    let mut best: Option<(f32, Vec<usize>)> = None;
    let mut consider = |cuts: Vec<usize>| {
        let mut ugliness: f32 = cuts.iter().map(|at| cost(*at)).sum();
        let mut from = 0;
        for to in cuts.iter().copied().chain([chars.len()]) {
            let share = ems(&line(from, to), 0.0) / total - 1.0 / count as f32;
            ugliness += share.abs() * 0.5;
            from = to;
        }
        if best.as_ref().is_none_or(|(known, _)| ugliness < *known) {
            best = Some((ugliness, cuts));
        }
    };
    for first in 1..chars.len() {
        if count == 2 {
            consider(vec![first]);
        } else {
            (first + 1..chars.len()).for_each(|second| consider(vec![first, second]));
        }
    }
    let (ugliness, cuts) = best?;
    let mut lines = Vec::new();
    let mut from = 0;
    for to in cuts.into_iter().chain([chars.len()]) {
        lines.push(line(from, to));
        from = to;
    }
    lines.iter().all(|line| !line.is_empty()).then_some((lines, ugliness))
}

/// For each place between two characters, whether a known word runs across it.
fn inside_words(chars: &[char]) -> Vec<bool> {
    let mut inside = report::inside_words(chars);
    for at in 1..chars.len() {
        inside[at] |= WORDS.split(' ').any(|word| word.chars().eq([chars[at - 1], chars[at]]));
    }
    inside
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '%' | '-' | '–' | '~' | '/' | '°')
}

/// A headline without the punctuation that leaves holes at its ends and in its middle.
pub(super) fn bare(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || "，。、；：！？,.;:!?·—-\"“”".contains(c))
        .replace(['“', '”', '"'], "")
}

/// A pair as templates read it, English in capitals where the style wants them.
pub(super) fn pair(text: &Bilingual, capitals: bool) -> Value {
    json!({ "zh": text.zh.trim(), "en": cased(&text.en, capitals) })
}

/// English in the style's case; units and words such as `mL` or `pH` keep theirs.
pub(super) fn cased(text: &str, capitals: bool) -> String {
    if !capitals {
        return text.trim().to_owned();
    }
    text.split_whitespace()
        .map(|word| word.split('-').map(capitals_of).collect::<Vec<_>>().join("-"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn capitals_of(word: &str) -> String {
    let mixed = word.chars().any(|c| c.is_ascii_digit())
        || (word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase))
        || matches!(word, "mL" | "pH" | "kg" | "mm" | "cm" | "dB" | "g" | "h" | "mg");
    if mixed { word.to_owned() } else { word.to_uppercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { width: 92.0, sizes: (15.0, 7.0), lines_max: 2, tracking: 0.02 };

    #[test]
    fn a_short_headline_keeps_one_line_and_a_long_one_breaks_before_its_noun() {
        assert_eq!(Headline::fit("水润透亮", "", ROOM).lines, ["水润透亮"]);
        assert_eq!(Headline::fit("烟酰胺焕亮精华液", "精华液", ROOM).lines, ["烟酰胺焕亮", "精华液"]);
        let long = Headline::fit("惯性木制小汽车玩具套装", "套装", ROOM);
        assert_eq!(long.lines.len(), 2);
        assert!(long.lines.iter().all(|line| ems(line, ROOM.tracking) * long.size <= ROOM.width + 0.01), "{long:?}");
    }

    #[test]
    fn numbers_and_latin_words_are_never_cut() {
        for text in ["1000尼特峰值亮度屏", "48 dB 自适应主动降噪", "LDAC高清无线音频"] {
            let headline = Headline::fit(text, "", ROOM);
            let joined: String = headline.lines.concat().replace(' ', "");
            assert_eq!(joined, text.replace(' ', ""));
            for word in ["1000", "48", "dB", "LDAC"] {
                if text.contains(word) {
                    assert!(headline.lines.iter().any(|line| line.contains(word)), "{headline:?}");
                }
            }
        }
    }

    #[test]
    fn capitals_leave_units_alone() {
        assert_eq!(cased("Net content 100 mL pH 5.5", true), "NET CONTENT 100 mL pH 5.5");
        assert_eq!(cased("14-Day Dual-Band GPS", true), "14-DAY DUAL-BAND GPS");
        assert_eq!(cased(" Soft glow ", false), "Soft glow");
        assert_eq!(bare("，水润“透亮”。"), "水润透亮");
    }
}
