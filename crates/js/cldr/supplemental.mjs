// What is taken of CLDR's supplemental data: facts about regions, currencies, zones and numbering systems.
import { UNITS } from "./trim.mjs";

const object = Object.fromEntries;
const seconds = (text) => (text === undefined ? undefined : String(Date.parse(`${text.replace(" ", "T")}:00Z`) / 1000));

// Per zone, the names it went by: `[{ from, to, name }, …]` in seconds since 1970.
const metazonesOf = (tree, prefix, into) => {
  for (const [key, child] of Object.entries(tree)) {
    if (!Array.isArray(child)) {
      metazonesOf(child, `${prefix}${key}/`, into);
      continue;
    }
    const uses = child.map(({ usesMetazone: use }) => ({ name: use._mzone, from: seconds(use._from), to: seconds(use._to) }));
    into[prefix + key] = object(uses.map((use, index) => [String(index).padStart(2, "0"), use]));
  }
  return into;
};

export const supplemental = (require) => {
  const read = (file) => require(`cldr-core/supplemental/${file}.json`).supplemental;
  const zones = read("metaZones").metaZones;
  const golden = {};
  for (const { mapZone } of zones.metazones) (golden[mapZone._other] ??= {})[mapZone._territory] = mapZone._type;
  const aliases = require("cldr-bcp47/bcp47/timezone.json").keyword.u.tz;
  const canonical = {};
  for (const [code, zone] of Object.entries(aliases)) {
    if (code.startsWith("_") || zone._alias === undefined) continue;
    const names = zone._alias.split(" ");
    const region = zone._region ?? (code.length === 5 ? code.slice(0, 2).toUpperCase() : undefined);
    for (const name of names) canonical[name] = { to: names[0], region };
  }
  const fractions = read("currencyData").currencyData.fractions;
  // Codes that are money somewhere today.
  const current = new Set();
  for (const [, uses] of read("currencyData").currencyData.region ? Object.entries(read("currencyData").currencyData.region) : []) {
    for (const use of uses) {
      for (const [code, it] of Object.entries(use)) if (it._to === undefined && it._tender !== "false") current.add(code);
    }
  }
  const systems = Object.entries(read("numberingSystems").numberingSystems).filter(([, it]) => it._type === "numeric");
  const weeks = read("weekData").weekData;
  const intervals = read("pluralRanges").plurals;
  return {
    hours: object(
      Object.entries(read("timeData").timeData).map(([key, { _allowed, _preferred }]) => [
        key.replace("_", "-"),
        { allowed: _allowed, preferred: _preferred },
      ]),
    ),
    calendars: object(Object.entries(read("calendarPreferenceData").calendarPreferenceData).map(([key, list]) => [key, list.join(" ")])),
    parents: read("parentLocales").parentLocales.parentLocale,
    digits: object(systems.map(([name, it]) => [name, it._digits])),
    currencies: object(
      Object.entries(fractions).map(([code, it]) => [code, it._digits]),
    ),
    money: object([...current].sort().map((code) => [code, "1"])),
    metazones: metazonesOf(zones.metazoneInfo.timezone, "", {}),
    metazoneZones: golden,
    zoneAliases: canonical,
    dayPeriods: read("dayPeriods").dayPeriodRuleSet,
    weeks: { first: weeks.firstDay, minimum: weeks.minDays, weekendStart: weeks.weekendStart, weekendEnd: weeks.weekendEnd },
    pluralRanges: intervals,
    units: object(UNITS.map((unit) => [unit, "1"])),
    primaryZones: read("primaryZones").primaryZones,
  };
};
