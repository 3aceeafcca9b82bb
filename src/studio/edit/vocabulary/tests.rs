//! Prompts and what comes of them: the list that people may rely on.

use super::*;
use ReferenceUse::{Background as AsBackground, Inset as AsInset, Logo as AsLogo, Palette as AsPalette};

fn light(brightness: i32) -> Development {
    Development { brightness, ..Development::default() }
}

/// An intent as a short line, so that a table stays a table.
fn told(intent: &Intent) -> String {
    match intent {
        Intent::Words(subject, text, None) => format!("{subject:?}={text}"),
        Intent::Words(subject, text, Some(is_english)) => {
            format!("{subject:?}[{}]={text}", if *is_english { "en" } else { "zh" })
        }
        Intent::Swap(was, is) => format!("{was}→{is}"),
        Intent::Line(text) => format!("+{text}"),
        Intent::Hide(subject) => format!("-{subject:?}"),
        Intent::HideWords(words) => format!("-「{words}」"),
        Intent::Language(is_english) => (if *is_english { "only en" } else { "only zh" }).to_owned(),
        Intent::Colour(_) => "colour".to_owned(),
        Intent::Vividness(factor) => format!("colours {}", sign(*factor, 1.0)),
        Intent::Accent(_) => "accent".to_owned(),
        Intent::TitleColour(_) => "title colour".to_owned(),
        Intent::GroundColour(_) => "ground colour".to_owned(),
        Intent::Mood(mood) => format!("{mood:?}"),
        Intent::Ground(ground) => format!("on {ground:?}"),
        Intent::Develop(wanted) => developed("", *wanted),
        Intent::Backdrop(wanted) => developed("behind ", *wanted),
        Intent::TypeSize(factor) => format!("type {}", sign(*factor, 1.0)),
        Intent::TitleSize(factor) => format!("title {}", sign(*factor, 1.0)),
        Intent::ProductSize(factor) => format!("product {}", sign(*factor, 1.0)),
        Intent::ProductMove(right, down) => format!("move {}{}", sign(*right, 0.0), sign(*down, 0.0)),
        Intent::ProductCentre => "centre".to_owned(),
        Intent::Reference(used) => format!("reference {used:?}"),
    }
}

fn sign(value: f32, zero: f32) -> &'static str {
    if value > zero + 0.001 {
        "+"
    } else if value < zero - 0.001 {
        "-"
    } else {
        "0"
    }
}

fn developed(scope: &str, wanted: Development) -> String {
    let parts = [
        ("light", wanted.brightness),
        ("contrast", wanted.contrast),
        ("saturation", wanted.saturation),
        ("sharp", wanted.sharpness),
        ("warmth", wanted.warmth),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(_, value)| *value != 0)
        .map(|(name, value)| format!("{name}{}", sign(*value as f32, 0.0)))
        .collect();
    format!("{scope}{}", told.join(" "))
}

/// What a prompt for the whole picture comes to; refusals begin with an exclamation mark.
fn outcome(prompt: &str) -> String {
    match read(prompt) {
        Ok(intents) => intents.iter().map(told).collect::<Vec<_>>().join("; "),
        Err(EditRefusal::Unknown(part)) => format!("!unknown {part}"),
        Err(EditRefusal::NeedsModel(scene)) => format!("!scene {scene}"),
        Err(EditRefusal::NoWords) => "!no words".to_owned(),
        Err(EditRefusal::WordsStay(_)) => "!words stay".to_owned(),
        Err(EditRefusal::NeedsBrush(_)) => "!brush".to_owned(),
        Err(other) => format!("!{other:?}"),
    }
}

