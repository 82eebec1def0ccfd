import { describe, expect, it } from "vitest";
import { createTestGateway } from "../support/gateway.ts";

describe("error response headers", () => {
  it("contain no request id that another client has chosen", async () => {
    await using gateway = await createTestGateway();
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const response = await gateway.gateway.fetch(new Request(`http://gateway.test${path}`, { headers }));
      return [response.status, response.headers.get("x-request-id")];
    };
    expect(await get("/graphql?query={me{name}}", { "x-request-id": "chosen-by-one" })).toEqual([401, "chosen-by-one"]);
    expect(await get("/metrics")).toEqual([401, null]);
  });
});
