// satori lays the poster out as SVG, resvg-js draws it, sharp writes the JPEG.
//
//     node satori.mjs FOLDER ROUNDS POSTERS ready|drawn

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";
import satori from "satori";
import sharp from "sharp";

const [folder, rounds, posters, scene] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4]), process.argv[5]];
const font = (name, weight, file) => ({ name, weight, style: "normal", data: readFileSync(`${folder}/${file}`) });
const fonts = [
  font("Sans", 400, "sans-400.ttf"),
  font("Sans", 700, "sans-700.ttf"),
  font("Serif", 900, "serif-900.ttf"),
  font("Latin", 400, "latin-italic.ttf"),
];
const dataUrl = (type, bytes) => `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
const plate = () => dataUrl("image/jpeg", readFileSync(`${folder}/plate.jpg`));
const product = () => dataUrl("image/png", readFileSync(`${folder}/product.png`));

const element = (type, style, ...children) => ({ type, props: { style, children } });
const text = (style, words) => element("div", style, words);
const row = (style, ...children) => element("div", { display: "flex", ...style }, ...children);
const column = (style, ...children) => row({ flexDirection: "column", ...style }, ...children);
const at = (left, top, width, height) => ({ position: "absolute", left, top, width, height });
const image = (src, left, top, width, height) => ({
  type: "img",
  props: { src, width, height, style: { ...at(left, top, width, height), objectFit: "contain" } },
});
const LATIN = { fontFamily: "Latin", fontWeight: 400, fontSize: 27, color: "#57493c", lineHeight: 1.4 };
const ACCENT = "#762d1e";

function icon(paths, size, color, style = {}) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="${color}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">${paths}</svg>`;
  return { type: "img", props: { src: dataUrl("image/svg+xml", svg), width: size, height: size, style } };
}

/** A soft ellipse: satori has no blur filter, and a gradient that fades costs resvg next to nothing. */
function softEllipse(left, top, width, height, color) {
  return element("div", { ...at(left, top, width, height), backgroundImage: `radial-gradient(50% 50% at 50% 50%, rgba(${color},0.6), rgba(${color},0.3) 55%, rgba(${color},0) 100%)` });
}

/** The backdrop out of shapes, as in poster.html; the light of a pane blurs by its shadow. */
function drawnScene() {
  const shape = (box, backgroundImage, style, ...children) => row({ ...at(...box), backgroundImage, ...style }, ...children);
  const panes = [0, 290, 580, 870].flatMap((top) =>
    [0, 350, 700].map((left) =>
      element("div", { ...at(left + 14, top + 14, 272, 222), backgroundColor: "rgba(255,255,255,0.4)", boxShadow: "0 0 28px rgba(255,255,255,0.4)" }),
    ),
  );
  return [
    shape([0, 0, 1080, 1920], "linear-gradient(100deg, #fdfaf7, #f3e5d8)"),
    row({ ...at(-60, -120, 1100, 1200), transform: "skew(-14deg, -12deg)" }, ...panes),
    shape([0, 1366, 1080, 554], "linear-gradient(180deg, #efe5dc, #ebe0d6)"),
    shape([260, 590, 556, 776], "linear-gradient(135deg, #ddcab7, #ecd9c6 40%, #f0dfce)", {
      borderRadius: "278px 278px 0 0",
      boxShadow: "inset 36px 36px 70px rgba(90,60,30,0.35)",
    }),
    softEllipse(340, 1370, 640, 136, "70,45,25"),
    shape([300, 1372, 480, 106], "linear-gradient(90deg, #a39585, #c9bcae 25%, #d3c6b8 60%, #a39585)", { borderRadius: "0 0 240px 240px / 0 0 40px 40px" }),
    shape([300, 1332, 480, 82], "linear-gradient(90deg, #e6d9cc, #f6ede4)", { borderRadius: "50%" }),
  ];
}

function point(paths, zh, en, first) {
  const edge = first ? { paddingRight: 26 } : { paddingLeft: 26, paddingRight: 26, borderLeft: "2px solid #cbc1b7" };
  return column({ flex: 1, ...edge }, icon(paths, 38, ACCENT), text({ fontWeight: 700, fontSize: 34, lineHeight: 1.28 }, zh), text(LATIN, en));
}

