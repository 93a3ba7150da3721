// Makes `cldr.bin` out of the CLDR packages of npm: `npm ci && node generate.mjs`.
//
// What comes out is one tree of tables and strings, every distinct table and string stored once. All numbers are
// little-endian. A value is a 32-bit word: bit 0 says table (1) or string (0), the rest is an offset into the file.
// A string is its length (LEB128) and its UTF-8 bytes. A table is the offset of its shape, then one value per key;
// a shape is the count of keys, then the offsets of their strings, sorted by their bytes.
// The file begins with the offset of the pool's end and the value of the root.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { trimCalendar, trimCalendarNames, trimCurrencies, trimDateFields, trimLists, trimLunisolar, trimNames, trimNumbers, trimOlderCalendar, trimUnits, trimZones } from "./trim.mjs";
import { supplemental } from "./supplemental.mjs";

const require = createRequire(import.meta.url);
const read = (name, locale, file) => {
  const json = require(`cldr-${name}/main/${locale}/${file}.json`);
  return json.main[locale];
};
const optional = (name, locale, file) => {
  try {
    return read(name, locale, file);
  } catch {
    return undefined;
  }
};

// Everything that CLDR has.
const available = require("cldr-core/availableLocales.json").availableLocales.full;
const locales = available;

// Where a package lacks a locale, its parent has it.
const older = (name, locale) => {
  for (let tag = locale; tag !== ""; tag = tag.slice(0, Math.max(0, tag.lastIndexOf("-")))) {
    const found = optional(`cal-${name}-full`, tag, `ca-${name}`);
    if (found !== undefined) return found.dates.calendars[name];
  }
  return optional(`cal-${name}-full`, "root", `ca-${name}`)?.dates.calendars[name];
};
const ofAge = (names, locale) =>
  Object.fromEntries(names.map((name) => [name, trimOlderCalendar(older(name, locale))]));
const namesOnly = (names, locale) =>
  Object.fromEntries(names.map((name) => [name, trimCalendarNames(older(name, locale))]));
const lunisolar = (names, locale) =>
  Object.fromEntries(names.map((name) => [name, trimLunisolar(older(name, locale))]));

const localeTree = (locale) => {
  const names = (file) => optional("localenames-full", locale, file)?.localeDisplayNames ?? {};
  const dates = (file) => read("dates-full", locale, file).dates;
  const calendar = (name, file) => {
    const found = optional(name, locale, file);
    return found && trimCalendar(Object.values(found.dates.calendars)[0]);
  };
  const calendars = {
    gregory: trimCalendar(dates("ca-gregorian").calendars.gregorian),
    generic: trimCalendar(dates("ca-generic").calendars.generic),
    hebrew: calendar("cal-hebrew-full", "ca-hebrew"),
    islamic: calendar("cal-islamic-full", "ca-islamic"),
    ...ofAge(["buddhist", "ethiopic", "japanese", "persian"], locale),
    // Their packages are much older than the rest, so only names are taken of them; patterns are the generic ones.
    ...namesOnly(["coptic", "indian", "roc"], locale),
    ...lunisolar(["chinese", "dangi"], locale),
  };
  return {
    calendars,
    fields: trimDateFields(dates("dateFields").fields),
    zones: trimZones(dates("timeZoneNames").timeZoneNames),
    numbers: trimNumbers(read("numbers-full", locale, "numbers").numbers),
    currencies: trimCurrencies(read("numbers-full", locale, "currencies").numbers.currencies),
    units: trimUnits(read("units-full", locale, "units").units),
    names: trimNames(names),
    lists: trimLists(read("misc-full", locale, "listPatterns").listPatterns),
  };
};

