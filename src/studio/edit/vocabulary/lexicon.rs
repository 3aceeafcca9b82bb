//! The words that are known, in Chinese and in English.

mod looks;

use super::super::{Ground, Hex};

/// What an edit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::studio::edit) enum Subject {
    Title,
    Slogan,
    Brand,
    Name,
    Spec,
    Price,
    Button,
    Points,
    Detail,
    Story,
    Table,
    Steps,
    Cautions,
    Scenes,
    /// All words.
    Text,
    Product,
    Background,
    /// The colours as such.
    Colours,
    /// The picture as a whole.
    Whole,
    Logo,
    /// What the product throws on its ground, the sheen on a polished one included.
    Shadow,
}

impl Subject {
    /// Whether it is a line of words.
    pub(in crate::studio::edit) const fn is_words(self) -> bool {
        !matches!(self, Self::Product | Self::Background | Self::Colours | Self::Whole | Self::Logo | Self::Shadow)
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Change,
    Remove,
    Add,
    Blur,
    Mosaic,
    Replace,
    Keep,
    /// A negation: what follows is not to be done, or not to be there.
    Not,
}

/// What of a picture's light is to be more or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::studio::edit) enum Axis {
    Brightness,
    Contrast,
    Saturation,
    Sharpness,
    Warmth,
}

/// A look that people have one word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::studio::edit) enum Mood {
    Warm,
    Cool,
    Vintage,
    BlackGold,
    Morandi,
    Cyber,
    Fresh,
    Cream,
    Macaron,
    Festive,
    Premium,
    Autumn,
    Spring,
    Summer,
    Winter,
    Dark,
    Light,
    Tech,
}

/// One understood piece of a prompt.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Subject(Subject),
    Verb(Verb),
    Colour(Hex),
    Mood(Mood),
    Light(Axis, i32),
    /// How much: 1 is the usual step.
    Amount(f32),
    /// `20%` as 0.2.
    Share(f32),
    /// `1.5倍`.
    Times(f32),
    Ground(Ground),
    /// A scene that arithmetic cannot paint.
    Scene(&'static str),
    /// To the right and downwards.
    Towards(f32, f32),
    Centre,
    Size(i32),
    Air,
    /// Whether English.
    Language(bool),
    Reference,
    Inset,
    Palette,
    Quote(String),
    Filler,
}

type Entry = (&'static str, Token);

const fn subject(word: &'static str, subject: Subject) -> Entry {
    (word, Token::Subject(subject))
}

const fn verb(word: &'static str, verb: Verb) -> Entry {
    (word, Token::Verb(verb))
}

const fn mood(word: &'static str, mood: Mood) -> Entry {
    (word, Token::Mood(mood))
}

const fn ground(word: &'static str, ground: Ground) -> Entry {
    (word, Token::Ground(ground))
}

/// All words with a meaning. The longest that fits is taken, so their order does not matter.
pub(super) fn entries() -> impl Iterator<Item = &'static Entry> {
    DEEDS.iter().chain(looks::LOOKS)
}

