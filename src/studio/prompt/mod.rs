//! The compiler of prompts: from a plan to the words one model reads best, and nothing else. Pure: the
//! same plan, scene and capabilities always give the same bytes.
//!
//! The order of the blocks is fixed: task, pictures sent along, product, scene, style of the set, words,
//! what to avoid. Sellers' words stand in it only as short quoted names; whatever else is said comes from
//! our tables or passed the guards of `reading`.

mod blocks;
mod edit;
mod places;
#[cfg(test)]
mod tests;

use super::{SetPlan, bible::SetBible, slots::SlotPlan};
use crate::{
    domain::{
        Dimension,
        report::{Bilingual, Category},
    },
    providers::image::{ImageCapabilities, ImageRole, Nudge, PlateScene, PromptLanguage},
};
use blocks::{Block, Blocks, clause_clipped, clipped};
pub use edit::{EditScope, EditWish, edit, wished};

/// Characters of a name that a prompt quotes.
const QUOTED_CHARS_MAX: usize = 32;
/// Characters of a scene where room is scarcest, in English and in Chinese.
const SCENE_CHARS_MAX: (usize, usize) = (72, 30);
/// The same where even that is too much.
const SCENE_CHARS_LEAST: (usize, usize) = (42, 16);

/// What a product is called whose description names none.
const UNKNOWN_NOUN: &str = "新品";

/// A request in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What to paint.
    pub prompt: String,
    /// What to keep out, for models that take such a list apart from the prompt.
    pub negative: String,
}

/// A background without words and without the product; the areas where they will stand are left even.
/// `has_anchor` tells of a picture sent along that shows the style of the set.
pub fn plate(
    plan: &SetPlan,
    dimension: Dimension,
    scene: &PlateScene,
    has_anchor: bool,
    capabilities: &ImageCapabilities,
    nudge: Nudge,
) -> Words {
    let roles: &[ImageRole] = if has_anchor { &[ImageRole::StyleAnchor] } else { &[] };
    let writer = Writer::new(plan, dimension, scene, capabilities, nudge);
    let blocks = Blocks {
        task: writer
            .task(["空背景图", "背景图", "背景图"], ["an empty background", "an empty background", "background only"]),
        roles: writer.roles(roles),
        identity: writer.absence(),
        scene: writer.scene(false),
        bible: writer.bible(),
        text: writer.words_later(false),
        avoid: writer.avoid(),
    };
    writer.written(&blocks, true)
}

/// A whole poster without words, the product painted from the pictures sent along; their roles in the
/// order in which they are sent, the product first.
pub fn poster(
    plan: &SetPlan,
    dimension: Dimension,
    scene: &PlateScene,
    roles: &[ImageRole],
    capabilities: &ImageCapabilities,
    nudge: Nudge,
) -> Words {
    let writer = Writer::new(plan, dimension, scene, capabilities, nudge);
    let blocks = Blocks {
        task: writer.task(
            ["商品画面，主角是图1的商品", "商品画面，主角是图1的商品", "图1的商品"],
            [
                "a finished picture of the product in image 1",
                "a picture of the product in image 1",
                "the product in image 1",
            ],
        ),
        roles: writer.roles(roles),
        identity: writer.identity(),
        scene: writer.scene(true),
        bible: writer.bible(),
        text: writer.words_later(true),
        avoid: writer.avoid(),
    };
    writer.written(&blocks, false)
}

/// What one prompt is written from.
struct Writer<'a> {
    plan: &'a SetPlan,
    slot: SlotPlan,
    area: &'a PlateScene,
    language: PromptLanguage,
    chars_max: usize,
    nudge: Nudge,
}

impl<'a> Writer<'a> {
    fn new(
        plan: &'a SetPlan,
        dimension: Dimension,
        area: &'a PlateScene,
        capabilities: &ImageCapabilities,
        nudge: Nudge,
    ) -> Self {
        Self {
            plan,
            slot: plan.slot(dimension),
            area,
            language: capabilities.language,
            chars_max: capabilities.prompt_chars_max,
            nudge,
        }
    }

    fn bibles(&self) -> &SetBible {
        &self.plan.bible
    }

    fn is_chinese(&self) -> bool {
        self.language == PromptLanguage::Chinese
    }

