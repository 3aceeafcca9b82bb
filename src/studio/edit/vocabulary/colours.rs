//! Names of colours and moods.

use super::super::{Hex, PaletteChange};
use crate::imaging::Oklch;

/// Colours by name, the longer names before those that they contain.
const NAMED: [(&str, [u8; 3]); 64] = [
    ("马卡龙粉", [247, 202, 208]),
    ("克莱因蓝", [0, 47, 167]),
    ("蒂芙尼蓝", [129, 216, 208]),
    ("薄荷绿", [152, 216, 190]),
    ("墨绿", [27, 77, 62]),
    ("森林绿", [34, 87, 54]),
    ("草绿", [124, 179, 66]),
    ("橄榄绿", [107, 112, 55]),
    ("抹茶", [140, 166, 96]),
    ("天蓝", [126, 190, 230]),
    ("浅蓝", [158, 203, 237]),
    ("深蓝", [20, 44, 92]),
    ("藏青", [24, 38, 66]),
    ("宝蓝", [30, 78, 176]),
    ("浅绿", [170, 215, 170]),
    ("深绿", [24, 77, 51]),
    ("浅粉", [250, 214, 220]),
    ("玫红", [199, 39, 103]),
    ("酒红", [110, 20, 40]),
    ("大红", [206, 32, 41]),
    ("中国红", [190, 28, 36]),
    ("砖红", [160, 70, 50]),
    ("橘红", [226, 88, 44]),
    ("珊瑚", [248, 131, 113]),
    ("香槟", [240, 220, 184]),
    ("米白", [247, 241, 228]),
    ("米色", [238, 226, 204]),
    ("驼色", [190, 150, 106]),
    ("卡其", [195, 176, 145]),
    ("咖啡色", [98, 66, 44]),
    ("棕", [120, 78, 48]),
    ("褐", [110, 70, 44]),
    ("金", [212, 172, 84]),
    ("银", [196, 200, 206]),
    ("淡紫", [205, 190, 232]),
    ("深紫", [62, 32, 98]),
    ("紫", [124, 77, 190]),
    ("青", [0, 150, 160]),
    ("橙", [240, 135, 40]),
    ("橘", [240, 135, 40]),
    ("黄", [246, 205, 60]),
    ("粉", [240, 160, 178]),
    ("红", [206, 42, 48]),
    ("蓝", [40, 104, 196]),
    ("绿", [52, 140, 84]),
    ("灰", [150, 152, 156]),
    ("黑", [22, 22, 24]),
    ("白", [255, 255, 255]),
    ("navy", [24, 38, 66]),
    ("sky blue", [126, 190, 230]),
    ("light blue", [158, 203, 237]),
    ("mint", [152, 216, 190]),
    ("burgundy", [110, 20, 40]),
    ("beige", [238, 226, 204]),
    ("cream", [247, 241, 228]),
    ("teal", [0, 140, 140]),
    ("purple", [124, 77, 190]),
    ("orange", [240, 135, 40]),
    ("yellow", [246, 205, 60]),
    ("pink", [240, 160, 178]),
    ("green", [52, 140, 84]),
    ("blue", [40, 104, 196]),
    ("red", [206, 42, 48]),
    ("gold", [212, 172, 84]),
];

/// The first colour that a text names.
pub(in crate::studio::edit) fn colour_named(text: &str) -> Option<[u8; 3]> {
    let text = text.to_lowercase();
    NAMED.iter().find(|(name, _)| text.contains(name)).map(|(_, rgb)| *rgb)
}

/// The colours of a poster that is to be of one colour: its ground is a light or a deep form of it.
pub(in crate::studio::edit) fn palette_of(colour: Hex) -> PaletteChange {
    let own = Oklch::from_rgb(colour.0);
    let made = |l: f32, c: f32| Hex(Oklch { l, c, h: own.h }.to_rgb());
    if own.l < 0.34 {
        // A deep colour is the ground itself.
        return PaletteChange { ground: colour, accent: made(0.82, (own.c * 1.1).clamp(0.02, 0.12)) };
    }
    if own.c < 0.03 {
        return PaletteChange { ground: made(own.l.clamp(0.86, 0.975), own.c), accent: made(0.34, own.c) };
    }
    PaletteChange {
        ground: made(0.90, (own.c * 0.38).clamp(0.022, 0.062)),
        accent: made(0.45, own.c.clamp(0.07, 0.16)),
    }
}
