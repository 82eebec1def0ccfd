import { describe, expect, it } from "vitest";
import { createTestGateway, graphqlRequest } from "../support/gateway.ts";

const ask = () => graphqlRequest({ query: "{ account { accountId } }" });

describe("a gateway with more to do than it can", () => {
  it("turns requests away at once, before it looks at their keys, and stays alive for its health checks", async () => {
    await using gateway = await createTestGateway({ gateway: { maxRequestsInFlight: 3 } });
    gateway.sandbox.fault({ path: "/api/v3/account/info", latencyMs: 300 });
    const accepted = [ask(), ask(), ask()].map((request) => gateway.gateway.fetch(request));
    for (const request of [ask(), graphqlRequest({ query: "{ me { name } }" }, { authorization: "Bearer wrong" })]) {
      const refused = await gateway.gateway.fetch(request);
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "OVERLOADED" } }] });
    }
    expect((await gateway.gateway.fetch(new Request("http://gateway.test/health"))).status).toBe(200);
    for (const answer of accepted) expect((await answer).status).toBe(200);
    expect((await gateway.gateway.fetch(ask())).status).toBe(200);
  });
});
