{
  "parsing": async () => {
    const inputs = ["http://a.com", "HTTP://A.com:80/b/../c?d#e", "https://user:pa%20ss@host:8443/p", "http://[::1]:80/", "http://1.2.3", "http://0x7f.1/", "http://ex%41mple.com/", "file:///c:/x/../y", "data:text/plain,hi", "mailto:a@b", "javascript:alert(1)", "http://a.com/ü?ü#ü", "http://münchen.de/", "blob:https://a.com/x", "//a.com", "a.com", "", "http://", "http://a b", "http://a.com:99999", "http:/a.com", "http:a.com", "http://a.com\\b\\c", " http://a.com ", "ht\ntp://a.com", "ws://x:80", "wss://x:443/", "ftp://h:21/", "http://a.com/%zz?%zz", "http://a.com/a b?c d#e f", "non-special:opaque path", "non-special://h/p", "http://a.com/?q='\"<>`{}", "https://xn--nxa", "http://a..com", "http://256.1.1.1"];
    return inputs.map((input) => { try { const u = new URL(input); return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash]; } catch (e) { return e.name; } });
  },
  "resolving": async () => {
    const base = "http://a.com/b/c/d?e#f";
    return ["g", "./g", "../g", "../../../g", "/g", "//g", "?y", "#s", "", "g;x=1/../y", "http:g", "mailto:x", ".", "..", "../", "g/./h", "%2e%2e/x"].map((x) => { try { return new URL(x, base).href; } catch (e) { return e.name; } });
  },
  "setters": async () => {
    const out = [];
    const run = (href, part, value) => { const u = new URL(href); try { u[part] = value; out.push(u.href); } catch (e) { out.push(e.name); } };
    run("http://a.com/b", "protocol", "https"); run("http://a.com/b", "protocol", "mailto:"); run("http://a.com/b", "host", "x.com:81"); run("http://a.com:1/b", "hostname", "y"); run("http://a.com/b", "port", "8080"); run("http://a.com:9/b", "port", ""); run("http://a.com/b", "port", "x"); run("http://a.com/b", "port", "65536");
    run("http://a.com/b", "pathname", "c d"); run("http://a.com/b", "search", "x=1"); run("http://a.com/b?x", "search", ""); run("http://a.com/b", "hash", "q r"); run("http://a.com/b", "username", "me@x"); run("http://a.com/b", "password", "p:w"); run("http://a.com/b", "href", "bad"); run("http://a.com/b", "href", "https://z/"); run("mailto:a", "host", "x"); run("mailto:a", "pathname", "b"); run("http://a.com", "hash", ""); run("http://a.com/?a#b", "hash", "#");
    return out;
  },
  "search params": async () => {
    const out = [];
    const p = new URLSearchParams("a=1&b=2&a=3&=x&y&%20=%2B+&&é=ü");
    out.push([...p], p.toString(), p.get("a"), p.getAll("a"), p.get("y"), p.get("zz"), p.has("a", "3"), p.size);
    p.append("n", "v v"); p.set("a", "z"); p.delete("b"); p.delete("y", "no"); p.sort();
    out.push(p.toString());
    out.push(String(new URLSearchParams({ a: "1", b: "&=" })), String(new URLSearchParams([["x", "1"], ["x", "2"]])), String(new URLSearchParams("?a=b")), String(new URLSearchParams(new Map([["m", "n"]]))), String(new URLSearchParams(undefined)), String(new URLSearchParams("*-._~!'()")));
    for (const bad of [[["a"]], [1]]) { try { out.push(String(new URLSearchParams(bad))); } catch (e) { out.push(e.name); } }
    const seen = []; p.forEach((v, k) => seen.push(k + v)); out.push(seen.length, [...p.keys()].length, [...p.values()].length);
    return out;
  },
  "params follow the url": async () => {
    const u = new URL("http://a.com/?x=1");
    const p = u.searchParams;
    p.append("y", "2 3");
    const out = [u.href];
    u.search = "?z=9"; out.push([...p]);
    p.delete("z"); out.push(u.href);
    u.href = "http://b.com/?q=1"; out.push(p.get("q"), u.searchParams === p);
    return out;
  },
  "statics": async () => [URL.canParse("http://a"), URL.canParse("x"), URL.canParse("x", "http://a"), JSON.stringify(new URL("http://a.com")), String(new URL("http://a.com"))],
  "url checks": async () => { const out = []; for (const attempt of [() => new URL(), () => URL("http://a"), () => new URL("x", "y"), () => URL.canParse()]) { try { attempt(); out.push("fine"); } catch (e) { out.push(e.name); } } return out; },
}
