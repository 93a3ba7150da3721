//! Bodies in both directions: whole, in pieces, endless, compressed.

use super::*;

#[test]
fn requests_arrive_as_they_were_made() {
    check(
        "const response = await fetch(new Request(base + '/echo?q=1', { method: 'PATCH', headers: { 'X-B': 'a' } }), { headers: [['x-a', '1'], ['x-a', '2'], ['x-latin', '\\u00e9']], method: 'POST', body: 'h\\u00e9' });
         const { method, url, headers, body } = await response.json();
         return [response.status, response.statusText, response.ok, response.type, response.headers.get('x-method'), method, url, body, headers['content-type'], headers['content-length'], headers['x-a'], headers['x-b'] ?? null, headers['x-latin'], headers['user-agent'].startsWith('concave/'), headers.accept, headers['accept-encoding']];",
        r#"[200,"Whatever",true,"basic","POST","POST","/echo?q=1","hé","text/plain;charset=UTF-8","3","1, 2",null,"é",true,"*/*","gzip,deflate,br"]"#,
    );
}

#[test]
fn the_connection_decides_how_a_message_travels() {
    check(
        "const headers = { 'content-length': '999', 'transfer-encoding': 'chunked', connection: 'close', 'keep-alive': 'x', upgrade: 'h2c' };
         const read = async (init) => { const { headers: h } = await (await fetch(base + '/echo', { ...init, headers })).json(); return [h['content-length'] ?? '-', h['transfer-encoding'] ?? '-', h.connection ?? '-', h['keep-alive'] ?? '-', h.upgrade ?? '-']; };
         return [await read({}), await read({ method: 'POST' }), await read({ method: 'POST', body: '' }), await read({ method: 'PUT', body: 'ab' })];",
        r#"[["-","-","-","-","-"],["0","-","-","-","-"],["0","-","-","-","-"],["2","-","-","-","-"]]"#,
    );
}

#[test]
fn bytes_and_forms_make_the_round_trip() {
    check(
        "const all = Uint8Array.from({ length: 256 }, (_, i) => i);
         const mirror = (body) => fetch(base + '/mirror', { method: 'POST', body });
         const back = new Uint8Array(await (await mirror(all.subarray(1))).arrayBuffer());
         const blob = await (await mirror(new Blob([all], { type: 'image/png' }))).blob();
         const form = new FormData();
         form.append('text', 'l1\\nl2'); form.append('file', new File([all], 'a \\\"b\\\".bin', { type: 'x/y' }));
         const got = await (await mirror(form)).formData();
         const file = got.get('file');
         const query = await (await mirror(new URLSearchParams({ a: '1 2', b: '\\u00e9' }))).formData();
         return [back.length, back.every((b, i) => b === i + 1), blob.size, blob.type, got.get('text'), file.name, file.type, (await file.bytes()).every((b, i) => b === i), [...query]];",
        r#"[255,true,256,"image/png","l1\r\nl2","a \"b\".bin","x/y",true,[["a","1 2"],["b","é"]]]"#,
    );
}

#[test]
fn a_large_response_arrives_whole() {
    check(
        "const bytes = new Uint8Array(await (await fetch(base + '/bytes/8000000')).arrayBuffer());
         let sum = 0; for (let i = 0; i < bytes.length; i += 997) sum += bytes[i] === i % 251 ? 0 : 1;
         return [bytes.length, sum];",
        "[8000000,0]",
    );
}

// An endless body can only be read by somebody who does not wait for its end.
#[test]
fn a_response_is_read_while_it_arrives() {
    check(
        "const response = await fetch(base + '/endless');
         let total = 0;
         for await (const piece of response.body) { total += piece.length; if (total > 300000) break; }
         await fetch(base + '/wait/gone');
         return [total > 300000, total < 1000000, response.bodyUsed];",
        "[true,true,true]",
    );
}

#[test]
fn a_body_is_sent_while_it_is_made() {
    check(
        "let made = 0;
         const body = new ReadableStream({ async pull(c) {
           if (made === 3) { c.close(); return; }
           c.enqueue(new TextEncoder().encode('part' + made++));
           await fetch(base + '/wait/part' + (made - 1));
         } }, { highWaterMark: 0 });
         return (await (await fetch(base + '/upload', { method: 'POST', body, duplex: 'half' })).text());",
        r#""part0part1part2""#,
    );
}

