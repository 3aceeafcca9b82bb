//! Why an edit is not done, in the words of those who asked for it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::Locale;

/// Why an edit is not done. None of these costs anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "about", rename_all = "snake_case")]
pub enum EditRefusal {
    /// This part of the prompt is none of the words that are known here.
    Unknown(String),
    /// A scene that would have to be photographed or painted by a model.
    NeedsModel(String),
    /// The prompt speaks of a reference picture, and none came.
    NoReference,
    /// What the prompt names does not stand on this poster.
    NoSuchLayer(String),
    /// The product cannot grow or move that way: words stand there, or the page ends.
    NoRoom,
    /// The picture was painted over as a whole: its words are pixels.
    NotComposed(String),
    /// Longer than the line takes.
    TooLong {
        /// The longest text, in characters.
        chars_max: usize,
    },
    /// The prompt says which words are to go, and not what is to stand there instead.
    NoWords,
    /// Words are to stand elsewhere: the layout places them.
    WordsStay(String),
    /// A part of the picture is to change: the brush says which.
    NeedsBrush(String),
    /// Brushes do something else than what was asked for.
    NotForBrushes(String),
}

impl EditRefusal {
    /// What a seller is told: what is missing, and what works here.
    pub fn message(&self, locale: Locale) -> String {
        let (zh, en) = match self {
            Self::Unknown(part) => (
                format!(
                    "看不懂「{part}」。可以改：标题等文字（标题改为「…」）、配色、明暗、背景（纯色、渐变、大理石、木纹、纸张、影棚、节日）、产品大小与位置；画笔可去除、变色、模糊、马赛克、提亮、替换"
                ),
                format!(
                    "“{part}” is not understood. What works: words (change the title to \"…\"), colours, light, backgrounds (plain, gradient, marble, wood, paper, studio, festive), size and place of the product; with a brush: remove, recolour, blur, mosaic, brighten, replace"
                ),
            ),
            Self::NeedsModel(scene) => (
                format!(
                    "「{scene}」需要图像模型绘制，这里没有配置。可以上传一张照片并写“作为背景”，或选纯色、渐变、大理石、木纹、纸张、影棚、节日背景"
                ),
                format!(
                    "“{scene}” takes an image model, and none is set up here. Upload a photo and write “as background”, or choose plain, gradient, marble, wood, paper, studio or festive"
                ),
            ),
            Self::NoReference => ("请先上传参考图".to_owned(), "Upload a reference picture first".to_owned()),
            Self::NoSuchLayer(what) => {
                (format!("这张海报上没有「{what}」"), format!("there is no “{what}” on this poster"))
            }
            Self::NoRoom => (
                "产品旁边没有位置了：文字或页边挡住".to_owned(),
                "there is no room for the product that way: words or the edge of the page are in the way".to_owned(),
            ),
            Self::NotComposed(what) => (
                format!("这张图已整张重绘，不能再改「{what}」；请从更早的版本开始修改"),
                format!(
                    "this picture was repainted as a whole, so “{what}” cannot be changed; start from an earlier version"
                ),
            ),
            Self::TooLong { chars_max } => {
                (format!("文字太长，最多 {chars_max} 个字符"), format!("too long: at most {chars_max} characters"))
            }
            Self::NoWords => (
                "请写出新的文字，例如：标题改为「山野咖啡」".to_owned(),
                "say the new words, for example: change the title to \"Mountain Coffee\"".to_owned(),
            ),
            Self::WordsStay(what) => (
                format!("「{what}」：文字的位置由版式决定，不能移动。可以改文字的内容、大小和标题颜色，也可以移动产品"),
                format!(
                    "“{what}”: the layout places the words, so they cannot be moved. What they say, their size and the colour of the title can be changed, and the product can be moved"
                ),
            ),
            Self::NeedsBrush(what) => (
                format!("「{what}」请用画笔涂出要改的部分"),
                format!("paint over the part that “{what}” is about with the brush"),
            ),
            Self::NotForBrushes(what) => (
                format!("画笔不能「{what}」。画笔可去除、变色、模糊、马赛克、提亮、变暗、替换成参考图"),
                format!(
                    "a brush cannot do “{what}”. It can remove, recolour, blur, mosaic, brighten, darken, or replace with the reference"
                ),
            ),
        };
        match locale {
            Locale::Zh => zh,
            Locale::En => en,
        }
    }
}

impl fmt::Display for EditRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Locale::En))
    }
}
