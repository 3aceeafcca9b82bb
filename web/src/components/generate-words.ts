const zh = {
  examplesLabel: '描述示例',
  examples: [
    { name: '护肤示例', text: '清屿烟酰胺焕亮精华液。5%高纯烟酰胺搭配双重透明质酸，提亮匀净；水感质地三秒吸收，不黏腻；琥珀避光玻璃瓶。净含量100 mL，敏感肌可用，保质期36个月。' },
    { name: '数码示例', text: '山岚智能手表 Pro。1.43英寸AMOLED圆屏，全天候心率与血氧监测，50米防水，续航14天，蓝牙通话。钛合金表壳，重38 g，一年质保。' },
    { name: '食品示例', text: '云南小粒咖啡豆，中度烘焙，焦糖与坚果香气，回甘干净。产地保山，海拔1600米，日晒处理。净含量250 g，单向排气阀锁鲜，烘焙后30天内风味最佳。' },
  ],
  typography: '字体风格',
  layout: '双语排版',
  composition: '合成方式',
  compositionHints: {
    TYPESET: '商品与文字由程序逐像素排版，商品保持原样，文字清晰无误。',
    MODEL: '由图像模型把商品画进场景，更自然；完成后与原图比对，不一致会退回积分。文字仍由程序排版。',
  },
  auto: '自动',
  autoHint: '按产品挑选',
  defaultMark: '默认',
  unit: (credits: number) => `每张 ${credits} 积分，生成成功才扣除`,
  sampleAlt: (style: string) => `${style}示例`,
  stylesTitle: '同一件商品，多种风格',
  dimensionsTitle: '一套海报，逐张讲清一件商品',
};

const en: typeof zh = {
  examplesLabel: 'Example descriptions',
  examples: [
    { name: 'Skincare example', text: 'Qingyu niacinamide brightening serum. 5% pure niacinamide with double hyaluronic acid for an even tone; absorbs in three seconds, never sticky; light-proof amber glass. 100 mL, suits sensitive skin, keeps 36 months.' },
    { name: 'Gadget example', text: 'Shanlan smart watch Pro. 1.43-inch round AMOLED, heart rate and blood oxygen all day, water-resistant to 50 m, 14 days of battery, Bluetooth calls. Titanium case, 38 g, one-year warranty.' },
    { name: 'Food example', text: 'Yunnan arabica coffee beans, medium roast, caramel and nuts with a clean finish. Grown in Baoshan at 1600 m, sun-dried. 250 g, one-way valve, best within 30 days of roasting.' },
  ],
  typography: 'Lettering',
  layout: 'Two languages',
  composition: 'Composition',
  compositionHints: {
    TYPESET: 'Product and words are set pixel by pixel: your product stays as it is, every word is sharp.',
    MODEL: 'An image model paints your product into the scene, then it is compared with your photo; if it differs, credits come back. Words are still typeset.',
  },
  auto: 'Automatic',
  autoHint: 'To suit the product',
  defaultMark: 'default',
  unit: (credits) => `${credits} credits each, spent only when a poster succeeds`,
  sampleAlt: (style) => `Sample: ${style}`,
  stylesTitle: 'One product, many looks',
  dimensionsTitle: 'A set that tells the whole story',
};

export const generateWords = { zh, en };
