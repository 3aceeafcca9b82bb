//! What each picture of a set shows: the plan that a prompt is compiled from.
//!
//! Scenes, cameras and sizes differ from poster to poster by construction, so that ten pictures of
//! one look are still ten pictures.

use serde::{Deserialize, Serialize};

use super::bible::SetBible;
use crate::domain::{
    Dimension,
    report::{Bilingual, Category, ProductReport},
};

/// Parts of the product that one picture insists on.
pub const MUST_SHOW_MAX: usize = 3;
/// Parts that every report names first, because they hold for any product.
const GENERAL_MARKS: usize = 4;

/// What one picture shows. Where words and product stand on the page is not told here: it follows
/// from the layout, whose areas the prompt names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlotPlan {
    /// Which poster.
    pub dimension: Dimension,
    /// What it is for.
    pub intent: Bilingual,
    /// Where it plays, without the product.
    pub scene: Bilingual,
    /// Height, angle and distance of the camera.
    pub camera: Bilingual,
    /// How large the product is, in words.
    pub product: Bilingual,
    /// How much of the picture's height the product takes, in per cent.
    pub product_percent: u8,
    /// Parts of the product that have to be seen; at most [`MUST_SHOW_MAX`].
    pub must_show: Vec<Bilingual>,
}

impl SlotPlan {
    /// The plan that follows from the report, the same every time.
    pub(super) fn by_rules(dimension: Dimension, report: &ProductReport, bible: &SetBible) -> Self {
        let (intent_zh, intent_en) = dimension.purposes();
        let shot = shot(dimension);
        let prop = prop(report.product.category);
        let place = report.scenes.first().cloned().unwrap_or_else(|| Bilingual::new("日常一角", "an everyday corner"));
        let filled = |template: &str, prop: &str, place: &str, surface: &str| {
            template.replace("{prop}", prop).replace("{place}", place).replace("{surface}", surface)
        };
        Self {
            dimension,
            intent: Bilingual::new(intent_zh, intent_en),
            scene: Bilingual::new(
                filled(shot.scene.0, prop.0, &place.zh, &bible.surface.zh),
                filled(shot.scene.1, prop.1, &place.en, &bible.surface.en),
            ),
            camera: Bilingual::new(shot.camera.0, shot.camera.1),
            product: Bilingual::new(shot.product.0, shot.product.1),
            product_percent: shot.percent,
            must_show: must_show(dimension, report),
        }
    }

    /// The plans of these posters.
    pub(super) fn all_by_rules(dimensions: &[Dimension], report: &ProductReport, bible: &SetBible) -> Vec<Self> {
        dimensions.iter().map(|dimension| Self::by_rules(*dimension, report, bible)).collect()
    }
}

/// Each close-up insists on another part, so that four of them do not tell the same thing.
fn must_show(dimension: Dimension, report: &ProductReport) -> Vec<Bilingual> {
    let marks = &report.locks.must_keep;
    if marks.is_empty() {
        return Vec::new();
    }
    // What was seen on this very product stands behind what holds for any.
    let nth = |n: usize| marks[marks.len() - 1 - n % marks.len()].clone();
    match dimension {
        Dimension::DetailDesign => vec![nth(0)],
        Dimension::DetailMaterial => vec![nth(1)],
        Dimension::DetailFunction => vec![nth(2)],
        Dimension::DetailTrust => vec![nth(3)],
        Dimension::Hero => marks.iter().skip(GENERAL_MARKS).take(MUST_SHOW_MAX).cloned().collect(),
        _ => Vec::new(),
    }
}

type Words = (&'static str, &'static str);

struct Shot {
    scene: Words,
    camera: Words,
    product: Words,
    percent: u8,
}

