//! Golden expectations for real descriptions, and properties that hold for any text.

use proptest::prelude::*;

use super::*;
use crate::domain::report::{
    CAUTIONS_MAX, Category, DETAIL_EN_WORDS_MAX, DETAIL_ZH_COLUMNS_MAX, Evidence, PARAMETERS_MAX, SELLING_POINTS_MAX,
    STEPS_MAX, TITLE_EN_WORDS_MAX, TITLE_ZH_COLUMNS_MAX, en_words, is_hanzi, zh_columns,
};

/// Description, product name, brand, category, English title, least parameters, headlines that
/// must be among the selling points.
type Golden = (
    &'static str,
    &'static str,
    Option<&'static str>,
    Category,
    &'static str,
    usize,
    &'static [(&'static str, &'static str)],
);

const GOLDENS: [Golden; 9] = [
    (
        "清屿烟酰胺焕亮精华液，5%高纯烟酰胺搭配双重透明质酸与积雪草，提亮匀净、改善暗沉、舒缓泛红。水感质地三秒吸收，不搓泥不黏腻；琥珀避光玻璃瓶，按压泵每次约0.5 mL。净含量100 mL，pH 5.5，0酒精0香精，敏感肌可用，保质期36个月。",
        "清屿烟酰胺焕亮精华液",
        Some("清屿"),
        Category::Beauty,
        "Niacinamide Brightening Serum",
        5,
        &[
            ("5%高纯烟酰胺", "5% High-Purity Niacinamide"),
            ("水感质地三秒吸收", "Watery Feel, Absorbs in Three Seconds"),
            ("0酒精0香精", "No Alcohol, No Fragrance"),
            ("敏感肌可用", "Suits Sensitive Skin"),
        ],
    ),
    (
        "清屿焕亮精华液家庭装，早晚洁面后按压2泵即可。5%烟酰胺连续使用28天肤色更透亮，透明质酸锁水长达12小时，积雪草舒缓修护。避光玻璃瓶加金属圈口，摆在洗手台也好看。净含量100 mL，约可用90天，通过200人斑贴测试。",
        "清屿焕亮精华液家庭装",
        Some("清屿"),
        Category::Beauty,
        "Brightening Serum Family Size",
        5,
        &[
            ("透明质酸锁水长达12小时", "12-Hour Hyaluronic Hydration"),
            ("连续使用28天肤色更透亮", "Brighter Skin After 28 Days"),
            ("通过200人斑贴测试", "Patch-Tested on 200 People"),
        ],
    ),
    (
        "山止手作粗陶马克杯，1280℃高温一次烧成，芝麻点釉每只纹理都不同。加厚杯壁保温约40分钟，宽大手柄三指可握，底部素烧防滑。容量380 mL，口径8.8 cm，高9.5 cm，重约410 g，微波炉、洗碗机可用，无铅釉料通过食品级检测。",
        "山止手作粗陶马克杯",
        Some("山止"),
        Category::Home,
        "Handmade Stoneware Mug",
        6,
        &[
            ("1280℃高温一次烧成", "Single-Fired at 1280℃"),
            ("加厚杯壁保温约40分钟", "Warm for About 40 Minutes"),
            ("无铅釉料通过食品级检测", "Lead-Free, Food-Grade Tested"),
        ],
    ),
    (
        "曜石S3智能手表，1.96英寸AMOLED高清屏，峰值亮度1000尼特，阳光下清晰可读。全天候心率、血氧、睡眠监测，120种运动模式，双频GPS精准定位。5ATM防水，铝合金中框仅重32 g，典型使用续航14天，充电10分钟可用2天，支持NFC公交门禁。",
        "曜石S3智能手表",
        Some("曜石"),
        Category::Electronics,
        "S3 Smart Watch",
        6,
        &[("典型使用续航14天", "14-Day Battery Life"), ("1.96英寸AMOLED高清屏", "1.96-Inch AMOLED HD Display")],
    ),
    (
        "山止咖啡云南保山日晒小粒咖啡豆，海拔1500–1700米庄园直采，日晒处理21天，入口草莓与红酒香，尾韵黑巧回甘。中度烘焙，下单后24小时内新鲜烘焙，单向排气阀锁香。净含量454 g，约可冲30杯，手冲建议水温92℃、粉水比1:15。",
        "山止咖啡云南保山日晒小粒咖啡豆",
        Some("山止"),
        Category::Food,
        "Yunnan Baoshan Natural-Process Arabica Coffee Beans",
        6,
        &[
            ("海拔1500–1700米庄园直采", "Estate-Direct, Grown at 1500–1700 m"),
            ("入口草莓与红酒香", "Strawberry and Red Wine Notes"),
        ],
    ),
    (
        "听岸H1头戴式降噪耳机，48 dB自适应主动降噪，40 mm生物纤维振膜，支持LDAC高清无线音频。蛋白皮慢回弹耳罩，整机仅重258 g，久戴不夹头；单次续航60小时，快充10分钟听5小时。蓝牙5.4双设备连接，四麦通话降噪，可折叠收纳。",
        "听岸H1头戴式降噪耳机",
        Some("听岸"),
        Category::Electronics,
        "H1 Over-Ear Noise-Cancelling Headphones",
        5,
        &[("48 dB自适应主动降噪", "48 dB Adaptive Noise Cancelling"), ("单次续航60小时", "60-Hour Battery Life")],
    ),
    (
        "朱鹮N°07正红丝绒口红，一抹显色的中国正红，黄皮显白不挑肤色。丝绒雾面质地，添加角鲨烷与乳木果油，持妆8小时不拔干，轻抿不沾杯。磁吸黑金方管，开合清脆，送礼体面。净含量3.6 g，管高约7.8 cm，不含矿物油，保质期36个月。",
        "朱鹮N°07正红丝绒口红",
        Some("朱鹮"),
        Category::Beauty,
        "N°07 True-Red Velvet Lipstick",
        4,
        &[("持妆8小时不拔干", "8-Hour Wear, Never Drying"), ("一抹显色的中国正红", "Chinese Red in One Swipe")],
    ),
    (
        "木拾复古木制小汽车，整块榉木切削，圆角打磨6道工序，水性环保漆，宝宝啃咬也放心。橡胶圈静音滚轮不伤地板，大尺寸车身小手好抓握，锻炼手眼协调。车长17.5 cm，宽7.2 cm，高7.3 cm，重320 g，适合18个月以上，通过GB 6675检测。",
        "木拾复古木制小汽车",
        Some("木拾"),
        Category::Baby,
        "Retro Wooden Toy Car",
        6,
        &[("整块榉木切削", "Carved from Solid Beech"), ("通过GB 6675检测", "Tested to GB 6675")],
    ),
    (
        "粉月影多肉盆栽，叶片肥厚层叠如莲，秋冬叶尖自然上色粉红。带盆发货，白釉陶盆配红陶托盘，透气不闷根，颗粒土配比7:3。冠幅约9 cm，盆径10 cm，总高约12 cm，每10天浇水一次，明亮散射光即可，新手也能养，附养护卡，坏苗包赔。",
        "粉月影多肉盆栽",
        None,
        Category::Garden,
        "Potted Succulent",
        5,
        &[("秋冬叶尖自然上色粉红", "Tips That Blush Pink"), ("新手也能养", "Easy for Beginners")],
    ),
];

