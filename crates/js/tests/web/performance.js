{
  async marks() {
    const mark = performance.mark("a", { startTime: 5, detail: { x: [1] } });
    return [mark instanceof PerformanceMark, mark instanceof PerformanceEntry, mark.name, mark.entryType, mark.startTime, mark.duration, mark.detail, mark.toJSON(), String(mark)];
  },
  async detailsAreCopied() {
    const detail = { x: 1 };
    const mark = performance.mark("copied", { detail });
    detail.x = 2;
    return [mark.detail, performance.mark("none").detail];
  },
  async measures() {
    performance.clearMarks();
    performance.mark("from", { startTime: 10 });
    performance.mark("to", { startTime: 30 });
    const facts = (m) => [m.name, m.entryType, m.startTime, m.duration, m.detail];
    return [
      facts(performance.measure("m1", "from", "to")),
      facts(performance.measure("m2", { start: "from", end: 50, detail: "d" })),
      facts(performance.measure("m3", { start: 1, duration: 4 })),
      facts(performance.measure("m4", { end: "to", duration: 5 })),
      facts(performance.measure("m5", undefined, "to")),
      performance.measure("m6", "from", "to") instanceof PerformanceMeasure,
      performance.measure("m7", { start: 2, end: 3 }).toJSON(),
    ];
  },
  async entriesAreListedByTime() {
    performance.clearMarks();
    performance.clearMeasures();
    performance.mark("b", { startTime: 3 });
    performance.mark("a", { startTime: 1 });
    performance.mark("b", { startTime: 2 });
    performance.measure("b", { start: 0, end: 9 });
    const names = (list) => list.filter((e) => ["mark", "measure"].includes(e.entryType)).map((e) => `${e.entryType} ${e.name} ${e.startTime}`);
    const out = [
      names(performance.getEntries()),
      names(performance.getEntriesByType("mark")),
      names(performance.getEntriesByName("b")),
      names(performance.getEntriesByName("b", "measure")),
      names(performance.getEntriesByName("nobody")),
    ];
    performance.clearMarks("b");
    out.push(names(performance.getEntries()));
    performance.clearMeasures();
    performance.clearMarks();
    out.push(names(performance.getEntries()));
    return out;
  },
  async latestMarkOfAName() {
    performance.clearMarks();
    performance.mark("x", { startTime: 1 });
    performance.mark("x", { startTime: 7 });
    return performance.measure("m", "x", "x").startTime;
  },
  async unknownMark() {
    performance.measure("m", "never set");
  },
  async negativeTime() {
    performance.mark("m", { startTime: -1 });
  },
  async noName() {
    performance.mark();
  },
  async notConstructible() {
    new PerformanceEntry();
  },
  async nobodyMakesMeasures() {
    new PerformanceMeasure("m");
  },
  async bothOptionsAndEnd() {
    performance.measure("m", { start: 1, end: 2 }, "x");
  },
  async allThree() {
    performance.measure("m", { start: 1, end: 2, duration: 1 });
  },
  async marksMadeByHandAreNotListed() {
    performance.clearMarks();
    const mark = new PerformanceMark("hand", { startTime: 4 });
    return [mark.startTime, performance.getEntriesByName("hand").length];
  },
  async clock() {
    return [typeof performance.now(), typeof performance.timeOrigin, Object.keys(performance.toJSON()).includes("timeOrigin"), String(performance), performance instanceof Performance];
  },
}
