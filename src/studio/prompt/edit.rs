//! The words of an edit: what the seller wishes, which picture is which, what stays as it is.
//!
//! A seller's wish is what a model is asked for, so it stands in the first block and is never left out;
//! like everything of a seller's it stands in quotation marks, and what surrounds it says that it speaks of the
//! picture and of nothing else.

use super::{
    Words,
    blocks::{Block, Blocks, clipped},
    places, role_words,
};
use crate::{
    domain::report::Bilingual,
    providers::image::{Area, ImageCapabilities, ImageRole, Nudge, PromptLanguage},
};

/// The share of a prompt that the wish may take, in percent: what must stay has to be said as well.
const WISH_PERCENT: usize = 55;
/// Characters of a wish that is the scene of a new background.
const SCENE_WISH_CHARS_MAX: usize = 240;
/// Parts of the product that a prompt names.
const PARTS_MAX: usize = 4;

/// What is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditScope {
    /// The background of a composed poster; words and product are set on it afterwards.
    Background,
    /// A finished picture, words and all.
    Picture,
    /// A place in a finished picture.
    Place {
        /// Whether the model is given the place as a mask; else it is shown it on a second picture.
        has_mask: bool,
    },
}

/// An edit to be put into words.
#[derive(Clone, Copy, Debug)]
pub struct EditWish<'a> {
    /// What is edited.
    pub scope: EditScope,
    /// What the seller wrote.
    pub text: &'a str,
    /// The pictures sent along, in their order; the picture to change is the first.
    pub roles: &'a [ImageRole],
    /// Where the brush went, as a share of the picture that is sent; `None` for the whole picture.
    pub place: Option<Area>,
    /// The product's noun, where it is known.
    pub noun: Option<&'a Bilingual>,
    /// What makes the product recognisable.
    pub must_keep: &'a [Bilingual],
    /// Areas of a background that words and product will cover.
    pub calm: &'a [Area],
}

/// The wish in the words that this model reads best, within its budget.
pub fn edit(wish: &EditWish<'_>, capabilities: &ImageCapabilities, nudge: Nudge) -> Words {
    let writer = EditWriter { wish, language: capabilities.language, chars_max: capabilities.prompt_chars_max, nudge };
    let blocks = Blocks {
        task: writer.task(),
        roles: writer.roles(),
        identity: writer.kept(),
        scene: writer.place(),
        bible: writer.product(),
        text: writer.text(),
        avoid: writer.avoid(),
    };
    Words { prompt: blocks.compile(capabilities.prompt_chars_max, capabilities.language), negative: writer.negative() }
}

/// A seller's wish as the scene of a picture, between quotation marks that it cannot close.
pub fn wished(text: &str) -> Bilingual {
    let plain = plain(text, SCENE_WISH_CHARS_MAX);
    Bilingual::new(format!("「{plain}」"), format!("\"{plain}\""))
}

/// A text without quotation marks and control characters.
fn plain(text: &str, chars_max: usize) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '"' | '“' | '”' | '「' | '」' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    clipped(plain.trim(), chars_max)
}

struct EditWriter<'a> {
    wish: &'a EditWish<'a>,
    language: PromptLanguage,
    chars_max: usize,
    nudge: Nudge,
}

