//! Names of colours and moods.

use super::{
    super::{Hex, PaletteChange},
    lexicon::Mood,
};
use crate::imaging::Oklch;

/// Colours by name, the longer names before those that they contain.
pub(super) const NAMED: &[(&str, [u8; 3])] = &[
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
    ("浅灰", [222, 223, 225]),
    ("淡灰", [222, 223, 225]),
    ("深灰", [70, 72, 76]),
    ("浅黄", [250, 236, 170]),
    ("米黄", [244, 228, 188]),
    ("浅紫", [205, 190, 232]),
    ("浅棕", [196, 164, 130]),
    ("深棕", [74, 48, 32]),
    ("深红", [122, 18, 28]),
    ("奶白", [250, 246, 238]),
    ("象牙白", [250, 246, 232]),
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
    ("light grey", [222, 223, 225]),
    ("light gray", [222, 223, 225]),
    ("dark grey", [70, 72, 76]),
    ("dark gray", [70, 72, 76]),
    ("charcoal", [58, 60, 64]),
    ("off-white", [250, 246, 238]),
    ("ivory", [250, 246, 232]),
    ("light yellow", [250, 236, 170]),
    ("light purple", [205, 190, 232]),
    ("dark purple", [62, 32, 98]),
    ("dark red", [122, 18, 28]),
    ("dark brown", [74, 48, 32]),
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
    ("golden", [212, 172, 84]),
    ("silver", [196, 200, 206]),
    ("brown", [120, 78, 48]),
    ("coffee", [98, 66, 44]),
    ("coral", [248, 131, 113]),
    ("lavender", [205, 190, 232]),
    ("turquoise", [64, 196, 190]),
    ("dark blue", [20, 44, 92]),
    ("dark green", [24, 77, 51]),
    ("light green", [170, 215, 170]),
    ("light pink", [250, 214, 220]),
    ("grey", [150, 152, 156]),
    ("gray", [150, 152, 156]),
    ("black", [22, 22, 24]),
    ("white", [255, 255, 255]),
    ("red-orange", [226, 88, 44]),
    ("粉色", [240, 160, 178]),
    ("纯白", [255, 255, 255]),
    ("纯黑", [12, 12, 14]),
    ("正红", [206, 32, 41]),
    ("淡蓝", [158, 203, 237]),
    ("淡绿", [170, 215, 170]),
    ("淡粉", [250, 214, 220]),
    ("淡黄", [250, 236, 170]),
    ("湖蓝", [48, 150, 180]),
    ("薰衣草", [205, 190, 232]),
    ("牛油果绿", [155, 175, 100]),
    ("雾霾蓝", [132, 152, 172]),
    ("豆沙", [190, 120, 116]),
    ("裸", [226, 196, 176]),
];

/// The colours of a poster that is to be of one colour: its ground is a light or a deep form of it.
pub(in crate::studio::edit) fn palette_of(colour: Hex) -> PaletteChange {
    let own = Oklch::from_rgb(colour.0);
    let made = |l: f32, c: f32| Hex(Oklch { l, c, h: own.h }.to_rgb());
    if own.l < 0.41 {
        // A deep colour is the ground itself: nobody who says ink green or burgundy means a pale tint of it.
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

/// The colours of a poster whose ground is to be exactly this; the accent stays as far as it can be read.
pub(in crate::studio::edit) fn on_ground(ground: Hex, accent: [u8; 3]) -> PaletteChange {
    PaletteChange { ground, accent: Hex(accent) }
}

/// The same ground with other buttons and small lines.
pub(in crate::studio::edit) fn accented(ground: [u8; 3], accent: Hex) -> PaletteChange {
    PaletteChange { ground: Hex(ground), accent }
}

/// The same colours stronger or calmer. What is almost grey starts from a first hint of its own hue.
pub(in crate::studio::edit) fn vivid(ground: [u8; 3], accent: [u8; 3], factor: f32) -> PaletteChange {
    let [own, spark] = [ground, accent].map(Oklch::from_rgb);
    let of = |colour: Oklch, hint: f32, most: f32, h: f32| {
        let from = if factor > 1.0 { colour.c.max(hint) } else { colour.c };
        Hex(Oklch { c: (from * factor).min(most), h, ..colour }.to_rgb())
    };
    // The hue of an almost grey ground is noise: it takes that of the accent.
    let ground_hue = if own.c < 0.008 { spark.h } else { own.h };
    let lightness = if factor > 1.0 { own.l.min(0.93) } else { own.l };
    let ground = of(Oklch { l: lightness, ..own }, 0.02, 0.075, ground_hue);
    PaletteChange { ground, accent: of(spark, 0.05, 0.19, spark.h) }
}

/// The colours of a look. Looks that do not say so stay light or dark as the poster is.
pub(in crate::studio::edit) fn mood_palette(mood: Mood, is_dark: bool) -> PaletteChange {
    let (light, dark) = match mood {
        Mood::Warm => ([[247, 233, 214], [158, 78, 36]], [[38, 26, 19], [236, 168, 104]]),
        Mood::Cool => ([[226, 236, 246], [34, 88, 148]], [[15, 25, 42], [126, 190, 245]]),
        Mood::Vintage => ([[233, 218, 186], [122, 54, 34]], [[46, 34, 24], [214, 168, 96]]),
        Mood::BlackGold => ([[20, 18, 15], [216, 178, 104]], [[20, 18, 15], [216, 178, 104]]),
        Mood::Morandi => ([[216, 209, 200], [104, 92, 92]], [[66, 64, 66], [206, 190, 178]]),
        Mood::Cyber => ([[20, 13, 38], [255, 88, 186]], [[20, 13, 38], [255, 88, 186]]),
        Mood::Fresh => ([[229, 243, 232], [32, 116, 84]], [[16, 44, 36], [146, 222, 176]]),
        Mood::Cream => ([[250, 241, 224], [150, 96, 52]], [[250, 241, 224], [150, 96, 52]]),
        Mood::Macaron => ([[252, 228, 233], [176, 72, 118]], [[252, 228, 233], [176, 72, 118]]),
        Mood::Festive => ([[164, 22, 30], [250, 208, 120]], [[120, 14, 22], [250, 208, 120]]),
        Mood::Premium => ([[226, 225, 222], [62, 60, 58]], [[38, 38, 40], [206, 200, 190]]),
        Mood::Autumn => ([[243, 222, 192], [162, 68, 24]], [[52, 28, 16], [240, 158, 78]]),
        Mood::Spring => ([[240, 244, 222], [90, 128, 44]], [[28, 44, 22], [190, 224, 120]]),
        Mood::Summer => ([[218, 241, 246], [0, 112, 138]], [[6, 44, 60], [112, 224, 232]]),
        Mood::Winter => ([[233, 240, 246], [56, 84, 124]], [[22, 32, 48], [190, 214, 240]]),
        Mood::Dark => ([[24, 25, 28], [222, 196, 150]], [[24, 25, 28], [222, 196, 150]]),
        Mood::Tech => ([[10, 22, 46], [84, 208, 255]], [[10, 22, 46], [84, 208, 255]]),
        Mood::Light => ([[247, 246, 243], [84, 78, 72]], [[247, 246, 243], [84, 78, 72]]),
    };
    let [ground, accent] = if is_dark { dark } else { light };
    PaletteChange { ground: Hex(ground), accent: Hex(accent) }
}
