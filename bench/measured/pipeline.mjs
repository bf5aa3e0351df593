// The peer of pipeline.py: sharp makes the same ladder, each rung from scratch, as its documentation shows.
// Arguments: the folder sharp is installed in, the photograph, and the ladder as JSON.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, photo, ladder] = process.argv.slice(2);
const sharp = createRequire(join(folder, "package.json"))("sharp");
sharp.concurrency(1);
sharp.cache(false);

const sizes = [];
for (const { width, height, crop } of JSON.parse(ladder)) {
  const resized = sharp(photo).rotate().resize(width, height, { fit: crop ? "cover" : "fill" });
  const encoded = crop ? resized.jpeg({ quality: 80 }) : resized.webp({ quality: 80 });
  sizes.push((await encoded.toBuffer()).length);
}
console.log(JSON.stringify(sizes));
