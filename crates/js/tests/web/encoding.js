{
  "labels": async () => {
    const labels = ["utf-8", "UTF8", " unicode-1-1-utf-8 ", "utf-16", "utf-16le", "utf-16be", "latin1", "ascii", "iso-8859-1", "iso-8859-2", "l2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "cyrillic", "iso-8859-6", "iso-8859-7", "greek", "iso-8859-8", "hebrew", "iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15", "koi8-r", "koi", "koi8-u", "macintosh", "windows-1250", "windows-1251", "cp1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258", "gbk", "gb2312", "gb18030", "big5", "euc-jp", "shift_jis", "sjis", "iso-2022-jp", "euc-kr", "nope", "", "utf-7", "iso-2022-kr"];
    return labels.map((label) => { try { return new TextDecoder(label).encoding; } catch (e) { return e.name; } });
  },
  "legacy text": async () => {
    const d = (label, ...bytes) => new TextDecoder(label).decode(new Uint8Array(bytes));
    return [d("windows-1251", 0xcf, 0xf0, 0xe8), d("koi8-r", 0xf0, 0xd2), d("iso-8859-2", 0xb1, 0xe6), d("shift_jis", 0x82, 0xa0, 0x41, 0x83, 0x65), d("euc-jp", 0xa4, 0xa2), d("gbk", 0xc4, 0xe3, 0xba, 0xc3), d("gb18030", 0x81, 0x30, 0x81, 0x30), d("big5", 0xa7, 0x41), d("euc-kr", 0xb0, 0xa1), d("iso-2022-jp", 0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42, 0x41), d("utf-16be", 0, 0x41, 0xd8, 0x3d, 0xde, 0), d("macintosh", 0x8e), d("iso-8859-7", 0xe1)];
  },
  "legacy text in pieces": async () => {
    const run = (label, bytes) => { const d = new TextDecoder(label); let t = ""; for (const b of bytes) t += d.decode(new Uint8Array([b]), { stream: true }) + "|"; return (t + d.decode()).replaceAll("|", ""); };
    return [run("shift_jis", [0x82, 0xa0, 0x41, 0x83, 0x65, 0x20, 0x82, 0xa2]), run("gb18030", [0x81, 0x30, 0x81, 0x30, 0xc4, 0xe3]), run("euc-jp", [0xa4, 0xa2, 0xa4, 0xa4]), run("iso-2022-jp", [0x1b, 0x24, 0x42, 0x24, 0x22, 0x24, 0x24, 0x1b, 0x28, 0x42, 0x41]), run("utf-16be", [0, 0x41, 0xd8, 0x3d, 0xde, 0, 0, 0x42]), run("utf-16le", [0x41, 0, 0x3d, 0xd8, 0, 0xde]), run("big5", [0xa7, 0x41, 0xa7, 0x41])];
  },
  "utf-8 in pieces": async () => {
    const d = new TextDecoder();
    const out = [];
    for (const piece of [[0xef, 0xbb], [0xbf, 0x41, 0xe2, 0x82], [0xac, 0xf0, 0x9f, 0x98], [0x80]]) out.push(d.decode(new Uint8Array(piece), { stream: true }));
    out.push(d.decode(), d.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x42])));
    const keep = new TextDecoder("utf-8", { ignoreBOM: true });
    out.push(keep.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x42])).length);
    return out;
  },
  "malformed": async () => {
    const out = [];
    const samples = [[0xff], [0xc0, 0x80], [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x41, 0x80, 0x42], [0xf0, 0x80, 0x80, 0x41]];
    for (const bytes of samples) {
      out.push(new TextDecoder().decode(new Uint8Array(bytes)));
      try { out.push(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes))); } catch (e) { out.push(e.name); }
    }
    for (const bytes of [[0x3d], [0x3d, 0xd8], [0x00, 0xdc, 0x41, 0x00], [0x3d, 0xd8, 0x41, 0x00]]) out.push(new TextDecoder("utf-16le").decode(new Uint8Array(bytes)));
    return out;
  },
  "encoder": async () => {
    const e = new TextEncoder();
    const out = [e.encoding, [...e.encode("aé€😀")], [...e.encode("\ud800x")], [...e.encode()], [...e.encode(undefined)], [...e.encode(null)]];
    const target = new Uint8Array(5);
    out.push(e.encodeInto("aé€", target), [...target], e.encodeInto("😀😀", new Uint8Array(6)), e.encodeInto("", new Uint8Array(1)));
    return out;
  },
  "base64": async () => {
    const out = [btoa(""), btoa("a"), btoa("ab"), btoa("abc"), btoa("\xff\xfe"), atob("YQ=="), atob("YQ"), atob(" Y W I = "), atob("YWJj").length];
    for (const attempt of [() => btoa("\u0100"), () => atob("Y"), () => atob("YQ=a"), () => atob("*"), () => atob("YQ===")]) { try { out.push(attempt()); } catch (e) { out.push(e.name); } }
    return out;
  },
  "inputs": async () => {
    const buffer = new Uint8Array([65, 66, 67, 68]).buffer;
    const d = new TextDecoder();
    const out = [d.decode(buffer), d.decode(new DataView(buffer, 1, 2)), d.decode(new Uint16Array(buffer, 2, 1)), d.decode(), d.decode(undefined)];
    for (const bad of [1, "x", {}, null]) { try { out.push(d.decode(bad)); } catch (e) { out.push(e.name); } }
    return out;
  },
}