const fn shot(dimension: Dimension) -> Shot {
    match dimension {
        Dimension::Hero => Shot {
            scene: (
                "空展台，背后墙面明暗渐变，一侧点缀{prop}",
                "an empty plinth before a wall that fades in tone, {prop} at one side",
            ),
            camera: ("平视，重心略低于画面中线", "eye level, weight a little below the middle"),
            product: ("约占画面一半高，完整不裁切", "about half the picture's height, whole, nothing cut off"),
            percent: 55,
        },
        Dimension::Lifestyle => Shot {
            scene: (
                "真实的生活环境：{place}，前景留空，背景虚化",
                "a lived-in setting ({place}), the foreground free and the background out of focus",
            ),
            camera: ("人眼高度，浅景深", "at the height of a person's eyes, shallow focus"),
            product: ("位于前景，约占三分之一高", "in the foreground, about a third of the height"),
            percent: 35,
        },
        Dimension::Concept => Shot {
            scene: (
                "纯净空间，光带与色块由中心层层展开",
                "a clear space where bands of light and colour open in layers around the middle",
            ),
            camera: ("正面，左右对称", "straight on, symmetrical"),
            product: ("居中，约占四成高", "in the middle, about four tenths of the height"),
            percent: 42,
        },
        Dimension::DetailDesign => Shot {
            scene: ("无缝背景，一束斜光扫过空净台面", "a seamless ground with one slanting beam across a bare surface"),
            camera: ("微距，贴着轮廓", "macro, close along the outline"),
            product: ("局部放大，约占七成", "one part enlarged, about seven tenths"),
            percent: 70,
        },
        Dimension::DetailMaterial => Shot {
            scene: ("{surface}的近景，侧光刻出细密纹理", "a close view of {surface}, its grain drawn by raking light"),
            camera: ("微距，略俯", "macro, slightly from above"),
            product: ("局部放大，约占六成半", "one part enlarged, about two thirds"),
            percent: 65,
        },
        Dimension::DetailFunction => Shot {
            scene: ("干净的双色背景，一侧大片留白", "a clean ground in two tones, one side left free"),
            camera: ("三分之二侧面", "three-quarter view"),
            product: ("可完整辨认，约占一半高", "easy to recognise, about half the height"),
            percent: 50,
        },
        Dimension::DetailTrust => Shot {
            scene: ("温暖安静的角落，{prop}，一圈柔光", "a warm, quiet corner with {prop} and a soft pool of light"),
            camera: ("平视，稍近", "eye level, a step closer"),
            product: ("居中，约占四成半高", "in the middle, a little under half the height"),
            percent: 45,
        },
        Dimension::BrandStory => Shot {
            scene: (
                "有故事感的远景：{prop}，大片空白，远处有光",
                "a mood picture with {prop}, wide empty space and distant light",
            ),
            camera: ("远景，低视点", "wide view from a low point"),
            product: ("很小，约占四分之一高", "small, about a quarter of the height"),
            percent: 28,
        },
        Dimension::Specifications => Shot {
            scene: (
                "平整的浅渐变底面，几乎无纹理，一边有柔光",
                "a flat ground in a faint gradient, nearly without texture, soft light along one edge",
            ),
            camera: ("正面，无透视", "straight on, no perspective"),
            product: ("整体可见，约占三分之一高", "whole, about a third of the height"),
            percent: 36,
        },
        Dimension::Guide => Shot {
            scene: ("明亮整洁的台面，四周留出空位", "a bright, tidy surface with free room around"),
            camera: ("正上方俯拍", "from directly above"),
            product: ("约占三成高", "about three tenths of the height"),
            percent: 30,
        },
    }
}

/// What may stand beside a product of this category without saying anything about it.
const fn prop(category: Category) -> Words {
    match category {
        Category::Food => ("素色餐具与餐布", "plain tableware and a folded napkin"),
        Category::Beauty => ("水珠与一枝绿叶", "water drops and one green sprig"),
        Category::Apparel => ("木衣架与叠好的素布", "a wooden hanger and folded plain cloth"),
        Category::ShoesBags => ("一道斜影与石阶边缘", "a slanting shadow and a stone edge"),
        Category::Jewelry => ("缎带与柔和倒影", "a satin ribbon and soft reflections"),
        Category::Electronics => ("细光带与几何台阶", "a thin band of light and geometric steps"),
        Category::Home => ("亚麻布与陶罐", "linen and an earthen jar"),
        Category::Appliance => ("白瓷砖与一盆绿植", "white tiles and a potted plant"),
        Category::Pet => ("软垫与一缕阳光", "a cushion and a patch of sun"),
        Category::Baby => ("积木与棉布", "wooden blocks and cotton cloth"),
        Category::Sports => ("场地标线与晨雾", "floor markings and morning haze"),
        Category::Health => ("一杯清水与晨光", "a glass of water and morning light"),
        Category::Tools => ("木屑与台虎钳", "wood shavings and a bench vice"),
        Category::Garden => ("嫩叶与陶盆", "young leaves and a clay pot"),
        Category::Other => ("简单的几何体", "simple geometric solids"),
    }
}
