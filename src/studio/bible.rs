//! The bible of a set: light, camera, materials and colours that all its pictures share.
//!
//! It is decided once, stored with the set and put into every prompt in the very same bytes: that,
//! more than any reference picture, makes ten pictures of ten calls look like one hand's work.

use serde::{Deserialize, Serialize};

use super::theme::Theme;
use crate::{
    domain::{
        SetStyle, TypographyStyle, VisualStyle,
        report::{Bilingual, Category},
    },
    imaging::to_hex,
};

/// Things to keep out that one bible names.
pub const AVOID_MAX: usize = 6;

/// How a set is lit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Light {
    /// Where it comes from.
    pub direction: Bilingual,
    /// How soft it is and what shadows it throws.
    pub softness: Bilingual,
    /// How warm it is.
    pub temperature: Bilingual,
}

/// What all pictures of a set share, in words for models that paint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetBible {
    /// The light.
    pub light: Light,
    /// Height and lens of the camera, where a picture has no reason for others.
    pub camera: Bilingual,
    /// What things stand on.
    pub surface: Bilingual,
    /// A graphic device that comes back in every picture.
    pub device: Bilingual,
    /// The mood that the typography set on it will have.
    pub type_mood: Bilingual,
    /// What to keep out; at most [`AVOID_MAX`].
    pub avoid: Vec<Bilingual>,
    /// The colours, `#rrggbb`, the ground first.
    pub palette: Vec<String>,
}

impl SetBible {
    /// The bible that follows from look, product and colours, the same every time.
    pub(super) fn by_rules(style: SetStyle, category: Category, theme: &Theme) -> Self {
        let look = look(style.visual);
        let mut surface = pair(surface(category));
        if theme.is_dark {
            surface = Bilingual::new(format!("{}，压暗", surface.zh), format!("{}, kept dark", surface.en));
        }
        let plate = &theme.plate;
        Self {
            light: Light {
                direction: pair(look.direction),
                softness: pair(look.softness),
                temperature: pair(look.temperature),
            },
            camera: pair(look.camera),
            surface,
            device: pair(look.device),
            type_mood: pair(type_mood(style.typography)),
            avoid: vec![
                pair(look.avoid),
                pair(("堆砌的道具", "cluttered props")),
                pair(("人脸与变形的手", "faces and distorted hands")),
                pair(("色板以外的抢眼颜色", "loud colours outside the palette")),
            ],
            palette: [plate.base, plate.tint, plate.surface, plate.accent, plate.glow].map(to_hex).to_vec(),
        }
    }
}

fn pair((zh, en): (&str, &str)) -> Bilingual {
    Bilingual::new(zh, en)
}

type Words = (&'static str, &'static str);

/// What a visual style means to a camera.
struct Look {
    direction: Words,
    softness: Words,
    temperature: Words,
    camera: Words,
    device: Words,
    avoid: Words,
}

