// The peer of the `transfer` benchmark: Node's own HTTP server over PostgreSQL, one transaction per transfer.
//
// It speaks the shape of `POST /api/mutation`, so that both servers get the same bytes from the same generator.
// Environment: PGHOST, PGPORT, PGUSER, PGDATABASE; POOL, the number of connections; PREPARED, set to name the
// statements, so that PostgreSQL parses and plans each once per connection instead of every time.
// Prints `listening <port>` once it serves.
import { createServer } from "node:http";
import pg from "pg";

const pool = new pg.Pool({ max: Number(process.env.POOL), idleTimeoutMillis: 0 });

const named = (name) => (process.env.PREPARED ? { name } : {});
const LOCK = {
  ...named("lock"),
  text: "SELECT id, balance FROM accounts WHERE id = $1 OR id = $2 ORDER BY id FOR UPDATE",
};
const SET = { ...named("set"), text: "UPDATE accounts SET balance = $2 WHERE id = $1" };

/** Reads both accounts under locks taken in id order, then writes both. */
async function transfer({ from, to, amount }) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query({ ...LOCK, values: [from, to] });
    const source = rows.find((row) => row.id === from);
    const target = rows.find((row) => row.id === to);
    if (source === undefined || target === undefined) {
      throw new Error("no such account");
    }
    await client.query({ ...SET, values: [from, source.balance - amount] });
    await client.query({ ...SET, values: [to, target.balance + amount] });
    await client.query("COMMIT");
    return null;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

async function answer(text) {
  try {
    const { path, args } = JSON.parse(text);
    if (path !== "transfer:transfer") {
      throw new Error(`no function ${path}`);
    }
    return { status: "success", value: await transfer(args) };
  } catch (error) {
    return { status: "error", errorMessage: String(error) };
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const body = JSON.stringify(await answer(Buffer.concat(chunks).toString()));
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
    response.end(body);
  });
});

server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