#[test]
fn prompts_and_what_comes_of_them() {
    let table = [
        // Words.
        ("标题改为「山野咖啡」", "Title=山野咖啡"),
        ("把标题换成“夏日限定”", "Title=夏日限定"),
        ("标题改成山野咖啡", "Title=山野咖啡"),
        ("请帮我把主标题修改为：新品上市", "Title=新品上市"),
        ("Change the title to \"Mountain Coffee\"", "Title=Mountain Coffee"),
        ("change the headline to Summer Sale", "Title=Summer Sale"),
        ("标语改为「慢一点，刚刚好」", "Slogan=慢一点，刚刚好"),
        ("英文标题改为「Mountain Coffee」", "Title[en]=Mountain Coffee"),
        ("品牌改成“山止”", "Brand=山止"),
        ("按钮文字改成「马上抢购」", "Button=马上抢购"),
        ("把「380 mL」改成「500 mL」", "380 mL→500 mL"),
        ("replace \"Stoneware\" with \"Ceramic\"", "Stoneware→Ceramic"),
        ("加一行文字「限时8折」", "+限时8折"),
        ("加上价格￥99", "+￥99"),
        ("add the price $19.99", "+$19.99"),
        ("价格改为¥129", "+¥129"),
        ("删除标语", "-Slogan"),
        ("去掉按钮", "-Button"),
        ("不要价格", "-Price"),
        ("remove the button", "-Button"),
        ("去掉「温和不刺激」", "-「温和不刺激」"),
        ("去掉英文", "only zh"),
        ("文字改成英文", "only en"),
        ("对比度高一点", "contrast+"),
        ("饱和度低一些", "saturation-"),
        ("make the text English", "only en"),
        ("标题更大", "title +"),
        ("标题改小一点", "title -"),
        ("文字大一点", "type +"),
        ("make the text bigger", "type +"),
        ("标题改成红色", "title colour"),
        // Colours.
        ("换成蓝色", "colour"),
        ("整体改成墨绿色调", "colour"),
        ("主色换成#1e90ff", "colour"),
        ("change the colours to pink", "colour"),
        ("背景换成米白色", "ground colour"),
        ("make the background #0a2540", "ground colour"),
        ("按钮改成橙色", "accent"),
        ("暖一点", "Warm"),
        ("冷色调", "Cool"),
        ("复古风格", "Vintage"),
        ("黑金风格", "BlackGold"),
        ("莫兰迪配色", "Morandi"),
        ("赛博朋克风", "Cyber"),
        ("小清新", "Fresh"),
        ("make it look vintage", "Vintage"),
        ("black and gold style", "BlackGold"),
        ("a warmer look, please", "Warm"),
        // Light.
        ("亮一点", "light+"),
        ("调暗一些", "light-"),
        ("提高对比度", "contrast+"),
        ("降低饱和度", "saturation-"),
        ("画面更鲜艳", "saturation+"),
        ("颜色鲜艳一些", "colours +; saturation+"),
        ("make the colours more vivid", "colours +; saturation+"),
        ("配色素雅一些", "colours -; saturation-"),
        ("锐化", "sharp+"),
        ("柔和一点", "sharp-"),
        ("brighter and more contrast", "light+; contrast+"),
        ("make the picture darker", "light-"),
        ("不要太暗", "light+"),
        ("背景亮一点", "behind light+"),
        ("背景虚化", "behind sharp-"),
        ("光线暖一点", "Warm"),
        ("光线柔和一些", "contrast-"),
        ("灯光亮一点", "light+"),
        ("warmer light", "Warm"),
        ("softer lighting", "contrast-"),
        ("add more light", "light+"),
        ("整体颜色再深一点", "light-"),
        ("换成黑白效果", "saturation-"),
        ("turn it black and white", "saturation-"),
        ("高级一点", "Premium"),
        ("高端大气", "Premium"),
        ("更有质感", "Premium"),
        ("make it more elegant", "Premium"),
        ("简约一点", "Light"),
        ("清爽一点", "Fresh"),
        ("更有科技感", "Tech"),
        ("整体偏蓝", "colour"),
        ("背景换成浅灰色", "ground colour"),
        ("make the background light grey", "ground colour"),
        ("节日气氛", "on Festive"),
        ("圣诞节氛围", "on Festive"),
        ("产品放大一倍", "product +"),
        ("make the product half the size", "product -"),
        ("去掉阴影", "-Shadow"),
        ("remove the shadow", "-Shadow"),
        // Backgrounds.
        ("背景换成大理石", "on Marble"),
        ("木纹背景", "on Wood"),
        ("背景改成纯色", "on Plain"),
        ("背景用渐变", "on Gradient"),
        ("use a marble background", "on Marble"),
        ("change the background to wood", "on Wood"),
        ("studio background", "on Studio"),
        ("节日背景", "on Festive"),
        ("背景换成蓝色渐变", "on Gradient; ground colour"),
        // Places.
        ("产品放大", "product +"),
        ("产品缩小20%", "product -"),
        ("产品左移一点", "move -0"),
        ("move the product to the right", "move +0"),
        ("产品往上移", "move 0-"),
        ("产品居中", "centre"),
        ("多一些留白", "product -"),
        ("make the product bigger", "product +"),
        // The reference picture.
        ("用参考图作为背景", "reference Background"),
        ("参考图的配色", "reference Palette"),
        ("把参考图贴图到海报上", "reference Inset"),
        ("add the reference image as a logo", "reference Logo"),
        // Several wishes.
        ("标题改为「山野咖啡」，背景换成大理石，产品放大", "Title=山野咖啡; on Marble; product +"),
        ("标题改为「新年快乐」，再大一点", "Title=新年快乐; title +"),
        ("换成蓝色，不要改标题", "colour"),
        ("make it warmer but keep the product unchanged", "Warm"),
        ("亮一点，其他不变", "light+"),
        // What is no wish, or none that can be done here.
        ("不要改标题", "!unknown 不要改标题"),
        ("don't change anything", "!unknown don't change anything"),
        ("背景换成森林", "!scene 森林"),
        ("put it on a beach", "!scene beach"),
        ("把背景换成城市夜景", "!scene 城市"),
        ("加一只猫", "!unknown 一只猫"),
        ("add a dragon behind the product", "!unknown dragon behind"),
        ("标题改为「A」，再加一只猫", "!unknown 一只猫"),
        ("让模特拿着产品", "!unknown 模特拿着"),
        ("产品换成蓝色", "!brush"),
        ("make the product red", "!brush"),
        ("标题改一下", "!no words"),
        ("文字往上移", "!words stay"),
        ("只保留中文", "only zh"),
        ("keep only the English text", "only en"),
        ("背景换成大理石，保留中文", "on Marble"),
        ("move the title to the left", "!words stay"),
        ("标题居中", "!words stay"),
        ("打马赛克", "!brush"),
        ("你好", "!unknown 你"),
        ("换成阿凡达的样子", "!unknown 阿凡达样子"),
    ];
    assert!(table.len() >= 60);
    let wrong: Vec<String> = table
        .iter()
        .filter(|(prompt, expected)| outcome(prompt) != *expected)
        .map(|(prompt, expected)| format!("{prompt}: {} instead of {expected}", outcome(prompt)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn brushes_and_what_they_do() {
    let stroke = |prompt: &str, has_reference| match read_brush(prompt, has_reference) {
        Ok(strokes) => format!("{strokes:?}"),
        Err(refusal) => format!("!{refusal:?}"),
    };
    for remove in ["去掉", "消除这个水印", "去掉这里的文字", "remove the cup", "erase it", "把这块删掉", "不要这个"]
    {
        assert_eq!(stroke(remove, false), "[Remove]", "{remove}");
    }
    assert!(stroke("变成红色", false).starts_with("[Recolour"));
    assert!(stroke("recolour it blue", false).starts_with("[Recolour"));
    assert_eq!(stroke("模糊", false), "[Blur(1.0)]");
    assert_eq!(stroke("打马赛克", false), "[Mosaic]");
    assert_eq!(stroke("pixelate this", false), "[Mosaic]");
    assert_eq!(read_brush("提亮", false), Ok(vec![Stroke::Develop(light(24))]));
    assert_eq!(read_brush("make it darker", false), Ok(vec![Stroke::Develop(light(-24))]));
    assert_eq!(stroke("替换成参考图", true), "[Replace]");
    assert_eq!(stroke("replace it with the reference", true), "[Replace]");
    assert_eq!(stroke("替换成参考图", false), "!NoReference");
    assert!(stroke("画一只猫", false).starts_with("!Unknown"));
    assert!(stroke("换成森林", false).starts_with('!'));
    assert!(stroke("标题改为「A」", false).starts_with('!'));
}

#[test]
fn amounts_are_read() {
    let of = |prompt: &str| match &read(prompt).expect(prompt)[..] {
        [Intent::Develop(wanted)] => wanted.brightness as f32,
        [Intent::ProductSize(factor)] => *factor,
        other => panic!("{prompt}: {other:?}"),
    };
    assert!(of("稍微亮一点") < of("亮一些") && of("亮一些") < of("亮很多"));
    assert!((of("提亮30%") - 30.0).abs() < 1.0);
    assert!((of("产品放大1.5倍") - 1.5).abs() < 0.001);
    assert!((of("产品放大20%") - 1.2).abs() < 0.001);
    assert!((of("产品缩小20%") - 1.0 / 1.2).abs() < 0.001);
    assert_eq!(read("参考图作为背景"), Ok(vec![Intent::Reference(AsBackground)]));
    assert_eq!(read("参考图取色"), Ok(vec![Intent::Reference(AsPalette)]));
    assert_eq!(read("贴图：参考图"), Ok(vec![Intent::Reference(AsInset)]));
    assert_eq!(read("用参考图做logo"), Ok(vec![Intent::Reference(AsLogo)]));
}
