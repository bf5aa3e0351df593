// The files that were dropped or chosen, folders opened; what systems hide in folders is left out.

const hidden = (name) => name.startsWith('.') || name === 'Thumbs.db' || name === 'desktop.ini';

export async function filesOf(found) {
  const lists = await Promise.all(found.map(({ entry, file }) => (entry ? read(entry) : [file])));
  return lists.flat().filter((file) => file && !hidden(file.name));
}

async function read(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => { entry.file(resolve, reject); })];
  const reader = entry.createReader();
  const inside = [];
  // A reader gives at most a hundred at a time, and nothing at the end.
  for (let more = [null]; more.length;) {
    more = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    inside.push(...more);
  }
  const lists = [];
  for (const each of inside) if (!hidden(each.name)) lists.push(await read(each));
  return lists.flat();
}
