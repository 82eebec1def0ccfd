import type { IncomingMessage } from "node:http";
import { isAllowed } from "./bearer.ts";
import { type Point, readSeries, readStreamNames, readSubscribeTokens, readTotals, type Total } from "./platform.ts";
import { answerJson, serve } from "./serve.ts";

/** Serves three REST resources over the platform without GraphQL, as one would write by hand: the reference, 1.00. */
const routes = new Map<string, (query: URLSearchParams) => Promise<unknown>>([
  ["/typename", async () => ({ __typename: "Query" })],
  [
    "/tokens",
    async (query) => {
      const tokens = await readSubscribeTokens(firstOf(query));
      const fields = query.get("fields");
      return tokens.map(({ tokenId, label, trackingId, wire }) => {
        if (fields !== "8") return { tokenId, label, trackingId };
        const { isActive, addedOn: addedAt, bindIpsOnUsage, allowedOrigins, allowedIpAddresses } = wire;
        return {
          ...{ tokenId, label, trackingId, isActive, addedAt },
          ...{ bindIpsOnUsage, allowedOrigins, allowedIpAddresses },
        };
      });
    },
  ],
  [
    "/streams",
    async (query) => {
      const names = await readStreamNames(firstOf(query));
      const totals = await readTotals(names, windowOf(query));
      const fields = query.get("fields");
      return names.map((name, index) => {
        const total = totals[index] as Total;
        const { bytesOut, bytesIn, standardStream: standard, restream } = total;
        return fields === "8" ? { name, bytesOut, bytesIn, standard, restream } : { name, bytesOut };
      });
    },
  ],
  [
    "/series",
    async (query) => {
      const names = query.getAll("name");
      if (names.length === 0 || names.length > 10) throw new InvalidRequest("name");
      const fields = query.get("fields");
      const series = await readSeries(names, windowOf(query), fields === "8");
      return names.map((name, index) => ({ name, points: series[index]?.map(pointOf[fields ?? "2"] ?? withOut) }));
    },
  ],
]);

serve(async (request, response) => {
  if (!isAllowed(request.headers.authorization)) return answerJson(response, 401, `{"error":"unauthenticated"}`);
  const [path = "", query] = (request.url ?? "").split("?", 2);
  const route = routes.get(path);
  if (!route) return answerJson(response, 404, `{"error":"not found"}`);
  try {
    // A graph's request has a JSON body, which takes an HTTP server as long as everything else.
    if (request.method === "POST") await readJson(request);
    answerJson(response, 200, JSON.stringify(await route(new URLSearchParams(query))));
  } catch (error) {
    if (error instanceof InvalidRequest) answerJson(response, 400, `{"error":"invalid ${error.message}"}`);
    else answerJson(response, 502, `{"error":"the platform failed"}`);
  }
});

const withOut = ({ start, bytesOut }: Point): object => ({ start, bytesOut });
/** Points by the number of fields of a request. */
const pointOf: Readonly<Record<string, (point: Point) => object>> = {
  3: ({ start, bytesOut, bytesIn }) => ({ start, bytesOut, bytesIn }),
  8: (point) => point,
};

/** Error whose message names the invalid parameter. */
class InvalidRequest extends Error {}

function readJson(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      try {
        resolve(JSON.parse(text));
      } catch {
        reject(new InvalidRequest("body"));
      }
    });
    request.on("error", reject);
  });
}

function firstOf(query: URLSearchParams): number {
  const first = Number(query.get("first"));
  if (!Number.isInteger(first) || first < 1 || first > 100) throw new InvalidRequest("first");
  return first;
}

function windowOf(query: URLSearchParams): { readonly from: string; readonly to: string } {
  const [from, to] = ["from", "to"].map((name) => {
    const text = query.get(name) ?? "";
    if (Number.isNaN(Date.parse(text))) throw new InvalidRequest(name);
    return text;
  });
  return { from: from ?? "", to: to ?? "" };
}