#[test]
fn real_descriptions_become_the_reports_a_copywriter_would_write() {
    for (description, name, brand, category, title, parameters, headlines) in GOLDENS {
        let report = report(description, None);
        assert_eq!(product_name(description, None), name);
        assert_eq!(report.product.name.zh, name);
        assert_eq!(report.brand.zh.as_deref(), brand, "{name}");
        assert_eq!(report.product.category, category, "{name}");
        assert_eq!(report.product.title.en, title, "{name}");
        assert!(report.parameters.len() >= parameters, "{name}: {:?}", report.parameters);
        let from_user = report.selling_points.iter().filter(|point| point.evidence == Evidence::User).count();
        assert!(from_user >= 4, "{name}: {:?}", report.selling_points);
        for (zh, en) in headlines {
            assert!(
                report.selling_points.iter().any(|point| point.title == Bilingual::new(*zh, *en)),
                "{name}: {zh} / {en} not in {:#?}",
                report.selling_points
            );
        }
        check(description, &report);
    }
}

#[test]
fn the_sellers_steps_replace_the_template_steps_they_cover() {
    let serum = report(GOLDENS[1].0, None);
    assert_eq!(serum.steps[0].text.en, "After cleansing, press 2 pumps, morning and night");
    assert_eq!(serum.steps[0].source, Evidence::User);
    assert!(serum.steps[1..].iter().all(|step| step.source == Evidence::Template));
    let coffee = report(GOLDENS[4].0, None);
    assert!(coffee.steps.iter().any(|step| step.text.zh == "手冲建议水温92℃、粉水比1:15"));
}

