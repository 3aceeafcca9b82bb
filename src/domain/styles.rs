//! The catalogue of looks: seven visual styles, six typography styles, three bilingual layouts
//! and six formats, with the names people see.

use serde::{Deserialize, Serialize};

/// Declares a closed catalogue enum with its stable codes and bilingual titles.
macro_rules! catalogue {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $code:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $code)] $variant,)+ }

        impl $name {
            /// Every member, in the order clients show them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code used in the API and in stored rows.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Reads a stored code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The title in Chinese and in English.
            pub const fn titles(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($zh, $en)),+ }
            }
        }
    };
}

catalogue! {
    /// The overall look of a set: light, background and ornament.
    VisualStyle {
        /// Editorial, generous white space, paper and hairlines.
        Magazine = "MAGAZINE", "杂志编辑", "Magazine";
        /// Washes with darker edges on paper fibre.
        Watercolor = "WATERCOLOR", "水彩艺术", "Watercolour";
        /// Cool geometry, thin grids, rim light.
        Tech = "TECH", "科技未来", "Tech";
        /// Film grain, warm light, white frames.
        Vintage = "VINTAGE", "复古胶片", "Vintage film";
        /// One line, one circle, and air.
        Minimal = "MINIMAL", "极简北欧", "Nordic minimal";
        /// Neon on night.
        Cyber = "CYBER", "霓虹赛博", "Cyber neon";
        /// Earth tones, leaf shadows, kraft.
        Organic = "ORGANIC", "自然有机", "Organic";
    }
}

catalogue! {
    /// How the words are drawn.
    TypographyStyle {
        /// Heavy serif headlines with thin rules.
        Serif = "SERIF", "粗衬线大标题", "Bold serif";
        /// Translucent cards with soft corners.
        Glass = "GLASS", "玻璃拟态", "Glass cards";
        /// Metallic depth.
        Embossed = "EMBOSSED", "3D 浮雕", "Embossed";
        /// Brush and pen.
        Handwritten = "HANDWRITTEN", "手写体", "Handwritten";
        /// Bold sans with an outlined glow.
        Neon = "NEON", "霓虹发光", "Neon glow";
        /// Hairline weights and precise alignment.
        Thin = "THIN", "极细线条", "Thin lines";
    }
}

catalogue! {
    /// How Chinese and English share a poster; one layout for a whole set.
    BilingualLayout {
        /// Chinese above, English smaller below.
        Stacked = "STACKED", "上下堆叠", "Stacked";
        /// `中文 | ENGLISH` on one line.
        Parallel = "PARALLEL", "左右并列", "Parallel";
        /// Chinese top left, English bottom right.
        Separated = "SEPARATED", "对角分离", "Separated";
    }
}

catalogue! {
    /// The poster's proportions.
    PosterFormat {
        /// 1080 × 1920, the default.
        Portrait9x16 = "PORTRAIT_9_16", "竖版 9:16", "Portrait 9:16";
        /// 1080 × 1440.
        Portrait3x4 = "PORTRAIT_3_4", "竖版 3:4", "Portrait 3:4";
        /// 1080 × 1350.
        Portrait4x5 = "PORTRAIT_4_5", "竖版 4:5", "Portrait 4:5";
        /// 1080 × 1080.
        Square1x1 = "SQUARE_1_1", "方形 1:1", "Square 1:1";
        /// 1440 × 1080.
        Landscape4x3 = "LANDSCAPE_4_3", "横版 4:3", "Landscape 4:3";
        /// 1920 × 1080.
        Landscape16x9 = "LANDSCAPE_16_9", "横版 16:9", "Landscape 16:9";
    }
}

impl PosterFormat {
    /// Width × height of the rendered poster, in pixels.
    pub const fn size(self) -> (u32, u32) {
        match self {
            Self::Portrait9x16 => (1080, 1920),
            Self::Portrait3x4 => (1080, 1440),
            Self::Portrait4x5 => (1080, 1350),
            Self::Square1x1 => (1080, 1080),
            Self::Landscape4x3 => (1440, 1080),
            Self::Landscape16x9 => (1920, 1080),
        }
    }
}

/// What the seller asked for; what is `None` is chosen from the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StyleChoice {
    /// The visual style, if the seller chose one.
    pub visual: Option<VisualStyle>,
    /// The typography style, if the seller chose one.
    pub typography: Option<TypographyStyle>,
    /// The bilingual layout, if the seller chose one.
    pub layout: Option<BilingualLayout>,
}

/// The style a whole set is made in, once it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SetStyle {
    /// The visual style.
    pub visual: VisualStyle,
    /// The typography style.
    pub typography: TypographyStyle,
    /// The bilingual layout.
    pub layout: BilingualLayout,
}
