// What is taken of each CLDR file: the parts that `Intl` can show.

const object = Object.fromEntries;
const pick = (tree, keys) => object(keys.filter((key) => tree[key] !== undefined).map((key) => [key, tree[key]]));
const without = (tree, suffix) =>
  object(
    Object.entries(tree)
      .filter(([key]) => !key.includes(suffix))
      .map(([key, child]) => [key, typeof child === "object" ? without(child, suffix) : child]),
  );

// A pattern that asks for another numbering system is `{ _value, _numbers }`.
const patterns = (tree) =>
  object(
    Object.entries(tree).map(([key, child]) => {
      if (typeof child !== "object" || child._value === undefined) return [key, child];
      return [key, child._numbers === undefined ? child._value : { value: child._value, numbers: child._numbers }];
    }),
  );

const appendNames = {
  Era: "G", Year: "y", Quarter: "Q", Month: "M", Week: "w", "Day-Of-Week": "E", Day: "d", Hour: "h", Minute: "m",
  Second: "s", Timezone: "v",
};

const monthNames = (months) => {
  const context = (tree) => tree && pick(tree, ["abbreviated", "narrow", "wide"]);
  return { format: context(months.format), "stand-alone": context(months["stand-alone"]) };
};

export const trimCalendar = (raw) => {
  const calendar = without(raw, "-alt-");
  const { availableFormats, intervalFormats, appendItems, ...glue } = calendar.dateTimeFormats;
  return {
    months: monthNames(calendar.months),
    days: calendar.days,
    quarters: calendar.quarters,
    dayPeriods: calendar.dayPeriods,
    eras: calendar.eras,
    monthPatterns: calendar.monthPatterns,
    cyclicNameSets: calendar.cyclicNameSets && pick(calendar.cyclicNameSets, ["years"]),
    date: patterns(calendar.dateFormats),
    time: patterns(calendar.timeFormats),
    glue: patterns(glue),
    glueAtTime: calendar["dateTimeFormats-atTime"]?.standard ?? patterns(glue),
    available: object(Object.entries(patterns(availableFormats)).filter(([key]) => !key.includes("-count-"))),
    append: object(Object.entries(appendItems ?? {}).map(([key, text]) => [appendNames[key] ?? key, text])),
    interval: intervalFormats,
  };
};

export const trimCalendarNames = (raw) => {
  if (raw === undefined) return undefined;
  const { months, eras } = without(raw, "-alt-");
  return { months: monthNames(months), eras: eras && recentEras(eras) };
};
// Of the Japanese eras, those that the Gregorian calendar knew.
const recentEras = (eras) =>
  object(
    Object.entries(eras).map(([width, names]) => [width, object(Object.entries(names).filter(([key]) => key < 2 || key >= 232))]),
  );
export const trimOlderCalendar = (raw) => {
  if (raw === undefined) return undefined;
  const { days: _, quarters: __, dayPeriods: ___, ...calendar } = trimCalendar(raw);
  return { ...calendar, eras: recentEras(calendar.eras) };
};
export const trimLunisolar = (raw) => {
  if (raw === undefined) return undefined;
  const { months, monthPatterns, cyclicNameSets, dateFormats, timeFormats, dateTimeFormats } = without(raw, "-alt-");
  const { availableFormats, intervalFormats, appendItems: _, ...glue } = dateTimeFormats;
  return {
    months: monthNames(months),
    monthPatterns,
    cyclicNameSets: pick(cyclicNameSets, ["years"]),
    date: patterns(dateFormats),
    time: patterns(timeFormats),
    glue: patterns(glue),
    glueAtTime: patterns(glue),
    available: patterns(availableFormats),
    interval: intervalFormats,
  };
};

const relatable = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"];
export const trimDateFields = (fields) =>
  object(
    Object.entries(fields)
      .filter(([key]) => [...relatable, "era", "weekday", "dayperiod", "zone", "weekOfYear"].includes(key.split("-")[0]))
      .map(([key, field]) => {
        const { displayName, ["relativeTime-type-future"]: future, ["relativeTime-type-past"]: past } = field;
        const plurals = (tree) => tree && object(Object.entries(tree).map(([name, text]) => [name.split("-").at(-1), text]));
        const relative = Object.entries(field).filter(([name]) => name.startsWith("relative-type-"));
        return [
          key,
          {
            name: displayName,
            relative: object(relative.map(([name, text]) => [name.slice("relative-type-".length), text])),
            future: plurals(future),
            past: plurals(past),
          },
        ];
      }),
  );

