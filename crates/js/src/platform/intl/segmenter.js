// Intl.Segmenter
(host, { part }) => {
  const { localeList, objectOrNothing, reader, slots, finish } = part("intl/common");
  const segmenters = slots("Segmenter");

  // Ends of all segments; those of words that are none are negative.
  const endsOf = (segments) => {
    segments.ends ??= JSON.parse(host.intl("segmenter.ends", segments.config, segments.text.toWellFormed()));
    return segments.ends;
  };
  const segmentAt = ({ text, byWords, ends }, place) => {
    const end = Math.abs(ends[place]);
    const index = place === 0 ? 0 : Math.abs(ends[place - 1]);
    const data = { segment: text.slice(index, end), index, input: text };
    if (byWords) data.isWordLike = ends[place] > 0;
    return data;
  };

  const iterators = new WeakMap();
  const SegmentIterator = Object.setPrototypeOf(
    {
      next() {
        const state = iterators.get(this);
        if (state === undefined) throw new TypeError("next method called on incompatible receiver");
        const ends = endsOf(state.segments);
        if (state.place >= ends.length) return { value: undefined, done: true };
        return { value: segmentAt(state.segments, state.place++), done: false };
      },
    },
    Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
  );
  Object.defineProperty(SegmentIterator, "next", { enumerable: false });
  Object.defineProperty(SegmentIterator, Symbol.toStringTag, { value: "Segmenter String Iterator", configurable: true });

  const known = new WeakMap();
  const inner = (object, method) => {
    const segments = known.get(object);
    if (segments === undefined) throw new TypeError(`Method %SegmentsPrototype%.${method} called on incompatible receiver`);
    return segments;
  };
  const Segments = {
    containing(index) {
      const segments = inner(this, "containing");
      const unit = Math.trunc(Number(index)) || 0;
      if (unit < 0 || unit >= segments.text.length) return undefined;
      const ends = endsOf(segments);
      let [low, high] = [0, ends.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (Math.abs(ends[middle]) > unit) high = middle;
        else low = middle + 1;
      }
      return segmentAt(segments, low);
    },
    [Symbol.iterator]() {
      const segments = inner(this, "[Symbol.iterator]");
      const iterator = Object.create(SegmentIterator);
      iterators.set(iterator, { segments, place: 0 });
      return iterator;
    },
  };
  for (const key of Reflect.ownKeys(Segments)) Object.defineProperty(Segments, key, { enumerable: false });

  class Segmenter {
    constructor(locales, given) {
      const tags = localeList(locales);
      const read = reader("Intl.Segmenter", objectOrNothing(given));
      read.matcher();
      const granularity = read.text("granularity", ["grapheme", "word", "sentence"], "grapheme");
      segmenters.open(this, "segmenter", { locales: tags, granularity });
    }
    segment(input) {
      const { config, options } = segmenters.of(this, "segment");
      const segments = Object.create(Segments);
      known.set(segments, { config, text: String(input), byWords: options.granularity === "word", ends: undefined });
      return segments;
    }
    resolvedOptions() {
      const { resolved, options } = segmenters.of(this, "resolvedOptions");
      return { locale: resolved.locale, granularity: options.granularity };
    }
  }
  Object.defineProperty(Segmenter, "length", { value: 0, configurable: true });
  return { Segmenter: finish(Segmenter, "Segmenter") };
};
