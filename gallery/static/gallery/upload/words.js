// What the uploader says: the server's sentences, and numbers as their language writes them.

const language = document.documentElement.lang;
const plurals = new Intl.PluralRules(language);
let words = null;

// Without them the keys stand for the words.
export async function load(url) {
  words ??= await fetch(url).then((answer) => answer.json()).catch(() => null);
}

// A count has a sentence for each plural category.
export function say(key, values = {}) {
  const found = words?.[key] ?? key;
  const sentence = found[plurals.select(values.count)] ?? found.other ?? found;
  return sentence.replace(/%\((\w+)\)s/g, (place, name) => values[name]?.toLocaleString(language));
}

const measure = (value, unit, digits = 0) => value.toLocaleString(language, {
  style: 'unit', unit, minimumFractionDigits: digits, maximumFractionDigits: digits,
});

export const percent = (hundredths) => measure(hundredths, 'percent');
export const size = (bytes) => (bytes < 1e6 ? measure(Math.ceil(bytes / 1e3), 'kilobyte') : measure(bytes / 1e6, 'megabyte', 1));
export const speed = (rate) => measure(rate / 1e6, 'megabyte-per-second', 1);

export function duration(seconds) {
  if (seconds < 90) return measure(Math.max(1, seconds), 'second');
  return seconds < 5400 ? measure(seconds / 60, 'minute') : measure(seconds / 3600, 'hour', 1);
}
