//! The ten poster dimensions of a set, in the catalogue's fixed order.

use serde::{Deserialize, Serialize};

/// One of the ten posters a set can hold.
///
/// The index (0–9) is the catalogue number less one and is kept in file names even when a seller
/// skips dimensions: `02-prime.jpg` is always 03 概念可视化.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Dimension {
    /// 01 主KV视觉: the click and the memory point.
    Hero,
    /// 02 生活场景: where and for whom.
    Lifestyle,
    /// 03 概念可视化: why it works.
    Concept,
    /// 04 细节特写: design.
    DetailDesign,
    /// 05 细节特写: material.
    DetailMaterial,
    /// 06 细节特写: function.
    DetailFunction,
    /// 07 细节特写: trust.
    DetailTrust,
    /// 08 品牌故事.
    BrandStory,
    /// 09 产品参数.
    Specifications,
    /// 10 使用指南.
    Guide,
}

/// How many dimensions there are.
pub const DIMENSION_COUNT: usize = 10;

impl Dimension {
    /// All dimensions in the catalogue's order.
    pub const ALL: [Self; DIMENSION_COUNT] = [
        Self::Hero,
        Self::Lifestyle,
        Self::Concept,
        Self::DetailDesign,
        Self::DetailMaterial,
        Self::DetailFunction,
        Self::DetailTrust,
        Self::BrandStory,
        Self::Specifications,
        Self::Guide,
    ];

    /// The dimension with this 0-based index, if there is one.
    pub fn from_index(index: i32) -> Option<Self> {
        usize::try_from(index).ok().and_then(|i| Self::ALL.get(i).copied())
    }

    /// The 0-based index, 0–9: the number in file names.
    pub const fn index(self) -> i32 {
        self as i32
    }

    /// The catalogue number as people see it: `"01"` … `"10"`.
    pub fn number(self) -> String {
        format!("{:02}", self.index() + 1)
    }

    /// The stable code used in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hero => "HERO",
            Self::Lifestyle => "LIFESTYLE",
            Self::Concept => "CONCEPT",
            Self::DetailDesign => "DETAIL_DESIGN",
            Self::DetailMaterial => "DETAIL_MATERIAL",
            Self::DetailFunction => "DETAIL_FUNCTION",
            Self::DetailTrust => "DETAIL_TRUST",
            Self::BrandStory => "BRAND_STORY",
            Self::Specifications => "SPECIFICATIONS",
            Self::Guide => "GUIDE",
        }
    }

    /// The title in Chinese and in English.
    pub const fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::Hero => ("主KV视觉", "Key Visual"),
            Self::Lifestyle => ("生活场景", "Lifestyle Scene"),
            Self::Concept => ("概念可视化", "Concept"),
            Self::DetailDesign => ("细节特写 · 设计", "Detail: Design"),
            Self::DetailMaterial => ("细节特写 · 材质", "Detail: Material"),
            Self::DetailFunction => ("细节特写 · 功能", "Detail: Function"),
            Self::DetailTrust => ("细节特写 · 信任", "Detail: Trust"),
            Self::BrandStory => ("品牌故事", "Brand Story"),
            Self::Specifications => ("产品参数", "Specifications"),
            Self::Guide => ("使用指南", "User Guide"),
        }
    }

    /// What the poster is for, in Chinese and in English: one line under its title in the picker.
    pub const fn purposes(self) -> (&'static str, &'static str) {
        match self {
            Self::Hero => ("第一眼点击与记忆点", "The first click and the memory point"),
            Self::Lifestyle => ("在哪里用、给谁用", "Where it is used, and by whom"),
            Self::Concept => ("讲清楚它为什么好用", "Why it works"),
            Self::DetailDesign => ("设计亮点近看", "The design, up close"),
            Self::DetailMaterial => ("材质与触感", "Material and texture"),
            Self::DetailFunction => ("功能部位与细节", "The parts that do the work"),
            Self::DetailTrust => ("打消顾虑，放心下单", "Reassurance before the order"),
            Self::BrandStory => ("品牌记忆与态度", "What the brand stands for"),
            Self::Specifications => ("参数对比，帮助决策", "Facts to decide and compare"),
            Self::Guide => ("一步一步正确使用", "How to use it, step by step"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_and_dimension_are_inverse() {
        for (position, dimension) in Dimension::ALL.into_iter().enumerate() {
            assert_eq!(usize::try_from(dimension.index()), Ok(position));
            assert_eq!(Dimension::from_index(dimension.index()), Some(dimension));
        }
        assert_eq!(Dimension::from_index(-1), None);
        assert_eq!(Dimension::from_index(10), None);
        assert_eq!(Dimension::Hero.number(), "01");
        assert_eq!(Dimension::Guide.number(), "10");
    }
}
