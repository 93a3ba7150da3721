// Waits for conditions, never for time.

const BETWEEN_LOOKS_MS = 20;

/** Looks until `condition` gives something truthy, and returns that; fails after `limitMs`. */
export async function until(condition, what, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain until: ${what}`);
    await new Promise((look) => setTimeout(look, BETWEEN_LOOKS_MS));
  }
}

/** A promise that fails when `limitMs` pass first. */
export function within(promise, what, limitMs = 20_000) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms in vain for: ${what}`)), limitMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** Collects what a subscription delivers; `next(test)` gives the first value, seen or coming, that passes. */
export class Inbox {
  #seen = [];
  #waiting = new Set();

  push = (value) => {
    this.#seen.push(value);
    for (const waiter of this.#waiting) {
      if (waiter.test(value)) {
        this.#waiting.delete(waiter);
        waiter.resolve(value);
      }
    }
  };

  get all() {
    return [...this.#seen];
  }

  async next(test = () => true, what = "a value", limitMs = 20_000) {
    const already = this.#seen.find(test);
    if (already !== undefined) return already;
    const coming = new Promise((resolve) => this.#waiting.add({ test, resolve }));
    try {
      return await within(coming, what, limitMs);
    } catch (error) {
      error.message += `\nseen: ${JSON.stringify(this.#seen, (_, v) => (typeof v === "bigint" ? `${v}n` : v)).slice(0, 2000)}`;
      throw error;
    }
  }
}
