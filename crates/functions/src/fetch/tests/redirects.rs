//! Redirects are followed in JavaScript, as the standard says and with the limits of the specification.

use super::*;

// Checklist: fetch: redirects, manual, error, abort, streaming body, binary, form data, large response.
#[test]
fn redirects_are_followed_twenty_times() {
    check(
        "const response = await fetch(base + '/redirect/20#part');
         const tooMany = await thrown(fetch(base + '/redirect/21'));
         return [response.status, response.redirected, response.url === base + '/echo', tooMany];",
        r#"[200,true,true,["TypeError","fetch too many redirects"]]"#,
    );
}

#[test]
fn manual_and_error_modes_follow_nothing() {
    check(
        "const manual = await fetch(base + '/redirect/1', { redirect: 'manual' });
         const nowhere = await fetch(base + '/status/302');
         return [manual.status, manual.headers.get('location'), manual.redirected, await manual.text(),
           await thrown(fetch(base + '/redirect/1', { redirect: 'error' })), await thrown(fetch(new Request(base + '/redirect/1', { redirect: 'error' }))), nowhere.status];",
        r#"[302,"/echo",false,"moved",["TypeError","fetch attempted redirect"],["TypeError","fetch attempted redirect"],302]"#,
    );
}

#[test]
fn methods_and_bodies_change_as_browsers_change_them() {
    check(
        "const seen = [];
         for (const status of [301, 302, 303, 307, 308]) {
           for (const method of ['POST', 'PUT']) {
             const response = await fetch(base + '/to?status=' + status, { method, body: 'kept', headers: { 'content-language': 'de', 'x-a': '1' } });
             const { method: asked, headers, body } = await response.json();
             seen.push([status, method, asked, body, headers['content-type'] ?? '-', headers['content-language'] ?? '-', headers['x-a']].join(' '));
           }
         }
         const head = await fetch(base + '/to?status=303', { method: 'HEAD' });
         seen.push(head.headers.get('x-method'));
         return seen;",
        concat!(
            r#"["301 POST GET  - - 1","301 PUT PUT kept text/plain;charset=UTF-8 de 1","302 POST GET  - - 1","302 PUT PUT kept text/plain;charset=UTF-8 de 1","#,
            r#""303 POST GET  - - 1","303 PUT GET  - - 1","307 POST POST kept text/plain;charset=UTF-8 de 1","307 PUT PUT kept text/plain;charset=UTF-8 de 1","#,
            r#""308 POST POST kept text/plain;charset=UTF-8 de 1","308 PUT PUT kept text/plain;charset=UTF-8 de 1","HEAD"]"#
        ),
    );
}

#[test]
fn credentials_stay_with_their_origin() {
    check(
        "const headers = { authorization: 'Bearer x', cookie: 'a=1', 'x-a': '1' };
         const read = async (to) => {
           const { headers: seen } = await (await fetch(base + '/to?status=307&url=' + encodeURIComponent(to), { headers })).json();
           return [seen.authorization ?? '-', seen.cookie ?? '-', seen['x-a'], seen.host === new URL(to).host];
         };
         return [await read(base + '/echo'), await read(elsewhere + '/echo')];",
        r#"[["Bearer x","a=1","1",true],["-","-","1",true]]"#,
    );
}

#[test]
fn streamed_bodies_cannot_be_sent_twice() {
    check(
        "const stream = () => new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode('once')); c.close(); } });
         const post = (status) => fetch(base + '/to?status=' + status, { method: 'POST', body: stream(), duplex: 'half' });
         return [await thrown(post(307)), await thrown(post(302)), (await (await post(303)).json()).method];",
        r#"[["TypeError","fetch cannot redirect with streamed body"],["TypeError","fetch cannot redirect with streamed body"],"GET"]"#,
    );
}

#[test]
fn redirects_lead_to_http_only() {
    check(
        "const to = (url) => thrown(fetch(base + '/to?status=302&url=' + encodeURIComponent(url)));
         return [await to('file:///etc/hosts'), await to('http://a b/')];",
        r#"[["TypeError","fetch cannot follow a redirect to the scheme file"],["TypeError","fetch cannot follow a redirect to an invalid URL: http://a b/"]]"#,
    );
}