/// What an edit is about, and what is to be done with it.
const DEEDS: &[Entry] = &[
    // What it is about.
    subject("主标题", Subject::Title),
    subject("大标题", Subject::Title),
    subject("标题文字", Subject::Title),
    subject("标题", Subject::Title),
    subject("headline", Subject::Title),
    subject("heading", Subject::Title),
    subject("title", Subject::Title),
    subject("副标题", Subject::Slogan),
    subject("标语", Subject::Slogan),
    subject("口号", Subject::Slogan),
    subject("广告语", Subject::Slogan),
    subject("宣传语", Subject::Slogan),
    subject("slogan", Subject::Slogan),
    subject("tagline", Subject::Slogan),
    subject("subtitle", Subject::Slogan),
    subject("subheading", Subject::Slogan),
    subject("品牌名", Subject::Brand),
    subject("品牌", Subject::Brand),
    subject("brand name", Subject::Brand),
    subject("brand", Subject::Brand),
    subject("产品名称", Subject::Name),
    subject("产品名", Subject::Name),
    subject("商品名", Subject::Name),
    subject("品名", Subject::Name),
    subject("product name", Subject::Name),
    subject("规格", Subject::Spec),
    subject("净含量", Subject::Spec),
    subject("specification", Subject::Spec),
    subject("spec", Subject::Spec),
    subject("价格", Subject::Price),
    subject("价钱", Subject::Price),
    subject("售价", Subject::Price),
    subject("到手价", Subject::Price),
    subject("促销价", Subject::Price),
    subject("优惠价", Subject::Price),
    subject("price line", Subject::Price),
    subject("price tag", Subject::Price),
    subject("price", Subject::Price),
    subject("按钮文字", Subject::Button),
    subject("购买按钮", Subject::Button),
    subject("按钮", Subject::Button),
    subject("call to action", Subject::Button),
    subject("button", Subject::Button),
    subject("cta", Subject::Button),
    subject("卖点", Subject::Points),
    subject("要点", Subject::Points),
    subject("selling points", Subject::Points),
    subject("selling point", Subject::Points),
    subject("bullet points", Subject::Points),
    subject("bullets", Subject::Points),
    subject("说明文字", Subject::Detail),
    subject("描述", Subject::Detail),
    subject("正文", Subject::Detail),
    subject("description", Subject::Detail),
    subject("body text", Subject::Detail),
    subject("品牌故事", Subject::Story),
    subject("故事", Subject::Story),
    subject("story", Subject::Story),
    subject("参数表", Subject::Table),
    subject("表格", Subject::Table),
    subject("table", Subject::Table),
    subject("步骤", Subject::Steps),
    subject("steps", Subject::Steps),
    subject("温馨提示", Subject::Cautions),
    subject("注意事项", Subject::Cautions),
    subject("cautions", Subject::Cautions),
    subject("场景卡片", Subject::Scenes),
    subject("所有文字", Subject::Text),
    subject("全部文字", Subject::Text),
    subject("文字", Subject::Text),
    subject("文案", Subject::Text),
    subject("字体", Subject::Text),
    subject("字号", Subject::Text),
    subject("字", Subject::Text),
    subject("all text", Subject::Text),
    subject("text", Subject::Text),
    subject("words", Subject::Text),
    subject("type", Subject::Text),
    subject("font", Subject::Text),
    subject("copy", Subject::Text),
    subject("line", Subject::Text),
    subject("产品", Subject::Product),
    subject("商品", Subject::Product),
    subject("主体", Subject::Product),
    subject("瓶子", Subject::Product),
    subject("主图产品", Subject::Product),
    subject("product", Subject::Product),
    subject("item", Subject::Product),
    subject("背景图", Subject::Background),
    subject("背景", Subject::Background),
    subject("底图", Subject::Background),
    subject("底色", Subject::Background),
    subject("背景色", Subject::Background),
    subject("background", Subject::Background),
    subject("backdrop", Subject::Background),
    subject("配色方案", Subject::Colours),
    subject("配色", Subject::Colours),
    subject("色调", Subject::Colours),
    subject("主色调", Subject::Colours),
    subject("主色", Subject::Colours),
    subject("颜色", Subject::Colours),
    subject("色彩", Subject::Colours),
    subject("风格", Subject::Colours),
    subject("colour scheme", Subject::Colours),
    subject("color scheme", Subject::Colours),
    subject("colours", Subject::Colours),
    subject("colors", Subject::Colours),
    subject("colour", Subject::Colours),
    subject("color", Subject::Colours),
    subject("palette", Subject::Colours),
    subject("tone", Subject::Colours),
    subject("tones", Subject::Colours),
    subject("style", Subject::Colours),
    subject("look", Subject::Colours),
    subject("mood", Subject::Colours),
    subject("整张图", Subject::Whole),
    subject("整张", Subject::Whole),
    subject("整体", Subject::Whole),
    subject("画面", Subject::Whole),
    subject("图片", Subject::Whole),
    subject("海报", Subject::Whole),
    subject("全图", Subject::Whole),
    subject("这张图", Subject::Whole),
    subject("the whole picture", Subject::Whole),
    subject("whole image", Subject::Whole),
    subject("poster", Subject::Whole),
    subject("picture", Subject::Whole),
    subject("image", Subject::Whole),
    subject("photo", Subject::Whole),
    subject("光线", Subject::Whole),
    subject("灯光", Subject::Whole),
    subject("光照", Subject::Whole),
    subject("光影", Subject::Whole),
    subject("lighting", Subject::Whole),
    subject("light", Subject::Whole),
    subject("阴影", Subject::Shadow),
    subject("影子", Subject::Shadow),
    subject("投影", Subject::Shadow),
    subject("倒影", Subject::Shadow),
    subject("shadows", Subject::Shadow),
    subject("shadow", Subject::Shadow),
    subject("reflection", Subject::Shadow),
    subject("标志", Subject::Logo),
    subject("logo", Subject::Logo),
    // What is to be done.
    verb("修改为", Verb::Change),
    verb("修改成", Verb::Change),
    verb("修改", Verb::Change),
    verb("改为", Verb::Change),
    verb("改成", Verb::Change),
    verb("改", Verb::Change),
    verb("换成", Verb::Change),
    verb("换为", Verb::Change),
    verb("更换", Verb::Change),
    verb("换", Verb::Change),
    verb("变成", Verb::Change),
    verb("变为", Verb::Change),
    verb("变色", Verb::Change),
    verb("变", Verb::Change),
    verb("调整", Verb::Change),
    verb("调成", Verb::Change),
    verb("调", Verb::Change),
    verb("设为", Verb::Change),
    verb("设置", Verb::Change),
    verb("染成", Verb::Change),
    verb("涂成", Verb::Change),
    verb("动", Verb::Change),
    verb("移动", Verb::Change),
    verb("改变", Verb::Change),
    verb("改动", Verb::Change),
    verb("写成", Verb::Change),
    verb("使用", Verb::Change),
    verb("采用", Verb::Change),
    verb("use", Verb::Change),
    verb("change", Verb::Change),
    verb("make", Verb::Change),
    verb("turn", Verb::Change),
    verb("set", Verb::Change),
    verb("switch", Verb::Change),
    verb("recolour", Verb::Change),
    verb("recolor", Verb::Change),
    verb("paint", Verb::Change),
    verb("touch", Verb::Change),
    verb("alter", Verb::Change),
    verb("modify", Verb::Change),
    verb("move", Verb::Change),
    verb("shift", Verb::Change),
    verb("adjust", Verb::Change),
    verb("rename", Verb::Change),
    verb("去掉", Verb::Remove),
    verb("去除", Verb::Remove),
    verb("删掉", Verb::Remove),
    verb("删除", Verb::Remove),
    verb("删去", Verb::Remove),
    verb("删", Verb::Remove),
    verb("移除", Verb::Remove),
    verb("消除", Verb::Remove),
    verb("擦除", Verb::Remove),
    verb("擦掉", Verb::Remove),
    verb("抹掉", Verb::Remove),
    verb("抹去", Verb::Remove),
    verb("隐藏", Verb::Remove),
    verb("清除", Verb::Remove),
    verb("拿掉", Verb::Remove),
    verb("取消", Verb::Remove),
    verb("remove", Verb::Remove),
    verb("delete", Verb::Remove),
    verb("erase", Verb::Remove),
    verb("hide", Verb::Remove),
    verb("drop", Verb::Remove),
    verb("get rid of", Verb::Remove),
    verb("take away", Verb::Remove),
    verb("take out", Verb::Remove),
    verb("clean up", Verb::Remove),
    verb("添加", Verb::Add),
    verb("增加", Verb::Add),
    verb("加上", Verb::Add),
    verb("加入", Verb::Add),
    verb("加", Verb::Add),
    verb("写上", Verb::Add),
    verb("打上", Verb::Add),
    verb("标上", Verb::Add),
    verb("add", Verb::Add),
    verb("write", Verb::Add),
    verb("insert", Verb::Add),
    verb("put", Verb::Add),
    verb("place", Verb::Add),
    verb("模糊", Verb::Blur),
    verb("虚化", Verb::Blur),
    verb("blur", Verb::Blur),
    verb("blurry", Verb::Blur),
    verb("out of focus", Verb::Blur),
    verb("马赛克", Verb::Mosaic),
    verb("打上马赛克", Verb::Mosaic),
    verb("打马赛克", Verb::Mosaic),
    verb("打码", Verb::Mosaic),
    verb("mosaic", Verb::Mosaic),
    verb("pixelate", Verb::Mosaic),
    verb("替换成", Verb::Replace),
    verb("替换为", Verb::Replace),
    verb("替换", Verb::Replace),
    verb("replace", Verb::Replace),
    verb("swap", Verb::Replace),
    verb("保持", Verb::Keep),
    verb("保留", Verb::Keep),
    verb("维持", Verb::Keep),
    verb("不变", Verb::Keep),
    verb("别动", Verb::Keep),
    verb("keep", Verb::Keep),
    verb("unchanged", Verb::Keep),
    verb("as it is", Verb::Keep),
    verb("as they are", Verb::Keep),
    verb("without changing", Verb::Keep),
    verb("leave", Verb::Keep),
    verb("不要", Verb::Not),
    verb("别", Verb::Not),
    verb("不用", Verb::Not),
    verb("不必", Verb::Not),
    verb("无需", Verb::Not),
    verb("请勿", Verb::Not),
    verb("don't", Verb::Not),
    verb("dont", Verb::Not),
    verb("do not", Verb::Not),
    verb("not", Verb::Not),
    verb("never", Verb::Not),
    verb("no", Verb::Not),
    verb("without", Verb::Not),
];

/// Words without a meaning of their own.
pub(super) const FILLERS: &str = "请 帮我 帮 麻烦 把 将 给 我 我们 想 想要 要 能不能 可以 能 吗 呢 吧 啊 的 了 一下 得 地 为 成 用 让 使 到 在 上 上面 里 里面 \
    这 这个 那个 那 它 都 也 再 还 些 和 与 及 以 再次 一个 一张 一行 一句 一种 个 张 行 句 种 些许 有 是 看起来 显得 感觉 感 整个 全部 所有 系 色 式 版 风 \
    作为 当作 当 偏 气氛 氛围 效果 感觉上 做 做成 变得 太 那么 这么 就 好 下 更加 其他 其它 内容 部分 区域 涂抹 选中 圈出 处 这里 这块 下方 上方 底部 顶部 位置 移 \
    please can could you would i want to need we the a an this that it its my our of in on at for with as into from be is are so \
    whole entire everything else all other too just only some by them these those here there area part selected masked painted region size feel feeling vibe atmosphere effect \
    多 looks like new have give should let very-much instead";
