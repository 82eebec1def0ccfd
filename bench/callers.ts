import { KEY } from "./fleet.ts";
import { streamName } from "./servers/account.ts";

/** Scopes of the partner whose wordings are measured. */
export const PARTNER_SCOPES = ["usage:read", "stream:read", "token:read"];

/** Creates an API key that is not the operator's. A partner has the tracking id `partner-1`, that of the first 50 streams. */
export async function createCaller(
  url: URL,
  role: "PARTNER" | "ANALYST",
  scopes: readonly string[],
): Promise<{ readonly key: string; readonly streamId: string }> {
  const name = `caller ${performance.now()}`;
  const isPartner = role === "PARTNER";
  if (isPartner) {
    const partner = `partner: { trackingId: "bench" }`;
    await ask(
      url,
      `mutation { onboardPartner(input: { idempotencyKey: "p", name: "bench", trackingIds: ["bench"] }) { userErrors { message } } }`,
    );
    await ask(
      url,
      `mutation { adoptTrackingId(input: { ${partner}, trackingId: "partner-1" }) { userErrors { message } } }`,
    );
  }
  const partner = isPartner ? `, partner: { trackingId: "bench" }` : "";
  const created = (await ask(
    url,
    `mutation { createApiKey(input: { idempotencyKey: "k", name: "${name}", role: ${role}, scopes: ${JSON.stringify(scopes)}${partner} }) { secret userErrors { message } } }`,
  )) as { readonly createApiKey: { readonly secret: string } };
  const { stream } = (await ask(url, `{ stream(by: { name: "${streamName(1)}" }) { id } }`)) as {
    readonly stream: { readonly id: string };
  };
  return { key: created.createApiKey.secret, streamId: stream.id };
}

/** @throws Error for a response with errors or user errors */
async function ask(url: URL, query: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const text = await response.text();
  const { data, errors } = JSON.parse(text) as { readonly data?: unknown; readonly errors?: unknown };
  if (!data || errors || /"userErrors":\[\{/.test(text)) throw new Error(`The gateway responded with ${text}`);
  return data;
}