// An endless body must stop when the server has answered and hung up.
#[test]
fn an_upload_stops_when_nobody_takes_it() {
    check(
        "let why; let made = 0;
         const stopped = new Promise((resolve) => { why = resolve; });
         const body = new ReadableStream({ pull(c) { made++; c.enqueue(new Uint8Array(65536)); }, cancel() { why('cancelled'); } });
         const response = await fetch(base + '/enough', { method: 'POST', body });
         return [response.status, await response.text(), await stopped, made > 1];",
        r#"[413,"enough","cancelled",true]"#,
    );
}

#[test]
fn a_body_that_fails_fails_the_request() {
    check(
        "const failing = new ReadableStream({ pull(c) { c.error(new RangeError('no more')); } }, { highWaterMark: 0 });
         const wrong = new ReadableStream({ start(c) { c.enqueue('text'); c.close(); } });
         const post = (body) => thrown(fetch(base + '/upload', { method: 'POST', body }));
         return [await post(failing), await post(wrong)];",
        r#"[["RangeError","no more"],["TypeError","Received a chunk that is not a Uint8Array"]]"#,
    );
}

#[test]
fn a_response_is_passed_on_as_a_body() {
    check(
        "const source = await fetch(base + '/bytes/500000');
         const [one, two] = source.body.tee();
         const [a, b] = await Promise.all([fetch(base + '/mirror', { method: 'POST', body: one }).then((r) => r.arrayBuffer()), new Response(two).arrayBuffer()]);
         return [a.byteLength, b.byteLength, (await (await fetch(base + '/text')).clone().text())];",
        r#"[500000,500000,"plain text"]"#,
    );
}

#[test]
fn a_response_is_read_into_buffers_of_the_reader() {
    check(
        "const reader = (await fetch(base + '/bytes/10')).body.getReader({ mode: 'byob' });
         const seen = [];
         for (let view = new Uint8Array(4); ;) {
           const { value, done } = await reader.read(view);
           if (done) break;
           seen.push([...value]);
           view = new Uint8Array(value.buffer);
         }
         return seen.flat();",
        "[0,1,2,3,4,5,6,7,8,9]",
    );
}

#[test]
fn many_requests_run_side_by_side() {
    check(
        "const waiting = Array.from({ length: 40 }, (_, i) => fetch(base + '/wait/go').then(async (r) => i + (await r.text())));
         const said = fetch(base + '/upload', { method: 'POST', body: new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('go')); c.close(); } }) });
         const all = await Promise.all(waiting);
         return [all.length, all[39], await (await said).text()];",
        r#"[40,"39go","go"]"#,
    );
}

#[test]
fn compressed_bodies_arrive_plain() {
    check(
        "const out = [];
         for (const how of ['gzip', 'br', 'deflate']) {
           const response = await fetch(base + '/' + how);
           out.push(await response.text(), response.headers.get('content-encoding'));
         }
         return out;",
        r#"["squeezed text",null,"squeezed text",null,"squeezed text",null]"#,
    );
}

#[test]
fn some_responses_have_no_body() {
    check(
        "const out = [];
         for (const path of ['/status/204', '/status/304', '/status/205']) { const r = await fetch(base + path); out.push([r.status, r.body, await r.text()]); }
         const head = await fetch(base + '/text', { method: 'HEAD' });
         const empty = await fetch(base + '/status/404');
         out.push([head.body, head.headers.get('content-length')], [empty.ok, empty.statusText, await empty.text()]);
         return out;",
        r#"[[204,null,""],[304,null,""],[205,null,""],[null,"10"],[false,"Whatever",""]]"#,
    );
}

#[test]
fn cookies_are_separate_and_not_kept() {
    check(
        "const first = await fetch(base + '/cookies');
         const { headers } = await (await fetch(base + '/echo')).json();
         return [first.headers.getSetCookie(), first.headers.get('set-cookie'), headers.cookie ?? null];",
        r#"[["a=1","b=2"],"a=1, b=2",null]"#,
    );
}
