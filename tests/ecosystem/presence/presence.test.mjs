// @convex-dev/presence: who is in a room, kept up by heartbeats and watched live.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, freshName } from "../../js/support/app.mjs";
import { Inbox } from "../../js/support/until.mjs";
import { deployedPackage } from "../support/package.mjs";

const MINUTE = 60_000;
const app = deployedPackage(import.meta.url);
const beat = (roomId, userId, sessionId, interval = MINUTE) =>
  app.http.mutation(api.presence.heartbeat, { roomId, userId, sessionId, interval });
const online = (people) => people.filter((person) => person.online).map((person) => person.userId).sort();

/** What a watcher of the room sees. */
function watch(roomToken) {
  const [client, seen] = [app.connect(), new Inbox()];
  client.onUpdate(api.presence.list, { roomToken }, seen.push);
  return seen;
}

test("people come, are seen with their data, and leave with their last session", async () => {
  const [room, ada, bob] = [freshName("room"), freshName("ada"), freshName("bob")];
  const first = await beat(room, ada, freshName("session"));
  const seen = watch(first.roomToken);
  await seen.next((people) => online(people).join() === ada);
  const second = await beat(room, ada, freshName("session"));
  assert.equal(second.roomToken, first.roomToken);
  await beat(room, bob, freshName("session"));
  await seen.next((people) => online(people).join() === `${ada},${bob}`);
  await app.http.mutation(api.presence.setData, { roomId: room, userId: bob, data: { typing: true } });
  await seen.next((people) => people.some(({ userId, data }) => userId === bob && data?.typing));
  await app.http.mutation(api.presence.disconnect, { sessionToken: first.sessionToken });
  assert.deepEqual(await app.http.query(api.presence.rooms, { userId: ada }), [room], "one session is left");
  await app.http.mutation(api.presence.disconnect, { sessionToken: second.sessionToken });
  await seen.next((people) => online(people).join() === bob && people.length === 2);
});

test("whoever stops sending heartbeats is offline after a while", async () => {
  const [room, quiet, lively] = [freshName("room"), freshName("quiet"), freshName("lively")];
  const { roomToken } = await beat(room, quiet, freshName("session"), 100);
  const seen = watch(roomToken);
  await beat(room, lively, freshName("session"));
  await seen.next((people) => people.length === 2 && online(people).join() === lively);
});

test("a session belongs to one user in one room, and rooms end for everybody", async () => {
  const [room, ada, session] = [freshName("room"), freshName("ada"), freshName("session")];
  const { roomToken } = await beat(room, ada, session);
  await assert.rejects(beat(freshName("room"), ada, session), /must be unique for a given room/);
  assert.deepEqual(online(await app.http.query(api.presence.list, { roomToken })), [ada]);
  await app.http.mutation(api.presence.removeRoom, { roomId: room });
  assert.deepEqual(await app.http.query(api.presence.list, { roomToken }), []);
});
