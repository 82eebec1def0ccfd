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
  /** As the platform sends it. */
  readonly wire: TokenWire;
}
export interface Traffic {
  readonly bytesOut: number;
  readonly bytesIn: number;
}
interface Restream extends Traffic {
  readonly secondsUsed: number;
}
export interface Total extends Traffic {
  readonly standardStream: Traffic;
  readonly restream: Restream;
}
export interface Point extends Traffic {
  readonly start: string;
  readonly traffic: { readonly standard: Traffic | undefined; readonly restream: Restream | undefined } | null;
}

interface TokenWire {
  readonly id: number;
  readonly label: string;
  readonly tracking?: { readonly trackingId?: string };
  readonly isActive: boolean;
  readonly addedOn: string;
  readonly bindIpsOnUsage: number;
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
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
  return wires.map((wire) => {
    const { id, label, tracking } = wire;
    return { tokenId: id, label, trackingId: tracking?.trackingId ?? null, wire };
  });
}

/** Returns the streams that the oldest publish tokens name. */
export async function readStreamNames(first: number): Promise<string[]> {
  const wires = await read<TokenWire[]>(`/api/publish_token/list?sortBy=AddedOn&page=1&itemsOnPage=${first}`);
  return wires.flatMap(({ streams }) => streams.flatMap(({ streamName, isRegex }) => (isRegex ? [] : streamName)));
}

/** Returns totals in the order of any number of names, ten in a call. */
export async function readTotals(names: readonly string[], window: Window): Promise<Total[]> {
  return byTens(names, (ten) => read<Record<string, Total>>(address("total", ten, window)));
}

/** Returns hourly series in the order of the names, with the breakdown of each hour if it is asked for. */
export async function readSeries(names: readonly string[], window: Window, withParts = false): Promise<Point[][]> {
  type Hours<Value> = Record<string, Value>;
  type Wire = Record<
    string,
    {
      readonly bandwidth: Hours<Traffic>;
      readonly standardStream: Hours<Traffic>;
      readonly restream: Hours<Restream>;
    }
  >;
  const wires = await byTens(names, (ten) => read<Wire>(`${address("series", ten, window)}&resolution=Hour`));
  return wires.map(({ bandwidth, standardStream, restream }) =>
    Object.entries(bandwidth).map(([start, { bytesOut, bytesIn }]) => ({
      start: new Date(start).toISOString(),
      bytesOut,
      bytesIn,
      traffic: withParts ? { standard: standardStream[start], restream: restream[start] } : null,
    })),
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