#[test]
fn an_english_description_gets_chinese_headlines() {
    let text = "Aurora handmade ceramic mug, 380 ml, fired at 1280 °C. Wide handle, dishwasher and microwave safe, lead-free glaze.";
    let report = report(text, None);
    assert_eq!(product_name(text, None), "Aurora handmade ceramic mug");
    assert_eq!(report.brand.en.as_deref(), Some("Aurora"));
    assert_eq!(report.product.title, Bilingual::new("手作陶瓷马克杯", "Handmade Ceramic Mug"));
    assert!(report.selling_points.iter().any(|point| point.title.zh == "微波炉、洗碗机可用"));
    check(text, &report);
}

#[test]
fn a_claim_that_leans_on_an_unknown_word_is_not_made() {
    // 0添加 alone would promise more than 0添加 of one thing
    let report = report("某某果酱，0添加阿斯巴甜，仿真皮外包装", None);
    assert!(
        report.selling_points.iter().all(|point| point.evidence == Evidence::Inferred),
        "{:?}",
        report.selling_points
    );
    assert!(report.parameters.is_empty());
}

#[test]
fn names_are_found_where_sellers_put_them() {
    for (description, expected) in [
        ("杯子", "杯子"),
        ("品名：阿克苏冰糖心苹果 品牌：果然优 净重：5kg", "阿克苏冰糖心苹果"),
        ("【限时特惠】纯棉四件套 100%新疆长绒棉", "纯棉四件套"),
        ("这款真丝围巾采用100%桑蚕丝", "真丝围巾"),
        ("《山海》手绘花瓶，釉下彩", "手绘花瓶"),
        ("小米手环，21天续航", "小米手环"),
        ("<p>好看的<b>花瓶</b></p>", "花瓶"),
        ("最好的保温杯", "好的保温杯"),
        ("🎉🎉🎉", "新品"),
        ("。。。！！", "新品"),
        ("12345", "新品"),
    ] {
        assert_eq!(product_name(description, None), expected, "{description}");
    }
    assert_eq!(product_name("杯子", Some("  青山\n杯 ")), "青山 杯");
    assert_eq!(report("杯子，陶瓷", Some("青山陶瓷杯")).product.name.zh, "青山陶瓷杯");
}

#[test]
fn hostile_descriptions_still_give_a_whole_report() {
    let long = "陶瓷".repeat(1000);
    let latin = "a".repeat(2000);
    let dots = "，".repeat(2000);
    let digits = "9".repeat(2000);
    let stuffed = "（".repeat(500) + &"[{n}]".repeat(200);
    for description in [
        "杯子",
        "battery life清屿battery life14天续航battery lifeceramic mug",
        "🎉🎉🎉",
        "\u{202e}\u{200f}杯\u{2066}子\u{0007}",
        "<script>alert('x')</script><style>p{}</style>",
        "&lt;b&gt;&nbsp;&#20320;",
        "100%有效，根治失眠，国家级配方，全网第一",
        long.as_str(),
        latin.as_str(),
        dots.as_str(),
        digits.as_str(),
        stuffed.as_str(),
        "",
    ] {
        let report = report(description, None);
        check(description, &report);
        let shown: String = description.chars().take(20).collect();
        assert!(!report.selling_points.iter().any(|point| point.title.zh.contains("根治")), "{shown}");
    }
}

#[test]
fn the_name_alone_is_the_report_s_name() {
    assert_eq!(product_name(GOLDENS[2].0, None), "山止手作粗陶马克杯");
}