// `{ America: { Argentina: { Ushuaia: … } } }` becomes `{ "America/Argentina/Ushuaia": … }`.
const flattenZones = (tree, prefix, into) => {
  for (const [key, child] of Object.entries(tree)) {
    const { exemplarCity: city, long, short, _type } = child;
    if (city !== undefined || long !== undefined || short !== undefined || _type === "zone") {
      into[prefix + key] = { city, long, short };
    } else {
      flattenZones(child, `${prefix}${key}/`, into);
    }
  }
  return into;
};
export const trimZones = (names) => ({
  hourFormat: names.hourFormat,
  gmtFormat: names.gmtFormat,
  gmtZeroFormat: names.gmtZeroFormat,
  region: names.regionFormat,
  fallback: names.fallbackFormat,
  zones: flattenZones(names.zone, "", {}),
  metazones: object(Object.entries(names.metazone ?? {}).map(([key, child]) => [key, pick(child, ["long", "short"])])),
});

export const trimNumbers = (numbers) => {
  const systems = {};
  for (const [key, child] of Object.entries(numbers)) {
    const [kind, system] = key.split("-numberSystem-");
    if (system === undefined || kind === "rationalFormats") continue;
    const { currencyPatternAppendISO, atLeast, atMost, list, perMille, timeSeparator, superscriptingExponent, ...rest } = child;
    void [currencyPatternAppendISO, atLeast, atMost, list, perMille, superscriptingExponent];
    (systems[system] ??= {})[kind] = without({ ...rest, ...(kind === "symbols" && { timeSeparator }) }, "noCurrency");
  }
  return {
    system: numbers.defaultNumberingSystem,
    native: numbers.otherNumberingSystems,
    grouping: numbers.minimumGroupingDigits,
    systems,
  };
};

export const trimCurrencies = (currencies) =>
  object(
    Object.entries(currencies).map(([code, names]) => {
      const counts = Object.entries(names).filter(([key]) => key.startsWith("displayName-count-"));
      const texts = object(counts.map(([key, text]) => [key.slice("displayName-count-".length), text]));
      const [symbol, narrow] = [names.symbol, names["symbol-alt-narrow"]];
      return [code, { name: names.displayName, symbol, narrow, counts: texts }];
    }),
  );

export const UNITS = (
  "acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour " +
  "inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian milliliter " +
  "millimeter millisecond minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week yard year"
).split(" ");
const compounds = new Set(["kilometer-per-hour", "mile-per-hour", "mile-per-gallon", "meter-per-second", "liter-per-kilometer"]);
export const trimUnits = (units) =>
  object(
    ["long", "short", "narrow"].map((width) => {
      const kept = {};
      for (const [key, unit] of Object.entries(units[width])) {
        const name = key === "per" ? "per" : key.slice(key.indexOf("-") + 1);
        if (key === "per") {
          kept.per = { pattern: unit.compoundUnitPattern };
        } else if (UNITS.includes(name) || compounds.has(name)) {
          const counts = Object.entries(unit).filter(([field]) => /^unitPattern-count-[a-z]+$/.test(field));
          const texts = object(counts.map(([field, text]) => [field.slice("unitPattern-count-".length), text]));
          kept[name] = { ...texts, per: unit.perUnitPattern };
        }
      }
      return [width, kept];
    }),
  );

export const trimLists = (lists) =>
  object(
    Object.entries(lists)
      .filter(([key]) => key.startsWith("listPattern-type-"))
      .map(([key, list]) => [key.slice("listPattern-type-".length), list]),
  );

const shortAlternatives = (tree) => {
  const entries = Object.entries(tree).filter(([key]) => !key.includes("-alt-") || key.endsWith("-alt-short"));
  return object(entries.map(([key, text]) => [key.replace("-alt-short", "/short"), text]));
};
// A name that is only the code itself says nothing.
const telling = (tree) => object(Object.entries(tree).filter(([key, text]) => key !== text));
export const trimNames = (read) => {
  const { localeDisplayPattern, types } = read("localeDisplayNames");
  return {
    pattern: localeDisplayPattern,
    calendars: without(types?.calendar ?? {}, "-alt-"),
    languages: telling(shortAlternatives(read("languages").languages ?? {})),
    scripts: telling(without(read("scripts").scripts ?? {}, "-alt-")),
    territories: telling(shortAlternatives(read("territories").territories ?? {})),
  };
};