function tree() {
  return row(
    { position: "relative", width: 1080, height: 1920, fontFamily: "Sans", fontWeight: 400, color: "#1a1006" },
    ...(scene === "drawn" ? drawnScene() : [image(plate(), 0, 0, 1080, 1920)]),
    softEllipse(340, 1330, 400, 120, "60,30,10"),
    softEllipse(390, 1366, 300, 46, "40,15,5"),
    image(product(), 390, 660, 300, 730),
    row(
      { position: "absolute", left: 80, top: 71, width: 920, justifyContent: "space-between", alignItems: "center" },
      text({ fontWeight: 700, fontSize: 33, letterSpacing: 2 }, "云雾"),
      text({ fontSize: 28, letterSpacing: 2, color: "#52483c" }, "30 mL"),
    ),
    column(
      { position: "absolute", left: 80, top: 150, width: 920 },
      text({ ...LATIN, fontSize: 30, letterSpacing: 2, color: ACCENT }, "Serum"),
      text({ fontFamily: "Serif", fontWeight: 900, fontSize: 142, lineHeight: 1.16, letterSpacing: 2, marginTop: 14 }, "精华液"),
      text({ fontSize: 36, letterSpacing: 1.4, lineHeight: 1.45, marginTop: 24 }, "让肌肤自在呼吸"),
      text(LATIN, "Let Your Skin Glow Softly"),
    ),
    row(
      at(80, 1536, 920, 212),
      point(`<path d="M12 3c3.600 4.300 6 7.400 6 10.600a6 6 0 0 1-12 0C6 10.400 8.400 7.300 12 3z"/>`, "补水保湿", "Hydrates and Moisturises", true),
      point(`<path d="M19.600 4.400c-5-1.400-11 1-12.600 6.600L6 15.600l4.400-.6c6-1.400 9.200-5.600 9.200-10.600zM4 20 14.400 9.600"/>`, "细腻质感", "A Refined Texture"),
      point(`<circle cx="12" cy="12" r="9"/><path d="M12 6.800V12l3.600 2.200"/>`, "日常好搭", "Fits Every Routine"),
    ),
    row(
      { position: "absolute", left: 80, top: 1764, width: 920, justifyContent: "space-between", alignItems: "center" },
      column({}, text({ fontWeight: 700, fontSize: 34, lineHeight: 1.28 }, "精华液 30 mL"), text(LATIN, "Serum")),
      row(
        { alignItems: "center", height: 84, padding: "0 36px", borderRadius: 4, backgroundColor: ACCENT, color: "#fff8f0", fontWeight: 700, fontSize: 30, letterSpacing: 1.2 },
        text({}, "立即选购"),
        text({ ...LATIN, color: "#fff8f0", marginLeft: 14 }, "Shop now"),
        icon(`<path d="M3.500 12h16M13.500 6l6 6-6 6"/>`, 30, "#fff8f0", { marginLeft: 14 }),
      ),
    ),
  );
}

async function poster() {
  const svg = await satori(tree(), { width: 1080, height: 1920, fonts });
  const drawn = new Resvg(svg, { font: { loadSystemFonts: false } }).render();
  const raw = { width: drawn.width, height: drawn.height, channels: 4 };
  return sharp(drawn.pixels, { raw }).removeAlpha().jpeg({ quality: 90, chromaSubsampling: "4:4:4" }).toBuffer();
}

for (let warm = 0; warm < 2; warm += 1) await poster();
const cpuMs = [];
let picture;
for (let round = 0; round < rounds; round += 1) {
  const before = process.cpuUsage();
  for (let made = 0; made < posters; made += 1) picture = await poster();
  const used = process.cpuUsage(before);
  cpuMs.push((used.user + used.system) / 1000 / posters);
}
writeFileSync(`${folder}/satori-${scene}.jpg`, picture);
const version = (name) => createRequire(import.meta.url)("./package.json").dependencies[name];
console.log(
  JSON.stringify({
    name: `satori ${version("satori")}, resvg-js ${version("@resvg/resvg-js")}, sharp ${version("sharp")}, scene ${scene}`,
    cpuMs,
    peakMib: process.resourceUsage().maxRSS / 1024,
  }),
);