/// What holds for every report, whatever came in.
fn check(description: &str, report: &ProductReport) {
    let points = &report.selling_points;
    assert!((3..=SELLING_POINTS_MAX).contains(&points.len()));
    assert!(report.parameters.len() <= PARAMETERS_MAX);
    assert!((1..=STEPS_MAX).contains(&report.steps.len()) && (1..=CAUTIONS_MAX).contains(&report.cautions.len()));
    let name = product_name(description, None);
    assert!((1..=validation::PRODUCT_NAME_CHARS_MAX).contains(&name.chars().count()) && !name.contains('\n'));
    let title = |pair: &Bilingual| {
        assert!(zh_columns(&pair.zh) <= TITLE_ZH_COLUMNS_MAX, "{pair:?}");
        assert!(en_words(&pair.en) <= TITLE_EN_WORDS_MAX, "{pair:?}");
    };
    let detail = |pair: &Bilingual| {
        assert!(zh_columns(&pair.zh) <= DETAIL_ZH_COLUMNS_MAX, "{pair:?}");
        assert!(en_words(&pair.en) <= DETAIL_EN_WORDS_MAX, "{pair:?}");
    };
    title(&report.product.title);
    title(&report.product.noun);
    for point in points {
        title(&point.title);
        detail(&point.detail);
    }
    report.steps.iter().chain(&report.cautions).for_each(|instruction| detail(&instruction.text));
    let folded = text::Prepared::new(description).text();
    for pair in pairs(report) {
        for side in [&pair.zh, &pair.en] {
            assert!(!side.trim().is_empty(), "{pair:?}");
            assert!(!side.chars().any(char::is_control), "{pair:?}");
            for digits in side.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()) {
                assert!(folded.contains(digits), "{digits} of {side} was never said");
            }
        }
        assert!(!pair.en.contains(is_hanzi), "{pair:?}");
    }
    let stored = serde_json::to_string(report).unwrap();
    assert_eq!(&serde_json::from_str::<ProductReport>(&stored).unwrap(), report);
}

/// Every bilingual text of a report.
fn pairs(report: &ProductReport) -> Vec<Bilingual> {
    let product = &report.product;
    let mut pairs = vec![product.name.clone(), product.title.clone(), product.noun.clone(), product.slogan.clone()];
    pairs.extend([report.audience.clone(), report.tone.clone()]);
    pairs.extend(report.scenes.iter().cloned());
    pairs.extend(report.selling_points.iter().flat_map(|point| [point.title.clone(), point.detail.clone()]));
    pairs.extend(report.parameters.iter().flat_map(|row| [row.key.clone(), row.display()]));
    pairs.extend(report.steps.iter().chain(&report.cautions).map(|instruction| instruction.text.clone()));
    pairs
}

/// Texts made of what sellers write, in any order, with noise between.
fn seller_text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "清屿",
        "烟酰胺",
        "精华液",
        "马克杯",
        "智能手表",
        "咖啡豆",
        "续航",
        "保温约",
        "容量",
        "14天",
        "380 mL",
        "48 dB",
        "1:15",
        "1500–1700米",
        "0酒精",
        "不含",
        "仿",
        "真皮",
        "最好的",
        "根治",
        "5%",
        "三秒吸收",
        "，",
        "。",
        "、",
        "：",
        " ",
        "\n",
        "与",
        "搭配",
        "的",
        "battery life",
        "60 hours",
        "ceramic mug",
        "with",
        "safe",
        "IPX7",
        "GB 6675",
        "🎉",
        "<b>",
        "N°07",
        "防水",
        "支持",
        "LDAC",
        "微波炉",
        "可用",
        "品名：",
        "适合",
        "18个月以上",
        "℃",
        "9",
        ".",
        "１２",
        "％",
    ]);
    prop::collection::vec(words, 1..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_sound_report(description in "\\PC{2,200}") {
        check(&description, &report(&description, None));
    }

    #[test]
    fn any_seller_text_gives_a_sound_report(description in seller_text()) {
        let first = report(&description, None);
        check(&description, &first);
        prop_assert_eq!(first, report(&description, None));
    }
}