impl EditWriter<'_> {
    fn is_chinese(&self) -> bool {
        self.language == PromptLanguage::Chinese
    }

    fn pick<'b>(&self, zh: &'b str, en: &'b str) -> &'b str {
        if self.is_chinese() { zh } else { en }
    }

    /// A text between quotation marks that it cannot close.
    fn quoted(&self, text: &str, chars_max: usize) -> String {
        let plain = plain(text, chars_max);
        if self.is_chinese() { format!("「{plain}」") } else { format!("\"{plain}\"") }
    }

    fn task(&self) -> Block {
        let again = match self.nudge {
            Nudge::ReturnAnImage => {
                self.pick("请直接返回一张图片，不要用文字回答。", "Answer with one picture, not with words. ")
            }
            Nudge::KeepTheRest => self.pick(
                "上一次把整张画面都改了：构图、位置、大小必须与图1逐像素对齐。",
                "The last try repainted everything: keep framing, position and scale aligned with image 1 pixel by pixel. ",
            ),
            Nudge::ChangeMore => self.pick(
                "上一次几乎看不出变化：请把要求明确地做出来。",
                "The last try changed nothing that can be seen: carry the wish out clearly. ",
            ),
            Nudge::WithoutFlaws => self.pick(
                "上一次画面有破损或变形：这次要干净完整。",
                "The last try had broken or melted parts: this one is clean and whole. ",
            ),
            Nudge::None | Nudge::Softened | Nudge::KeepTheProduct => "",
        };
        let what = match self.wish.scope {
            EditScope::Background => {
                self.pick("修改图1这张海报的空背景", "Change image 1, the empty background of a poster")
            }
            EditScope::Picture => self.pick("修改图1这张海报", "Change image 1, a finished poster"),
            EditScope::Place { .. } => self.pick("只修改图1中指定的区域", "Change image 1 in the marked region only"),
        };
        let room = self.chars_max * WISH_PERCENT / 100;
        let said = self.quoted(self.wish.text, room);
        // Where words are few, the wish is worth more than what leads to it.
        if self.is_chinese() {
            Block::new([
                format!("{again}{what}。卖家的要求（只说画面）：{said}。"),
                format!("{again}{what}，要求：{said}。"),
            ])
        } else {
            Block::new([
                format!("{again}{what}. What the seller wishes for the picture: {said}."),
                format!("{again}{what}: {said}."),
            ])
        }
    }

    fn roles(&self) -> Block {
        let is_background = self.wish.scope == EditScope::Background;
        let words = |role: ImageRole| match role {
            ImageRole::Product if is_background => (
                "是稍后要放上去的商品，只供配合光线与色彩，不要画出来",
                "is the product that is set in afterwards: suit light and colours to it, do not paint it",
                "稍后放上的商品，不要画",
                "set in later, not to be painted",
            ),
            role => role_words(role),
        };
        let told = |full: bool| {
            let lines = self.wish.roles.iter().enumerate().map(|(index, role)| {
                let (zh, en, short_zh, short_en) = words(*role);
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
        Block::new([told(true), told(false)])
    }

    /// What stays as it is.
    fn kept(&self) -> Block {
        let (zh, en): ([&str; 2], [&str; 2]) = match self.wish.scope {
            EditScope::Background => (
                ["除要求之外，构图、镜头、光线方向与空白处都不变。", "其余不变。"],
                [
                    "Beyond the wish, framing, camera, light direction and empty areas stay as they are.",
                    "Everything else stays.",
                ],
            ),
            EditScope::Picture => (
                [
                    "除要求之外，构图、商品、文字的内容与位置都不变，输出与图1同样的比例与取景。",
                    "其余不变，取景与图1相同。",
                ],
                [
                    "Beyond the wish, framing, product, and every word with its place stay as they are; same proportions and crop as image 1.",
                    "Everything else stays, same crop as image 1.",
                ],
            ),
            EditScope::Place { .. } => (
                [
                    "区域之外逐像素不变：不移动、不缩放、不调色。区域之内与周围的光线、透视、颗粒自然衔接，不留边框。",
                    "区域外不变，边缘自然衔接。",
                ],
                [
                    "Outside the region nothing moves, scales or changes colour. Inside, match the light, perspective and grain around it; leave no outline.",
                    "Outside the region nothing changes; blend the edge.",
                ],
            ),
        };
        Block::new(if self.is_chinese() { zh } else { en }.map(str::to_owned))
    }

    /// Where the brush went.
    fn place(&self) -> Block {
        let Some(area) = self.wish.place else { return Block::default() };
        let cells = places::cells(&[area], self.language);
        let cells = if cells.is_empty() { places::cell(area, self.language) } else { cells };
        let boxed = places::boxed(area, self.language);
        let marked = match (self.wish.scope, self.is_chinese()) {
            (EditScope::Place { has_mask: true }, true) => "，以蒙版为准",
            (EditScope::Place { has_mask: true }, false) => ", exactly as the mask says",
            _ if !self.wish.roles.contains(&ImageRole::MaskOverlay) => "",
            (_, true) => "，见图2的白色处；白色和描边不要出现在结果里",
            (_, false) => ", white in image 2; neither the white nor its outline may appear in the result",
        };
        if self.is_chinese() {
            Block::new([format!("区域：{cells}（{boxed}）{marked}。"), format!("区域：{cells}，{boxed}。")])
        } else {
            Block::new([format!("The region: {cells} ({boxed}){marked}."), format!("The region: {cells}, {boxed}.")])
        }
    }

    /// The product, where a picture of it is sent along.
    fn product(&self) -> Block {
        if self.wish.scope == EditScope::Background || !self.wish.roles.contains(&ImageRole::Product) {
            return Block::default();
        }
        let say = |pair: &Bilingual| self.quoted(self.pick(&pair.zh, &pair.en), super::QUOTED_CHARS_MAX);
        let noun = self.wish.noun.map(say).unwrap_or_default();
        let parts: Vec<String> = self.wish.must_keep.iter().take(PARTS_MAX).map(say).collect();
        let parts = parts.join(self.pick("、", ", "));
        let again = self.nudge == Nudge::KeepTheProduct;
        if self.is_chinese() {
            let insists = if again { "上一次商品被改动了。" } else { "" };
            let kept = if parts.is_empty() { String::new() } else { format!("，保留{parts}") };
            Block::new([
                format!("{insists}商品{noun}出现时与商品图完全一致{kept}，不改写印刷文字。"),
                format!("{insists}商品与商品图一致。"),
            ])
        } else {
            let insists = if again { "The last try changed the product. " } else { "" };
            let kept = if parts.is_empty() { String::new() } else { format!(", with {parts}") };
            let noun = if noun.is_empty() { noun } else { format!(" {noun}") };
            Block::new([
                format!(
                    "{insists}Where the product{noun} shows, it is exactly as in its picture{kept}; rewrite no print."
                ),
                format!("{insists}The product stays as in its picture."),
            ])
        }
    }

    fn text(&self) -> Block {
        if self.wish.scope == EditScope::Background {
            let calm = places::cells(self.wish.calm, self.language);
            let (zh, en) = (
                format!("画面中没有任何文字、标志或水印；{calm}稍后排字，保持平静均匀。"),
                format!("No text, logos or watermarks; words are set over {calm} later: keep it calm and even."),
            );
            let (zh, en) = if calm.is_empty() {
                ("画面中没有任何文字、标志或水印。".to_owned(), "No text, logos or watermarks.".to_owned())
            } else {
                (zh, en)
            };
            return Block::new([self.pick(&zh, &en).to_owned(), self.pick("无文字。", "No text.").to_owned()]);
        }
        Block::new([
            self.pick(
                "要求里没有提到的文字一个也不要增加，已有的文字不要改写。",
                "Add no words that the wish does not ask for, and rewrite none that are there.",
            )
            .to_owned(),
            self.pick("不增改文字。", "Add no words.").to_owned(),
        ])
    }

    fn avoid(&self) -> Block {
        if self.nudge == Nudge::Softened {
            return Block::new([self.pick("避免：人物、皮肤与身体。", "Avoid: people, skin and bodies.").to_owned()]);
        }
        Block::default()
    }

    fn negative(&self) -> String {
        let mut out = vec![self.pick("水印、二维码", "watermark, QR code")];
        match self.wish.scope {
            EditScope::Background => {
                out.push(
                    self.pick("文字、字母、数字、标志、商品、包装", "text, letters, digits, logo, product, packaging"),
                );
            }
            EditScope::Place { has_mask: false } => {
                out.push(self.pick("白色色块、描边", "white patch, outline"));
            }
            EditScope::Place { has_mask: true } | EditScope::Picture => {}
        }
        if self.nudge == Nudge::Softened {
            out.push(self.pick("人物", "people"));
        }
        clipped(&out.join(self.pick("、", ", ")), self.chars_max)
    }
}
