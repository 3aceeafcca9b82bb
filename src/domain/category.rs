//! Kinds of products.

use serde::{Deserialize, Serialize};

/// The kind of product, which chooses tone, scenes, templates and fall-back phrases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Food and drink.
    Food,
    /// Skin care, make-up, hair and body care.
    Beauty,
    /// Clothing.
    Apparel,
    /// Shoes, bags and luggage.
    ShoesBags,
    /// Jewellery, watches without electronics, accessories.
    Jewelry,
    /// Phones, computers, audio, wearables.
    Electronics,
    /// Tableware, furniture, textiles, decoration.
    Home,
    /// Household and kitchen appliances.
    Appliance,
    /// Food and goods for pets.
    Pet,
    /// Mother, baby and toys.
    Baby,
    /// Sports and outdoors.
    Sports,
    /// Supplements and personal health goods.
    Health,
    /// Tools, hardware, car and office goods.
    Tools,
    /// Plants and gardening.
    Garden,
    /// Nothing above matched.
    Other,
}

impl Category {
    /// Every category, in declaration order.
    pub const ALL: [Self; 15] = [
        Self::Food,
        Self::Beauty,
        Self::Apparel,
        Self::ShoesBags,
        Self::Jewelry,
        Self::Electronics,
        Self::Home,
        Self::Appliance,
        Self::Pet,
        Self::Baby,
        Self::Sports,
        Self::Health,
        Self::Tools,
        Self::Garden,
        Self::Other,
    ];

    /// The stable code, equal to the stored form.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Food => "food",
            Self::Beauty => "beauty",
            Self::Apparel => "apparel",
            Self::ShoesBags => "shoes_bags",
            Self::Jewelry => "jewelry",
            Self::Electronics => "electronics",
            Self::Home => "home",
            Self::Appliance => "appliance",
            Self::Pet => "pet",
            Self::Baby => "baby",
            Self::Sports => "sports",
            Self::Health => "health",
            Self::Tools => "tools",
            Self::Garden => "garden",
            Self::Other => "other",
        }
    }

    /// Its English name, which stands in a poster's corner where the seller names no brand. The product's own
    /// noun would stand there twice: it is the line above the headline.
    pub const fn title_en(self) -> Option<&'static str> {
        Some(match self {
            Self::Food => "Food & Drink",
            Self::Beauty => "Beauty & Care",
            Self::Apparel => "Apparel",
            Self::ShoesBags => "Shoes & Bags",
            Self::Jewelry => "Jewelry",
            Self::Electronics => "Electronics",
            Self::Home => "Home & Living",
            Self::Appliance => "Home Appliances",
            Self::Pet => "Pet Supplies",
            Self::Baby => "Baby & Toys",
            Self::Sports => "Sports & Outdoors",
            Self::Health => "Health",
            Self::Tools => "Tools",
            Self::Garden => "Plants & Garden",
            Self::Other => return None,
        })
    }

    /// Reads a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_equal_the_stored_form() {
        for category in Category::ALL {
            assert_eq!(Category::from_code(category.code()), Some(category));
            assert_eq!(serde_json::to_value(category).unwrap(), category.code());
        }
        assert_eq!(Category::from_code("spaceship"), None);
    }
}
