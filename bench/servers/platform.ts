import { Pool } from "undici";
import { serverArguments } from "./arguments.ts";

/** A window as a request contains it: dates or instants. */
export interface Window {
  readonly from: string;
  readonly to: string;
}
export interface SubscribeToken {
  readonly tokenId: number;
  readonly label: string;
  readonly trackingId: string | null;
}
export interface Traffic {
  readonly bytesOut: number;
}
export interface Point extends Traffic {
  readonly start: string;
}

interface TokenWire {
  readonly id: number;
  readonly label: string;
  readonly tracking?: { readonly trackingId?: string };
  readonly streams: readonly { readonly streamName: string; readonly isRegex: boolean }[];
}

const { platform, secret } = serverArguments();
const pool = new Pool(platform || "http://127.0.0.1", { connections: 256, headersTimeout: 4_000, bodyTimeout: 4_000 });
const headers = { authorization: `Bearer ${secret}`, accept: "application/json" };

/** Returns `data` of the platform's response. @throws Error unless the response is a success */
async function read<Data>(path: string): Promise<Data> {
  const { statusCode, body } = await pool.request({ path, method: "GET", headers });
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`The platform answered with ${statusCode}.`);
  }
  const { data } = (await body.json()) as { readonly data: Data };
  return data;
}

/** Returns the oldest subscribe tokens, up to a hundred. */
export async function readSubscribeTokens(first: number): Promise<SubscribeToken[]> {
  const wires = await read<TokenWire[]>(`/api/subscribe_token/list?sortBy=AddedOn&page=1&itemsOnPage=${first}`);
  return wires.map(({ id, label, tracking }) => ({ tokenId: id, label, trackingId: tracking?.trackingId ?? null }));
}

/** Returns the streams that the oldest publish tokens name. */
export async function readStreamNames(first: number): Promise<string[]> {
  const wires = await read<TokenWire[]>(`/api/publish_token/list?sortBy=AddedOn&page=1&itemsOnPage=${first}`);
  return wires.flatMap(({ streams }) => streams.flatMap(({ streamName, isRegex }) => (isRegex ? [] : streamName)));
}

/** Returns totals in the order of any number of names, ten in a call. */
export async function readTotals(names: readonly string[], window: Window): Promise<Traffic[]> {
  return byTens(names, (ten) => read<Record<string, Traffic>>(address("total", ten, window)));
}

/** Returns hourly series in the order of the names. */
export async function readSeries(names: readonly string[], window: Window): Promise<Point[][]> {
  type Wire = Record<string, { readonly bandwidth: Record<string, Traffic> }>;
  const wires = await byTens(names, (ten) => read<Wire>(`${address("series", ten, window)}&resolution=Hour`));
  return wires.map(({ bandwidth }) =>
    Object.entries(bandwidth).map(([start, { bytesOut }]) => ({ start: new Date(start).toISOString(), bytesOut })),
  );
}

function address(kind: "total" | "series", names: readonly string[], { from, to }: Window): string {
  const query = names.map((name) => `streamNames=${encodeURIComponent(name)}`).join("&");
  return `/api/analytics/streams/${kind}?${query}&startDate=${encodeURIComponent(from)}&stopDate=${encodeURIComponent(to)}`;
}

async function byTens<Wire>(
  names: readonly string[],
  call: (ten: readonly string[]) => Promise<Record<string, Wire>>,
): Promise<Wire[]> {
  const tens = Array.from({ length: Math.ceil(names.length / 10) }, (_, index) =>
    names.slice(index * 10, index * 10 + 10),
  );
  const answers: Record<string, Wire> = Object.assign({}, ...(await Promise.all(tens.map(call))));
  return names.map((name) => {
    const wire = answers[name];
    if (!wire) throw new Error("The platform left a name out.");
    return wire;
  });
}
