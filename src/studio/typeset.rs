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
    小时 庄园 静音 滚轮 天候 分钟 时尚 温柔 轻盈 护理 恰到 好处 掌握 此刻 山野 连续 肤色 透亮 透明 质酸 锁水 通过 测试 避光 玻璃 金属 \
    圈口 加厚 杯壁 保温 纹理 不同 每只 手柄 自然 叶尖 上色 粉红 叶片 肥厚 层叠 盆配 陶盆 陶托 托盘 整块 榉木 切削 橡胶 地板 锻炼 手眼 协调 宝宝 \
    检测 食品 一次 入口 草莓 红酒 处理 下单 排气 锁香 单向 天然 有机 无糖 低脂 纯棉 面料 透气 亲肤 柔软 耐磨 防滑 轻便 便携 折叠 收纳 大容 容量 \
    快充 充电 电池 电量 音质 主动 自适 适应 头戴 蓝牙 双设 设备 连接 整机 重量 机身 屏显 显示 触控 语音 拍照 像素 镜头 儿童 安全 环保 材质 工艺 \
    设计 功能 品质 品牌 家庭 办公 户外 旅行 清洁 去污 除菌 抑菌 防晒 美白 抗皱 紧致 修护 修复 屏障 温和 配方 成分 植物 提取 原料 产地 直采 现磨 \
    口感 风味 香气 回甘 浓郁 清爽 细腻 顺滑 营养 健康 蛋白 纤维 维生 生素 不锈 锈钢 实木 真皮 皮革 羊毛 蚕丝 亚麻 棉麻 加绒 保暖 速干 弹力 修身 \
    第一 清晨 晨间 窗边 慢下 下来 就该 慢慢 锁香 宽松 百搭 经典 复刻 限量 礼盒 送礼 体面 显瘦 增高 缓震 回弹 支撑 贴合 舒展";

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
            // One too small to be read loses words in the end, which is the ugliest of all.
            let lost = if size < room.sizes.1 { 1.0 } else { 0.0 };
            let merit = 1.5 * size / room.sizes.0 - 0.07 * (count as f32 - 1.0) - ugliness - lost;
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
                // Of the widest face, the black serif: others have air to spare.
                'M' | 'W' => 1.0,
                'm' | 'w' | '%' => 0.92,
                c if c.is_ascii_uppercase() => 0.76,
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
        return with_units(text.trim());
    }
    let words = text.split_whitespace().map(|word| word.split('-').map(capitals_of).collect::<Vec<_>>().join("-"));
    with_units(&words.collect::<Vec<_>>().join(" "))
}

/// English whose figures keep their units beside them: no line ends between 500 and m.
fn with_units(text: &str) -> String {
    let is_unit = |word: &str| {
        let word = word.trim_end_matches([',', '.', ';', ')']);
        (1..=3).contains(&word.len())
            && word.chars().all(char::is_alphabetic)
            && !matches!(
                word,
                "in" | "of" | "to" | "at" | "and" | "for" | "or" | "on" | "a" | "is" | "per" | "the" | "by"
            )
    };
    let mut joined = String::with_capacity(text.len());
    for word in text.split(' ') {
        if !joined.is_empty() {
            joined.push(if joined.ends_with(|c: char| c.is_ascii_digit()) && is_unit(word) { '\u{a0}' } else { ' ' });
        }
        joined.push_str(word);
    }
    joined
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

    #[test]
    fn figures_keep_their_units_on_the_line() {
        assert_eq!(cased("Grown at 1500 m above", false), "Grown at 1500\u{a0}m above");
        assert_eq!(cased("Just 258 g.", false), "Just 258\u{a0}g.");
        assert_eq!(cased("Warm for 40 Minutes in winter", false), "Warm for 40 Minutes in winter");
        assert_eq!(cased("Every 10 to 12 days", false), "Every 10 to 12 days");
    }

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
        assert_eq!(cased("Net content 100 mL pH 5.5", true), "NET CONTENT 100\u{a0}mL pH 5.5");
        assert_eq!(cased("14-Day Dual-Band GPS", true), "14-DAY DUAL-BAND GPS");
        assert_eq!(cased(" Soft glow ", false), "Soft glow");
        assert_eq!(bare("，水润“透亮”。"), "水润透亮");
    }
}
