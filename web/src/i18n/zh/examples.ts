// Descriptions to begin with, in the order of their names (`looks.examples`); fetched when one is picked.
export const words = {
  examples: [
    '清屿烟酰胺焕亮精华液。5%高纯烟酰胺搭配双重透明质酸，提亮匀净；水感质地三秒吸收，不黏腻；琥珀避光玻璃瓶。净含量100 mL，敏感肌可用，保质期36个月。',
    '山岚智能手表 Pro。1.43英寸AMOLED圆屏，全天候心率与血氧监测，50米防水，续航14天，蓝牙通话。钛合金表壳，重38 g，一年质保。',
    '云南小粒咖啡豆，中度烘焙，焦糖与坚果香气，回甘干净。产地保山，海拔1600米，日晒处理。净含量250 g，单向排气阀锁鲜，烘焙后30天内风味正好。',
  ],
};
