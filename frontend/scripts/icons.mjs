// Render src/app/icon.svg as the icons of the installed app. The results are committed. Run this script (npm run icons) when
// the icon changes.
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const rounded = readFileSync(file("src/app/icon.svg"), "utf8");
// Systems that mask icons need one that fills the whole square, with its content in the central 80 %.
const square = rounded.replace(' rx="5"', "");
const maskable = square
  .replace('viewBox="0 0 32 32"', 'viewBox="-4 -4 40 40"')
  .replace('<rect width="32" height="32"', '<rect x="-4" y="-4" width="40" height="40"');

mkdirSync(file("public/icons"), { recursive: true });
for (const [svg, size, path] of [
  [rounded, 192, "public/icons/icon-192.png"],
  [rounded, 512, "public/icons/icon-512.png"],
  [maskable, 512, "public/icons/maskable-512.png"],
  [square, 180, "src/app/apple-icon.png"],
]) {
  await sharp(Buffer.from(svg), { density: (72 * size) / 32 })
    .resize(size, size)
    .png({ compressionLevel: 9, palette: true })
    .toFile(file(path));
}
