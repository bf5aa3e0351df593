// How fast bytes go: the mean of the last seconds.

const WINDOW_MS = 15_000;
const LEAST_MS = 3000;

export class Pace {
  #seen = [];

  note(moved, now = performance.now()) {
    const last = this.#seen.at(-1);
    if (last && now - last.now < 250) return;
    this.#seen.push({ moved, now });
    while (now - this.#seen[0].now > WINDOW_MS) this.#seen.shift();
  }

  stop() {
    this.#seen = [];
  }

  // Bytes in a second; 0 while it cannot be told.
  get rate() {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || last.now - first.now < LEAST_MS) return 0;
    return (1000 * (last.moved - first.moved)) / (last.now - first.now);
  }
}