const fn look(visual: VisualStyle) -> Look {
    match visual {
        VisualStyle::Magazine => Look {
            direction: ("左上方斜射的窗光", "window light from the upper left"),
            softness: ("柔和，阴影边缘可辨", "soft, with a readable shadow"),
            temperature: ("中性偏暖", "neutral, slightly warm"),
            camera: ("平视略俯，中焦镜头", "eye level, tilted slightly down, medium lens"),
            device: ("一道细线与大片留白", "one thin rule and generous margins"),
            avoid: ("塑料般的反光", "plasticky gloss"),
        },
        VisualStyle::Watercolor => Look {
            direction: ("从上方洒下的漫射天光", "diffuse skylight from above"),
            softness: ("极柔，几乎无影", "very soft, hardly any shadow"),
            temperature: ("清淡偏暖", "pale and warm"),
            camera: ("正面平视，空间很浅", "straight on, shallow space"),
            device: ("边缘渐深的水彩晕染", "watercolour washes that darken at their edges"),
            avoid: ("生硬的矢量图形", "hard vector shapes"),
        },
        VisualStyle::Tech => Look {
            direction: ("右后方的轮廓光", "rim light from behind on the right"),
            softness: ("边缘干净，暗部很深", "crisp edges and deep shadows"),
            temperature: ("冷调", "cool"),
            camera: ("低机位，长焦镜头", "low camera, long lens"),
            device: ("细网格与一条弧形光带", "a fine grid and one arc of light"),
            avoid: ("零碎的界面元素", "busy interface fragments"),
        },
        VisualStyle::Vintage => Look {
            direction: ("侧面低处的钨丝灯光", "low tungsten light from the side"),
            softness: ("柔和，带胶片颗粒", "soft, with film grain"),
            temperature: ("暖黄", "warm amber"),
            camera: ("平视，标准镜头", "eye level, normal lens"),
            device: ("褪色的边角与轻微暗角", "faded corners and a slight vignette"),
            avoid: ("大片污渍与划痕", "heavy stains and scratches"),
        },
        VisualStyle::Minimal => Look {
            direction: ("正上方的大面积柔光", "a large soft source overhead"),
            softness: ("均匀，低反差", "even, low contrast"),
            temperature: ("中性", "neutral"),
            camera: ("正面平视，长焦少透视", "straight on, long lens, little perspective"),
            device: ("一条直线与一个圆", "one straight line and one circle"),
            avoid: ("装饰花纹", "decorative patterns"),
        },
        VisualStyle::Cyber => Look {
            direction: ("左右两侧的霓虹光", "neon from both sides"),
            softness: ("硬朗，带光晕", "hard, with bloom"),
            temperature: ("冷暖对撞", "warm against cold"),
            camera: ("低机位，广角镜头", "low camera, wide lens"),
            device: ("水平扫描线与发光轮廓", "horizontal scan lines and glowing outlines"),
            avoid: ("真实街道的招牌", "signs of real streets"),
        },
        VisualStyle::Organic => Look {
            direction: ("左侧穿过树叶的阳光", "sunlight through leaves from the left"),
            softness: ("柔和，落着叶影", "soft, with leaf shadows"),
            temperature: ("清晨的暖调", "morning warmth"),
            camera: ("略俯视，中焦镜头", "slightly from above, medium lens"),
            device: ("叶影与手工纸的纤维", "leaf shadows and fibres of handmade paper"),
            avoid: ("枯萎的植物", "withered plants"),
        },
    }
}

/// What products of a category stand on.
const fn surface(category: Category) -> Words {
    match category {
        Category::Food => ("浅色木桌面", "a pale wooden table"),
        Category::Beauty => ("光滑的石台", "a smooth stone ledge"),
        Category::Apparel => ("垂落的素色布料", "plain hanging cloth"),
        Category::ShoesBags => ("混凝土台阶", "a concrete step"),
        Category::Jewelry => ("丝绒托台", "a velvet plinth"),
        Category::Electronics => ("哑光金属台面", "a matte metal deck"),
        Category::Home => ("铺着亚麻布的木台", "wood under a linen cloth"),
        Category::Appliance => ("整洁的厨房台面", "a clear kitchen worktop"),
        Category::Pet => ("短绒地毯", "a short-pile rug"),
        Category::Baby => ("圆角木面与棉布", "rounded wood and cotton cloth"),
        Category::Sports => ("颗粒橡胶地面", "a grained rubber floor"),
        Category::Health => ("素白台面", "a plain white counter"),
        Category::Tools => ("打磨过的工作台", "a sanded workbench"),
        Category::Garden => ("湿润的泥土与陶面", "damp soil and terracotta"),
        Category::Other => ("素净的台面", "a plain plinth"),
    }
}

/// The mood of the words that will stand on the pictures.
const fn type_mood(typography: TypographyStyle) -> Words {
    match typography {
        TypographyStyle::Serif => ("端庄而有分量", "poised and confident"),
        TypographyStyle::Glass => ("通透轻盈", "clear and light"),
        TypographyStyle::Embossed => ("厚重有体积", "weighty and solid"),
        TypographyStyle::Handwritten => ("随意而亲切", "relaxed and personal"),
        TypographyStyle::Neon => ("响亮有电流感", "loud and electric"),
        TypographyStyle::Thin => ("安静精准", "quiet and exact"),
    }
}
