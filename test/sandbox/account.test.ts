import { describe, expect, it } from "vitest";
import { createConformantSandbox } from "../support/conformance.ts";
import { clientOf, START } from "../support/sandbox.ts";

const sandboxAtStart = () => createConformantSandbox({ startAt: START, frozen: true });

describe("sandbox clusters", () => {
  it("GET /api/cluster lists nine clusters, with auto among them and hosts for each", async () => {
    await using sandbox = await sandboxAtStart();
    const { data } = (await clientOf(sandbox).get("/api/cluster")).body;
    expect(data.defaultCluster).toBe("phx-1");
    expect(data.availableClusters.map(({ id }: { id: string }) => id).join(" ")).toBe(
      "auto blr-1 fra-1 iad-1 lon-1 phx-1 sao-1 sgp-1 syd-1",
    );
    expect(data.availableClusters).toContainEqual(
      expect.objectContaining({ id: "phx-1", rtmp: "rtmp-phx-1.millicast.com", srt: "srt-phx-1.millicast.com" }),
    );
  });

  it("the default cluster must be one of the account's", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    expect((await client.put("/api/cluster", { defaultCluster: "ams-1" })).status).toBe(400);
    expect((await client.put("/api/cluster", { defaultCluster: "syd-1" })).body.data.defaultCluster).toBe("syd-1");
  });
});

describe("sandbox account", () => {
  it("returns the account's public id", async () => {
    await using sandbox = await sandboxAtStart();
    const { data } = (await clientOf(sandbox).get("/api/v3/account/info")).body;
    expect(data).toEqual({ accountId: "SYN4DX" });
    expect(sandbox.accountId).toBe("SYN4DX");
  });

  it("accepts country rules by the schema's names and by the examples' names", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const put = (body: unknown) => client.put("/api/v3/account/security", body);
    expect((await put({ updateAllowedCountries: ["US", "GB"] })).body.data).toEqual({
      allowedCountries: ["US", "GB"],
      deniedCountries: [],
    });
    expect((await put({ updateDeniedCountries: ["BR"] })).status).toBe(400);
    expect((await put({ updateAllowedCountries: [], updateDeniedCountries: ["BR"] })).status).toBe(200);
    const old = await client.post("/api/geo/account", { updateDeniedCountries: [] });
    expect(old.body.data).toEqual({ allowedCountries: [], deniedCountries: [] });
    expect((await client.get("/api/geo/account")).body).toEqual((await client.get("/api/v3/account/security")).body);
  });

  it("accepts country rules by the examples' names alone", async () => {
    const sandbox = await sandboxAtStart();
    const { body } = await clientOf(sandbox).put("/api/v3/account/security", { allowedCountries: ["US"] });
    expect(body.data.allowedCountries).toEqual(["US"]);
    // The schema forbids what its own example shows, so the check complains about a sandbox that takes both.
    await expect(sandbox.close()).rejects.toThrow("additional properties");
  });

  it("rejects a list of countries of 768 characters", async () => {
    await using sandbox = await sandboxAtStart();
    const updateAllowedCountries = Array.from({ length: 257 }, () => "US");
    expect((await clientOf(sandbox).put("/api/v3/account/security", { updateAllowedCountries })).status).toBe(400);
  });

  it("has one cascade setting, by its new path and by its deprecated one", async () => {
    await using sandbox = await sandboxAtStart();
    const client = clientOf(sandbox);
    const { data } = (await client.put("/api/v3/account/distribution", { geoCascade: { isEnabled: true } })).body;
    expect(data).toEqual({ geoCascade: { isEnabled: true, clusters: ["all"] } });
    expect((await client.get("/api/account/geo_cascade")).body.data).toEqual(data.geoCascade);
    await client.put("/api/account/geo_cascade", { isEnabled: false, clusters: [] });
    expect((await client.get("/api/v3/account/distribution")).body.data.geoCascade).toEqual({
      isEnabled: false,
      clusters: [],
    });
  });

  it.each([
    ["/api/v3/account/distribution", { geoCascade: { isEnabled: true, clusters: [] } }],
    ["/api/account/geo_cascade", { isEnabled: true, clusters: [] }],
  ])("%s rejects a cascade without clusters", async (path, body) => {
    await using sandbox = await sandboxAtStart();
    const reply = await clientOf(sandbox).put(path, body);
    expect(reply).toMatchObject({
      status: 400,
      body: { status: "fail", data: { message: "Geo cascade Clusters list cannot be empty" } },
    });
  });
});
