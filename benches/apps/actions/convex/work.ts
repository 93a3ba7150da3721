// What every server of the `actions` benchmark does with a document.

/** JSON text of some two kilobytes. */
export function payload(seed: number) {
  const entries = Array.from({ length: 40 }, (_, i) => ({ name: `entry ${i}`, score: (seed * 31 + i * 17) % 101 }));
  return JSON.stringify(entries);
}

/** Parses, sorts, sums and writes JSON again. */
export function digest(text: string) {
  const entries: { name: string; score: number }[] = JSON.parse(text);
  entries.sort((a, b) => b.score - a.score);
  const best = entries.slice(0, 10).map(({ name, score }) => ({ name, score }));
  const sum = entries.reduce((sum, { score }) => sum + score, 0);
  return JSON.stringify({ best, sum });
}

export const wait = (ms: number) => new Promise<null>((done) => setTimeout(() => done(null), ms));
