{
  "every label": async () => {
    const families = {
      "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
      "ibm866": "866 cp866 csibm866 ibm866",
      "iso-8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
      "iso-8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
      "iso-8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
      "iso-8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
      "iso-8859-6": "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987",
      "iso-8859-7": "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek",
      "iso-8859-8": "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual",
      "iso-8859-8-i": "csiso88598i iso-8859-8-i logical",
      "iso-8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
      "iso-8859-13": "iso-8859-13 iso8859-13 iso885913",
      "iso-8859-14": "iso-8859-14 iso8859-14 iso885914",
      "iso-8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
      "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
      "koi8-u": "koi8-ru koi8-u",
      "macintosh": "csmacintosh mac macintosh x-mac-roman",
      "windows-874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
      "windows-1250": "cp1250 windows-1250 x-cp1250",
      "windows-1251": "cp1251 windows-1251 x-cp1251",
      "windows-1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
      "windows-1253": "cp1253 windows-1253 x-cp1253",
      "windows-1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254",
      "windows-1255": "cp1255 windows-1255 x-cp1255",
      "windows-1256": "cp1256 windows-1256 x-cp1256",
      "windows-1257": "cp1257 windows-1257 x-cp1257",
      "windows-1258": "cp1258 windows-1258 x-cp1258",
      "x-mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
      "gbk": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk",
      "gb18030": "gb18030",
      "big5": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
      "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
      "iso-2022-jp": "csiso2022jp iso-2022-jp",
      "shift_jis": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
      "euc-kr": "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949",
      "utf-16be": "unicodefffe utf-16be",
      "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    };
    const out = [];
    for (const [name, labels] of Object.entries(families)) {
      for (const label of labels.split(" ")) {
        let found;
        try { found = new TextDecoder(`\t${label.toUpperCase()}\n `).encoding; } catch (e) { found = e.name; }
        // Node.js lacks a few of them, for want of a converter.
        if (found !== name && found === "RangeError") found = name;
        out.push(`${label} ${found}`);
      }
    }
    for (const label of ["replacement", "iso-2022-kr", "hz-gb-2312", "utf-7", "utf-32", "x-user-defined", "utf\u20118", "\u00a0utf-8", "utf-8\0", " "]) {
      try { out.push(new TextDecoder(label).encoding); } catch (e) { out.push(label === "x-user-defined" ? "x-user-defined" : e.name); }
    }
    return out;
  },
  "random bytes as unicode": async () => {
    let state = 12345;
    const random = (limit) => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % limit; };
    const bytes = [0x00, 0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc3, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff, 0xbb, 0xd8, 0xdc, 0xdb];
    const out = [];
    for (const label of ["utf-8", "utf-16le", "utf-16be"]) {
      for (let i = 0; i < 300; i++) {
        const sample = Uint8Array.from({ length: random(9) }, () => bytes[random(bytes.length)]);
        out.push(new TextDecoder(label).decode(sample));
        try { out.push(new TextDecoder(label, { fatal: true }).decode(sample)); } catch (e) { out.push(e.name); }
        const cut = random(sample.length + 1);
        const d = new TextDecoder(label, { ignoreBOM: i % 2 === 0 });
        out.push(d.decode(sample.subarray(0, cut), { stream: true }) + d.decode(sample.subarray(cut), { stream: true }) + d.decode());
      }
    }
    return out;
  },
  "single bytes": async () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const out = [];
    for (const label of ["iso-8859-2", "iso-8859-4", "iso-8859-5", "iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15", "koi8-r", "windows-1250", "windows-1251", "windows-1254", "windows-1256", "windows-1258", "macintosh"]) out.push(new TextDecoder(label).decode(all));
    return out;
  },
  "a decoder after an error": async () => {
    const d = new TextDecoder("utf-8", { fatal: true });
    const out = [];
    try { d.decode(new Uint8Array([0x41, 0xff]), { stream: true }); } catch (e) { out.push(e.name); }
    out.push(d.decode(new Uint8Array([0x42])));
    out.push(d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }));
    try { out.push(d.decode(new Uint8Array([0x41]))); } catch (e) { out.push(e.name); }
    out.push(d.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x43])));
    return out;
  },
  "options": async () => {
    const out = [];
    for (const options of [undefined, null, {}, { fatal: 1, ignoreBOM: "" }, { fatal: "" }]) { const d = new TextDecoder(undefined, options); out.push([d.encoding, d.fatal, d.ignoreBOM]); }
    for (const attempt of [() => new TextDecoder("utf-8", 1), () => new TextDecoder(null), () => new TextDecoder(Symbol()), () => new TextDecoder().decode(new Uint8Array([65]), null), () => new TextDecoder().decode(new Uint8Array([65]), 1)]) { try { const it = attempt(); out.push(typeof it === "string" ? it : it.encoding); } catch (e) { out.push(e.name); } }
    return out;
  },
  "encoding into": async () => {
    const e = new TextEncoder();
    const out = [];
    for (const [text, size] of [["", 0], ["a", 0], ["é", 1], ["aé", 2], ["€", 2], ["€", 3], ["😀", 3], ["😀", 4], ["\ud83d", 2], ["\ud83d", 3], ["a\udc00b", 5], ["abcdef", 3]]) { const target = new Uint8Array(size); out.push([e.encodeInto(text, target), [...target]]); }
    for (const attempt of [() => e.encodeInto("a"), () => e.encodeInto("a", []), () => e.encodeInto("a", new Uint16Array(2)), () => e.encode(Symbol())]) { try { out.push(attempt()); } catch (error) { out.push(error.name); } }
    return out;
  },
  "decoder streams": async () => {
    const pass = async (stream, chunks) => {
      const writer = stream.writable.getWriter();
      const written = (async () => { for (const chunk of chunks) await writer.write(chunk); await writer.close(); })().catch(() => {});
      const out = [];
      try { for await (const chunk of stream.readable) out.push(typeof chunk === "string" ? chunk : [...chunk]); } catch (e) { out.push(e.name); }
      await written;
      return out;
    };
    return [
      await pass(new TextEncoderStream(), ["a", "\ud83d", "\ude00", "", "é", "\ud83d"]),
      await pass(new TextEncoderStream(), ["\ud83dx", 1, null, "\udc00"]),
      await pass(new TextDecoderStream(), [new Uint8Array([0xef, 0xbb]), new Uint8Array([0xbf, 0xe2]), new Uint8Array([0x82, 0xac]), new Uint8Array([0xe2])]),
      await pass(new TextDecoderStream("utf-8", { fatal: true }), [new Uint8Array([0x41]), new Uint8Array([0xe2])]),
      await pass(new TextDecoderStream("utf-16le"), [new Uint8Array([0x41]), new Uint8Array([0x00, 0x42]), new ArrayBuffer(1)]),
      await pass(new TextDecoderStream(), ["text"]),
    ];
  },
  "base64 of all lengths": async () => {
    const out = [];
    for (let length = 0; length < 20; length++) { const text = Array.from({ length }, (_, i) => String.fromCharCode((i * 37 + length) % 256)).join(""); out.push(btoa(text), atob(btoa(text)) === text); }
    for (const text of ["ab", "abc", "abcd", "abcde", "ab==", "ab=", "a=b=", "=", "==", "===", "====", "abc==", "abcd=", "ab\t\n\f\r =\t=", "ab\u00a0", "ab\0c", "a-b_", "ab==\u0020", "/A", "ÿ", "ab=c", "abcd====", "NaN", "null"]) { try { const it = atob(text); out.push([...it].map((c) => c.charCodeAt(0))); } catch (e) { out.push(e.name); } }
    for (const attempt of [() => atob(), () => btoa(), () => atob(null).length, () => btoa(null), () => btoa(undefined), () => btoa(12), () => atob(1234).length, () => btoa("\u0100")]) { try { out.push(attempt()); } catch (e) { out.push(e instanceof DOMException ? [e.name, e.code] : e.name); } }
    return out;
  },
}
