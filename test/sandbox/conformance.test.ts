import { describe, expect, it } from "vitest";
import { createSandbox, type Exchange } from "../../src/sandbox/sandbox.ts";
import { createConformance } from "../support/conformance.ts";
import { clientOf, START } from "../support/sandbox.ts";

/** A check that never complains proves nothing: real exchanges, bent in one place each. */

type Call = (client: ReturnType<typeof clientOf>) => Promise<unknown>;

/** What the check says to a real exchange, the last of several, after it was bent. */
async function complaints(
  call: Call,
  bend: (exchange: Exchange) => Exchange = (exchange) => exchange,
): Promise<string[]> {
  const seen: Exchange[] = [];
  await using sandbox = await createSandbox({
    startAt: START,
    frozen: true,
    onExchange: (exchange) => seen.push(exchange),
  });
  await call(clientOf(sandbox));
  const exchange = seen.at(-1);
  if (!exchange) throw new Error("nothing was exchanged");
  return createConformance().check(bend(exchange));
}

const bendBody = (from: string | RegExp, to: string) => (exchange: Exchange) => ({
  ...exchange,
  response: { ...exchange.response, body: exchange.response.body.replace(from, to) },
});
const bendResponse = (changes: Partial<Exchange["response"]>) => (exchange: Exchange) => ({
  ...exchange,
  response: { ...exchange.response, ...changes },
});
const bendRequest = (changes: Partial<Exchange["request"]>) => (exchange: Exchange) => ({
  ...exchange,
  request: { ...exchange.request, ...changes },
});

const cluster: Call = (client) => client.get("/api/cluster");
const token: Call = (client) => client.get("/api/publish_token/1001");
const total: Call = (client) =>
  client.get("/api/analytics/account/total", { startDate: "2025-06-17", stopDate: "2025-06-18T10:00:00Z" });
const rows: Call = (client) => client.post("/api/v2/records/viewers", { startedAfter: START, trackingIds: [null] });
const someRows: Call = (client) => client.post("/api/v2/records/viewers", { startedAfter: "2025-06-18T10:00:00Z" });
const csv: Call = (client) =>
  client.post("/api/v2/records/viewers", { startedAfter: "2025-06-18T10:00:00Z" }, { accept: "text/csv" });
const noContent: Call = async (client) => {
  const { data } = (await client.post("/api/v3/media/distributions", { name: "x" })).body;
  await client.delete(`/api/v3/media/distributions/${data.id}`);
};
const unauthorized: Call = (client) =>
  client.post("/api/director/subscribe", { streamName: "x", streamType: "WebRtc" });

describe("conformance check of the sandbox", () => {
  it.each([
    ["JSON", cluster],
    ["an instant where the schema says date", total],
    ["JSON Lines", someRows],
    ["no rows, and null among the tracking ids", rows],
    ["CSV", csv],
    ["a refusal by the Director", unauthorized],
    ["a fail where only a default is declared", (client) => client.delete("/api/publish_token/99")],
    ["a fail where no failure is declared", (client) => client.post("/api/v2/records/viewers", { search: "?" })],
    ["a trailing slash", (client) => client.get("/api/cluster/")],
    ["no body where none is declared", noContent],
  ] as [string, Call][])("accepts %s", async (_, call) => {
    expect(await complaints(call)).toEqual([]);
  });

  it.each([
    [
      "a property too many",
      cluster,
      bendBody('"defaultCluster"', '"invented":1,"defaultCluster"'),
      /additional properties/,
    ],
    ["a property of another type", token, bendBody('"id":1001', '"id":"1001"'), /\/data\/id must be integer/],
    ["a missing envelope", cluster, bendBody('"status":"success",', ""), /required property 'status'/],
    [
      "a value out of its enumeration",
      token,
      bendBody('"integrationId":"None"', '"integrationId":"Never"'),
      /integrationId must be/,
    ],
    ["a null where none may be", token, bendBody('"isActive":true', '"isActive":null'), /isActive must be boolean/],
    ["a date that is none", token, bendBody(/"addedOn":"[^"]*"/, '"addedOn":"today"'), /addedOn must match format/],
    ["a number that is no integer", total, bendBody(/"bytesIn":\d+/, '"bytesIn":0.5'), /bytesIn must be integer/],
    [
      "another content type",
      cluster,
      bendResponse({ headers: { "content-type": "text/html" } }),
      /content type is text\/html/,
    ],
    ["a body where none is declared", noContent, bendResponse({ body: "{}" }), /there is a body/],
    ["a body that is no JSON", cluster, bendResponse({ body: "<html>" }), /not application\/json/],
    [
      "a refusal sent as a success",
      unauthorized,
      bendResponse({ status: 200 }),
      /\/data must NOT have additional properties/,
    ],
    [
      "a row with a property too many",
      someRows,
      bendBody('"startTime"', '"invented":1,"startTime"'),
      /additional properties/,
    ],
    ["a column too many", csv, bendBody("StartTime", "Invented"), /additional properties/],
    ["a path that no document knows", cluster, bendRequest({ path: "/api/clusters" }), /no OpenAPI document knows/],
    [
      "an operation taken for another",
      cluster,
      (exchange: Exchange) => ({ ...exchange, operationId: "Other" }),
      /took it for Other/,
    ],
    ["a query parameter too many", cluster, bendRequest({ query: "a=b" }), /additional properties/],
    [
      "a required parameter that is missing",
      total,
      bendRequest({ query: "startDate=2025-06-17" }),
      /required property 'stopDate'/,
    ],
    [
      "a date parameter that is none",
      total,
      bendRequest({ query: "startDate=2025-06-17&stopDate=today" }),
      /stopDate must match format/,
    ],
    [
      "a request property of another type",
      rows,
      bendRequest({ body: '{"streamNames":"x"}' }),
      /streamNames must be array/,
    ],
    ["a request property too many", rows, bendRequest({ body: '{"invented":1}' }), /additional properties/],
  ] as [string, Call, (exchange: Exchange) => Exchange, RegExp][])("reports %s", async (_, call, bend, complaint) => {
    expect((await complaints(call, bend)).join("\n")).toMatch(complaint);
  });

  it("reports a status that the document does not declare", async () => {
    const whip: Call = (client) => client.post("/api/whip/x", "v=0", { "content-type": "application/sdp" });
    expect(await complaints(whip)).toEqual([]);
    expect((await complaints(whip, bendResponse({ status: 418 }))).join()).toMatch(/declares no status 418/);
  });

  it("checks requests only if they were accepted", async () => {
    expect(await complaints((client) => client.get("/api/publish_token/list", { page: 0, itemsOnPage: 5 }))).toEqual(
      [],
    );
  });

  it("checks the whole rows of a response that was too long to record", async () => {
    const cut = (exchange: Exchange) => {
      const { body } = exchange.response;
      return { ...exchange, response: { ...exchange.response, body: body.slice(0, -20), truncated: true as const } };
    };
    expect(await complaints(someRows, cut)).toEqual([]);
    expect(
      await complaints(someRows, (exchange) => bendBody('"startTime"', '"invented":1,"startTime"')(cut(exchange))),
    ).not.toEqual([]);
  });
});
