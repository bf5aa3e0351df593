// The peer of bench/pipeline.py: sharp does the same. Prints JSON; CPU time counts from where sharp is loaded.
// Arguments: the folder sharp is installed in, the task, the photograph, and the sizes as JSON, largest first.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, task, photo, wanted] = process.argv.slice(2);
const sharp = createRequire(join(folder, "package.json"))("sharp");
sharp.concurrency(1);
sharp.cache(false);
const sizes = JSON.parse(wanted);

const resized = (source, { width, height, crop }) => source.resize(width, height, { fit: crop ? "cover" : "fill" });
const fromFile = (size) => resized(sharp(photo).rotate(), size);
const jpeg = async (image) => (await image.jpeg({ quality: 80 }).toBuffer()).length;

const tasks = {
  // Each from the original, as its documentation shows.
  async jpegs() {
    const made = [];
    for (const size of sizes) made.push(await jpeg(fromFile(size)));
    return made;
  },
  // Each from the largest, handed over as pixels.
  async cascade() {
    const { data, info } = await fromFile(sizes[0]).raw().toBuffer({ resolveWithObject: true });
    const made = [];
    for (const size of sizes) made.push(await jpeg(resized(sharp(data, { raw: info }), size)));
    return made;
  },
  async webps() {
    const made = [];
    for (const size of sizes) {
      const image = fromFile(size);
      made.push(size.crop ? await jpeg(image) : (await image.webp({ quality: 80 }).toBuffer()).length);
    }
    return made;
  },
};

const before = process.cpuUsage();
const result = await tasks[task]();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpu_s: (user + system) / 1e6, result }));
