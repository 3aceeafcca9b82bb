// Descriptions to begin with, in the order of their names (`looks.examples`); fetched when one is picked.
import type { words as zh } from '../zh/examples';

export const words: typeof zh = {
  examples: [
    'Qingyu niacinamide brightening serum. 5% pure niacinamide with double hyaluronic acid for an even tone; absorbs in three seconds, never sticky; light-proof amber glass. 100 mL, suits sensitive skin, keeps 36 months.',
    'Shanlan smart watch Pro. 1.43-inch round AMOLED, heart rate and blood oxygen all day, water-resistant to 50 m, 14 days of battery, Bluetooth calls. Titanium case, 38 g, one-year warranty.',
    'Yunnan arabica coffee beans, medium roast, caramel and nuts with a clean finish. Grown in Baoshan at 1600 m, sun-dried. 250 g, one-way valve, drink within 30 days of roasting.',
  ],
};
