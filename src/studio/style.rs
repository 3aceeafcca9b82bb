//! The look of a set where the seller left it open: category and colours decide.

use crate::{
    domain::{BilingualLayout, SetStyle, StyleChoice, TypographyStyle, VisualStyle, report::Category},
    imaging::{Oklch, ProductPalette},
};

/// Settles the look: what was chosen stays, the rest follows from the product.
pub(super) fn settle(choice: StyleChoice, category: Category, palette: &ProductPalette) -> SetStyle {
    let visual = choice.visual.unwrap_or_else(|| visual_for(category, palette));
    SetStyle {
        visual,
        typography: choice.typography.unwrap_or_else(|| typography_for(visual)),
        layout: choice.layout.unwrap_or(BilingualLayout::Stacked),
    }
}

/// The visual style that a category is usually sold in, bent by how dark and how coloured the
/// product is.
fn visual_for(category: Category, palette: &ProductPalette) -> VisualStyle {
    let share_dark: f32 =
        palette.swatches.iter().filter(|swatch| Oklch::from_rgb(swatch.rgb).l < 0.35).map(|swatch| swatch.share).sum();
    match category {
        Category::Electronics | Category::Tools | Category::Sports => {
            if share_dark > 0.35 {
                VisualStyle::Tech
            } else {
                VisualStyle::Minimal
            }
        }
        Category::Appliance | Category::Health => VisualStyle::Minimal,
        Category::Beauty | Category::Apparel | Category::ShoesBags | Category::Jewelry | Category::Other => {
            VisualStyle::Magazine
        }
        Category::Food | Category::Garden | Category::Home => VisualStyle::Organic,
        Category::Pet | Category::Baby => VisualStyle::Watercolor,
    }
}

/// The typography that belongs to a visual style.
const fn typography_for(visual: VisualStyle) -> TypographyStyle {
    match visual {
        VisualStyle::Magazine | VisualStyle::Vintage => TypographyStyle::Serif,
        VisualStyle::Watercolor | VisualStyle::Organic => TypographyStyle::Handwritten,
        VisualStyle::Tech => TypographyStyle::Glass,
        VisualStyle::Minimal => TypographyStyle::Thin,
        VisualStyle::Cyber => TypographyStyle::Neon,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_stands_and_the_rest_follows_the_product() {
        let palette =
            ProductPalette { swatches: Vec::new(), seed: [150, 90, 40], is_neutral: false, mean_lightness: 0.5 };
        let chosen = StyleChoice { visual: Some(VisualStyle::Cyber), ..StyleChoice::default() };
        assert_eq!(settle(chosen, Category::Beauty, &palette).visual, VisualStyle::Cyber);
        assert_eq!(settle(chosen, Category::Beauty, &palette).typography, TypographyStyle::Neon);
        let open = settle(StyleChoice::default(), Category::Beauty, &palette);
        assert_eq!((open.visual, open.typography), (VisualStyle::Magazine, TypographyStyle::Serif));
    }
}
