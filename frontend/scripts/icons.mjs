// src/app/icon.svg → the icons that an installed site needs. Run it again (npm run icons) when the icon changes; the
// results are part of the repository.
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const round = readFileSync(file("src/app/icon.svg"), "utf8");
// A system that cuts icons to its own shape wants them whole to the edge, with what matters in the middle 80 %.
const square = round.replace(' rx="5"', "");
const small = square
  .replace('viewBox="0 0 32 32"', 'viewBox="-4 -4 40 40"')
  .replace('<rect width="32" height="32"', '<rect x="-4" y="-4" width="40" height="40"');

mkdirSync(file("public/icons"), { recursive: true });
for (const [svg, size, path] of [
  [round, 192, "public/icons/icon-192.png"],
  [round, 512, "public/icons/icon-512.png"],
  [small, 512, "public/icons/maskable-512.png"],
  [square, 180, "src/app/apple-icon.png"],
]) {
  await sharp(Buffer.from(svg), { density: (72 * size) / 32 })
    .resize(size, size)
    .png({ compressionLevel: 9, palette: true })
    .toFile(file(path));
}