// --- inheritance ----------------------------------------------------------------------------------------------
const parents = require("cldr-core/supplemental/parentLocales.json").supplemental.parentLocales.parentLocale;
const parentOf = (locale) => {
  if (locale === "und") return undefined;
  const shorter = locale.slice(0, Math.max(0, locale.lastIndexOf("-")));
  const parent = parents[locale] ?? shorter;
  if (parent === "" || parent === "und") return "und";
  return locales.includes(parent) ? parent : parentOf(parent);
};
// Stands where a locale has nothing, although its parent has something.
const NOTHING = "∅∅∅";
// What `tree` says otherwise than `base`; undefined when nothing.
const difference = (tree, base) => {
  if (typeof tree !== "object" || typeof base !== "object") return tree === base ? undefined : tree;
  const changed = Object.keys(tree).map((key) => [key, tree[key] === undefined ? undefined : difference(tree[key], base[key])]);
  for (const key of Object.keys(base)) {
    if (tree[key] === undefined && base[key] !== undefined) changed.push([key, NOTHING]);
  }
  const kept = changed.filter(([, child]) => child !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};
const full = Object.fromEntries(locales.map((locale) => [locale, localeTree(locale)]));
const inherited = (locale) => {
  const parent = parentOf(locale);
  if (parent === undefined) return full[locale];
  return { ...difference(full[locale], full[parent]), parent };
};

// Every name a locale goes by, with the locale that has its data: those without data of their own, because it is
// what their parent says, and those that leave out a script which goes without saying.
const likely = require("cldr-core/supplemental/likelySubtags.json").supplemental.likelySubtags;
const scriptOf = (tag) => (likely[tag] ?? likely[tag.split("-")[0]])?.split("-")[1];
const names = {};
const defaults = require("cldr-core/defaultContent.json").defaultContent;
for (const locale of [...locales, ...defaults]) names[locale] = locales.includes(locale) ? locale : parentOf(locale);
for (const locale of Object.keys(names)) {
  const [language, script, region, rest] = locale.split("-");
  if (rest !== undefined || region === undefined || script.length !== 4) continue;
  const short = `${language}-${region}`;
  if (names[short] === undefined && scriptOf(short) === script) names[short] = names[locale];
}
delete names.und;

// --- writing --------------------------------------------------------------------------------------------------
const chunks = [];
let size = 8;
const append = (bytes) => {
  const at = size;
  chunks.push(bytes);
  size += bytes.length;
  return at;
};
const words = (list) => {
  const padding = (4 - (size % 4)) % 4;
  if (padding > 0) append(Buffer.alloc(padding));
  const bytes = Buffer.alloc(list.length * 4);
  list.forEach((word, index) => bytes.writeUInt32LE(word, index * 4));
  return append(bytes);
};
const pool = (make) => {
  const known = new Map();
  return (key, ...rest) => {
    let at = known.get(key);
    if (at === undefined) known.set(key, (at = make(key, ...rest)));
    return at;
  };
};
const leb128 = (number) => (number < 128 ? [number] : [(number & 127) | 128, ...leb128(number >>> 7)]);
const string = pool((text) => {
  const bytes = Buffer.from(text, "utf8");
  return append(Buffer.concat([Buffer.from(leb128(bytes.length)), bytes]));
});
const shape = pool((_joined, keys) => words([keys.length, ...keys.map((key) => string(key))]));
const table = pool((_key, list) => words(list));
const value = (tree) => {
  if (typeof tree !== "object") return string(String(tree)) * 2;
  const keys = Object.keys(tree).filter((key) => tree[key] !== undefined);
  keys.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  const values = keys.map((key) => value(tree[key]));
  const list = [shape(JSON.stringify(keys), keys), ...values];
  return table(list.join(), list) * 2 + 1;
};

const root = value({
  supplemental: supplemental(require),
  names,
  locales: Object.fromEntries(locales.map((locale) => [locale, inherited(locale)])),
});
const head = Buffer.alloc(8);
head.writeUInt32LE(size, 0);
head.writeUInt32LE(root, 4);
const all = Buffer.concat([head, ...chunks]);
const packed = deflateRawSync(all, { level: 9 });
writeFileSync(new URL("cldr.bin.deflate", import.meta.url), packed);
console.log(`${locales.length} locales, ${all.length} bytes, ${packed.length} packed`);
