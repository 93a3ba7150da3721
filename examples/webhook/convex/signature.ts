// Checks `sha256=<hex>` signatures over the raw body, as many senders of webhooks make them.

/** Whether `header` is the signature of `body` under `secret`. Takes as long for a wrong one as for the right one. */
export async function isSigned(body: ArrayBuffer, header: string | null, secret: string): Promise<boolean> {
  const signature = parse(header);
  if (signature === null) return false;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, ["verify"]);
  return await crypto.subtle.verify("HMAC", key, signature, body);
}

function parse(header: string | null): Uint8Array<ArrayBuffer> | null {
  const hex = header?.match(/^sha256=([0-9a-f]{64})$/)?.[1];
  if (hex === undefined) return null;
  return Uint8Array.from({ length: 32 }, (_, byte) => parseInt(hex.slice(2 * byte, 2 * byte + 2), 16));
}