    /// The side of a pair that this model reads.
    fn say<'b>(&self, pair: &'b Bilingual) -> &'b str {
        if self.is_chinese() { &pair.zh } else { &pair.en }
    }

    fn pick<'b>(&self, zh: &'b str, en: &'b str) -> &'b str {
        if self.is_chinese() { zh } else { en }
    }

    fn list<'b>(&self, pairs: impl IntoIterator<Item = &'b Bilingual>) -> String {
        pairs.into_iter().map(|pair| self.say(pair)).collect::<Vec<_>>().join(self.pick("、", ", "))
    }

    /// What sellers or models wrote, as a quoted name that cannot be taken for an instruction.
    fn quoted(&self, pair: &Bilingual) -> String {
        let plain: String = self
            .say(pair)
            .chars()
            .filter(|c| {
                !c.is_control() && !matches!(c, '"' | '“' | '”' | '「' | '」' | '\\' | '`' | '<' | '>' | '{' | '}')
            })
            .collect();
        let plain = clipped(plain.trim(), QUOTED_CHARS_MAX);
        if self.is_chinese() { format!("「{plain}」") } else { format!("\"{plain}\"") }
    }

    /// The product's noun, quoted, with a space before it in English; nothing where it is only called a
    /// new product, which would mislead more than it tells.
    fn noun(&self) -> String {
        let product = &self.plan.report.product;
        let is_unknown = product.category == Category::Other && product.noun.zh == UNKNOWN_NOUN;
        match (is_unknown, self.is_chinese()) {
            (true, _) => String::new(),
            (false, true) => self.quoted(&product.noun),
            (false, false) => format!(" {}", self.quoted(&product.noun)),
        }
    }

    fn quoted_list(&self, pairs: &[Bilingual]) -> String {
        pairs.iter().map(|pair| self.quoted(pair)).collect::<Vec<_>>().join(self.pick("、", ", "))
    }

    fn ratio(&self) -> String {
        let (width, height) = (self.area.width.max(1), self.area.height.max(1));
        let divisor = gcd(width, height);
        format!("{}:{}", width / divisor, height / divisor)
    }

    fn task(&self, zh: [&str; 3], en: [&str; 3]) -> Block {
        let ratio = self.ratio();
        let intent = self.say(&self.slot.intent);
        let again = match self.nudge {
            Nudge::ReturnAnImage => {
                self.pick("请直接返回一张图片，不要用文字回答。", "Answer with one picture, not with words. ")
            }
            Nudge::WithoutFlaws => self.pick(
                "上一次画面里有多余的文字或破损：这次画面要干净完整，没有任何字符。",
                "The last try had stray letters or broken parts: this one is clean and whole, without any characters. ",
            ),
            _ => "",
        };
        if self.is_chinese() {
            Block::new([
                format!("{again}为电商海报绘制一张{ratio}的{}，用途：{intent}。", zh[0]),
                format!("{again}电商海报{}，{ratio}。", zh[1]),
                format!("{again}海报：{}，{ratio}。", zh[2]),
            ])
        } else {
            Block::new([
                format!("{again}Paint {} for an e-commerce poster, {ratio}. What the poster is for: {intent}.", en[0]),
                format!("{again}Paint {} for an e-commerce poster, {ratio}.", en[1]),
                format!("{again}Poster, {}, {ratio}.", en[2]),
            ])
        }
    }

    fn roles(&self, roles: &[ImageRole]) -> Block {
        let told = |full: bool| {
            let lines = roles.iter().enumerate().map(|(index, role)| {
                let (zh, en, short_zh, short_en) = role_words(*role);
                let number = index + 1;
                match (self.is_chinese(), full) {
                    (true, true) => format!("图{number}{zh}。"),
                    (true, false) => format!("图{number}：{short_zh}。"),
                    (false, true) => format!("Image {number} {en}."),
                    (false, false) => format!("Image {number}: {short_en}."),
                }
            });
            lines.collect::<Vec<_>>().join(self.pick("", " "))
        };
        let listed = || {
            let names = roles.iter().enumerate().map(|(index, role)| {
                let (_, _, zh, en) = role_words(*role);
                format!("{} {}", index + 1, self.pick(zh, en))
            });
            let names = names.collect::<Vec<_>>().join(self.pick("，", ", "));
            if names.is_empty() {
                names
            } else {
                format!("{}{names}{}", self.pick("图", "Images: "), self.pick("。", "."))
            }
        };
        Block::new([told(true), told(false), listed()])
    }

    /// For plates: what must not be there.
    fn absence(&self) -> Block {
        let noun = self.noun();
        let focus = self.area.focus.map(|area| places::place(area, self.language));
        if self.is_chinese() {
            let (kept, kept_short) = focus.map_or_else(Default::default, |focus| {
                (format!("它的位置在{focus}，那里保持空净、受光均匀，留出接触阴影的余地。"), format!("{focus}处留空。"))
            });
            Block::new([
                format!("商品{noun}稍后合成，画面里不要出现它或任何相似物。{kept}"),
                format!("不要画出商品{noun}。{kept_short}"),
                format!("不要画商品。{kept_short}"),
            ])
        } else {
            let (kept, kept_short) = focus.map_or_else(Default::default, |focus| {
                (
                    format!(" Its place is {focus}: keep it free and evenly lit, with room for a contact shadow."),
                    format!(" Keep {focus} free."),
                )
            });
            Block::new([
                format!("The product{noun} is set in afterwards: paint neither it nor anything like it.{kept}"),
                format!("Do not paint the product{noun}.{kept_short}"),
                format!("No product.{kept_short}"),
            ])
        }
    }

    /// For whole posters: what must stay as it is.
    fn identity(&self) -> Block {
        let noun = self.noun();
        let kept = self.quoted_list(&self.plan.report.locks.must_keep);
        let shown = self.quoted_list(&self.slot.must_show);
        let place = self.area.focus.map(|area| places::place(area, self.language)).unwrap_or_default();
        let briefly = |joint: &str| {
            self.area.focus.map(|area| format!("{joint}{}", places::cell(area, self.language))).unwrap_or_default()
        };
        let again = self.nudge == Nudge::KeepTheProduct;
        if self.is_chinese() {
            let insists = if again {
                "上一次商品被改动了：请逐笔照搬图1的商品，只改变它周围。"
            } else {
                ""
            };
            let shown = if shown.is_empty() { String::new() } else { format!("必须看清：{shown}。") };
            let at = if place.is_empty() { String::new() } else { format!("位置：{place}。") };
            Block::new([
                format!(
                    "{insists}画面中只有一件商品{noun}，与图1完全一致，原样保留：{kept}；不增减部件，不改写印刷文字。{shown}{at}"
                ),
                format!("{insists}商品{noun}与图1完全一致，形状、颜色、标志、部件都不变。{at}"),
                format!("{}商品与图1完全一致{}。", if again { "上次改动了商品：" } else { "" }, briefly("，位于")),
            ])
        } else {
            let insists = if again {
                "The last try changed the product: copy it from image 1 stroke by stroke and change only what surrounds it. "
            } else {
                ""
            };
            let shown = if shown.is_empty() { String::new() } else { format!(" Clearly visible: {shown}.") };
            let at = if place.is_empty() { String::new() } else { format!(" It stands in {place}.") };
            Block::new([
                format!(
                    "{insists}Show the product{noun} once, exactly as in image 1. Unchanged: {kept}; add and remove no part, rewrite no print.{shown}{at}"
                ),
                format!("{insists}The product{noun} stays exactly as in image 1: shape, colours, logo, parts.{at}"),
                format!(
                    "{}Product exactly as in image 1{}.",
                    if again { "The last try changed it. " } else { "" },
                    briefly(", in ")
                ),
            ])
        }
    }

    fn scene(&self, has_product: bool) -> Block {
        let scene = if self.nudge == Nudge::Softened {
            self.pick("素净的静物场景", "a plain still-life setting")
        } else {
            self.say(&self.slot.scene)
        };
        let (camera, product) = (self.say(&self.slot.camera), self.say(&self.slot.product));
        if self.is_chinese() {
            let size = if has_product { format!("商品大小：{product}。") } else { String::new() };
            Block::new([
                format!("场景：{scene}。镜头：{camera}。{size}"),
                format!("场景：{scene}。"),
                format!("{}。", clause_clipped(scene, SCENE_CHARS_MAX.1)),
                format!("{}。", clause_clipped(scene, SCENE_CHARS_LEAST.1)),
            ])
        } else {
            let size = if has_product { format!(" Size of the product: {product}.") } else { String::new() };
            Block::new([
                format!("Scene: {scene}. Camera: {camera}.{size}"),
                format!("Scene: {scene}."),
                format!("Scene: {}.", clause_clipped(scene, SCENE_CHARS_MAX.0)),
                format!("Scene: {}.", clause_clipped(scene, SCENE_CHARS_LEAST.0)),
            ])
        }
    }

    /// The same bytes for every poster of a set and one budget: nothing here may depend on the slot.
    fn bible(&self) -> Block {
        let bible = self.bibles();
        let (style_zh, style_en) = self.plan.style.visual.titles();
        let style = self.pick(style_zh, style_en);
        let (direction, softness) = (self.say(&bible.light.direction), self.say(&bible.light.softness));
        let (temperature, camera) = (self.say(&bible.light.temperature), self.say(&bible.camera));
        let (surface, device) = (self.say(&bible.surface), self.say(&bible.device));
        let mood = self.say(&bible.type_mood);
        let colours = |count: usize| bible.palette.iter().take(count).map(String::as_str).collect::<Vec<_>>().join(" ");
        if self.is_chinese() {
            Block::new([
                format!(
                    "整套统一风格：{style}。光线：{direction}，{softness}，{temperature}。默认视角：{camera}。台面：{surface}。反复出现的图形：{device}。气质：{mood}。只用这些颜色：{}。",
                    colours(5)
                ),
                format!("整套风格：{style}；{direction}，{softness}；{surface}；{device}；配色{}。", colours(4)),
                format!("{style}风格，{direction}，配色{}。", colours(2)),
            ])
        } else {
            Block::new([
                format!(
                    "One style for the whole set: {style}. Light: {direction}; {softness}; {temperature}. Camera by default: {camera}. Surfaces: {surface}. Recurring device: {device}. Mood: {mood}. Only these colours: {}.",
                    colours(5)
                ),
                format!("Set style: {style}; {direction}, {softness}; {surface}; {device}; colours {}.", colours(4)),
                format!("{style} style, {direction}, colours {}.", colours(2)),
            ])
        }
    }

    fn words_later(&self, has_product: bool) -> Block {
        let calm = places::cells(&self.area.calm, self.language);
        if self.is_chinese() {
            let but = if has_product { "除商品自身印刷外，" } else { "" };
            let kept = if calm.is_empty() {
                String::new()
            } else {
                format!("文字稍后排上去：{calm}保持平静，色调均匀、低反差、没有物件。")
            };
            let short = if calm.is_empty() { String::new() } else { format!("{calm}保持平静均匀。") };
            Block::new([
                format!("{but}画面中没有任何文字、字母、数字、标志或水印。{kept}"),
                format!("{but}没有文字、标志、水印。{short}"),
                format!("{but}无文字。{short}"),
            ])
        } else {
            let but = if has_product { " beyond the product's own print" } else { "" };
            let kept = if calm.is_empty() {
                String::new()
            } else {
                format!(" Words are set later: keep {calm} calm, even in tone, low in contrast and free of objects.")
            };
            let short = if calm.is_empty() { String::new() } else { format!(" Keep {calm} calm and even.") };
            Block::new([
                format!("No text, letters, digits, logos, labels or watermarks{but}.{kept}"),
                format!("No text, logos or watermarks{but}.{short}"),
                format!("No text{but}."),
            ])
        }
    }

    fn avoid(&self) -> Block {
        let softened =
            (self.nudge == Nudge::Softened).then(|| Bilingual::new("人物、皮肤与身体", "people, skin and bodies"));
        let all: Vec<&Bilingual> = softened.iter().chain(&self.bibles().avoid).collect();
        let (full, short) = (self.list(all.iter().copied()), self.list(all.iter().copied().take(2)));
        if self.is_chinese() {
            Block::new([format!("避免：{full}。"), format!("避免：{short}。")])
        } else {
            Block::new([format!("Avoid: {full}."), format!("Avoid: {short}.")])
        }
    }

    fn written(&self, blocks: &Blocks, without_product: bool) -> Words {
        let mut out = vec![
            self.pick("文字、字母、数字、标志、水印、二维码", "text, letters, digits, logo, watermark, QR code")
                .to_owned(),
        ];
        if without_product {
            out.push(self.pick("商品、包装", "product, packaging").to_owned());
        }
        if self.nudge == Nudge::Softened {
            out.push(self.pick("人物", "people").to_owned());
        }
        out.push(self.list(&self.bibles().avoid));
        Words {
            prompt: blocks.compile(self.chars_max, self.language),
            negative: clipped(&out.join(self.pick("、", ", ")), self.chars_max),
        }
    }
}

/// What a picture sent along is: at length and in short, in Chinese and in English.
const fn role_words(role: ImageRole) -> (&'static str, &'static str, &'static str, &'static str) {
    match role {
        ImageRole::Base => ("是要修改的画面", "is the picture to change", "待修改", "to change"),
        ImageRole::MaskOverlay => (
            "用白色标出要修改的区域，白色本身不要出现在结果里",
            "marks in white where to change it; the white itself must not appear in the result",
            "白色处为修改区域",
            "white marks the region",
        ),
        ImageRole::Product => {
            ("是商品本身，它的外观以此为准", "is the product, the only truth about its looks", "商品", "the product")
        }
        ImageRole::Reference => ("是卖家给的参考", "is a reference given by the seller", "参考", "reference"),
        ImageRole::Detail => (
            "是商品近照，纹理与印刷以此为准",
            "shows the product close: take texture and print from it",
            "商品近照",
            "its close view",
        ),
        ImageRole::StyleAnchor => (
            "是同一套里的成品，只取它的光线、色彩与材质，不要照搬构图和物件",
            "is a finished picture of the same set: take its light, colours and materials, never its layout or objects",
            "只参考风格",
            "style only",
        ),
    }
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
