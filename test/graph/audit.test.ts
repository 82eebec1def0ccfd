import { describe, expect, it } from "vitest";
import { createTestGateway, OPERATOR_KEY, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

interface Entry {
  readonly id: string;
  readonly operation: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly detail: string;
  readonly objectId: string | null;
  readonly principalId: string;
  readonly address: string | null;
}

async function log(gateway: TestGateway, filter = ""): Promise<Entry[]> {
  const { data } = await gateway.ask<{ auditLog: { nodes: Entry[] } }>(
    `{ auditLog(first: 100, filter: { ${filter} }) { nodes { id operation outcome code detail objectId principalId address role } } }`,
  );
  return data.auditLog.nodes;
}

const disable = (tokenId: number) =>
  `mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: ${tokenId} }] }) { userErrors { code } } }`;

describe("the audit log", () => {
  it("tells of every mutation: who, from where, what, and what came of it", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const { ask } = gateway.as(OPERATOR_KEY, { peer: "198.51.100.7" });
    await ask(disable(meadow.tokenIds[0] ?? 0));
    await ask(disable(999_999));
    expect(await log(gateway)).toMatchObject([
      { operation: "disableSubscribeTokens", outcome: "REFUSED", code: "NOT_FOUND", address: "198.51.100.7" },
      { operation: "disableSubscribeTokens", outcome: "DONE", code: null, principalId: "operator" },
      { operation: "onboardPartner", outcome: "DONE", objectId: meadow.id, role: "OPERATOR" },
    ]);
  });

  it("tells of a partner's acts under the partner's key", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final"]);
    await gateway.as(meadow.key).ask(
      `mutation { signViewerToken(input: { token: { tokenId: ${meadow.tokenIds[0]} } streamName: "derby-final"
         trackingId: "meadow-tv" expiresInSeconds: 60 customViewerData: "jane@example.com" }) { userErrors { code } } }`,
    );
    const [signed] = await log(gateway, `operation: "signViewerToken"`);
    expect(signed).toMatchObject({ outcome: "DONE", role: "PARTNER", principalId: expect.stringMatching(/^key:/) });
    expect(signed?.detail).not.toContain("jane@example.com");
    expect(await log(gateway, `principalId: "${signed?.principalId}"`)).toHaveLength(1);
  });

  it("tells of every secret that is shown, and holds none", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const { data } = await gateway.ask<{ subscribeToken: { id: string; secret: string } }>(
      `{ subscribeToken(by: { tokenId: ${meadow.tokenIds[0]} }) { id secret } stream(by: { name: "derby-final" }) { ingest { whipUrl } } }`,
    );
    const revealed = await log(gateway, `operation: "reveal"`);
    expect(revealed.map(({ detail }) => detail).sort()).toEqual([`{"field":"ingest"}`, `{"field":"secret"}`]);
    expect(revealed.map(({ objectId }) => objectId)).toContain(data.subscribeToken.id);
    await gateway.ask(
      `mutation { inspectViewerToken(input: { jwt: "${meadow.secrets[0]}" }) { userErrors { code } } }`,
    );
    const everything = JSON.stringify(await log(gateway));
    for (const secret of [...meadow.secrets, meadow.key]) expect(everything).not.toContain(secret);
  });

  it("says UNKNOWN when the platform's response was lost, and so does the client's", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv", ["derby-final"]);
    gateway.sandbox.fault({ method: "PUT", path: "/api/v2/subscribe_token/*", drop: "after", times: 1 });
    const { data } = await gateway.ask(disable(meadow.tokenIds[0] ?? 0));
    expect(data).toEqual({ disableSubscribeTokens: { userErrors: [{ code: "OUTCOME_UNKNOWN" }] } });
    expect((await log(gateway))[0]).toMatchObject({ operation: "disableSubscribeTokens", outcome: "UNKNOWN" });
  });

  it("is read in pages, newest first, and by what one looks for", async () => {
    await using gateway = await createTestGateway();
    for (const id of [1, 2, 3, 4, 5]) await gateway.ask(disable(900_000 + id));
    const page = async (after: string | null) => {
      const { data } = await gateway.ask<{
        auditLog: { nodes: Entry[]; pageInfo: { endCursor: string | null; hasNextPage: boolean } };
      }>(
        `query ($after: String) { auditLog(first: 2, after: $after) { nodes { detail } pageInfo { endCursor hasNextPage } } }`,
        { after },
      );
      return data.auditLog;
    };
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { nodes, pageInfo } = await page(after);
      seen.push(...nodes.map(({ detail }) => detail));
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
    }
    expect(seen.map((detail) => /90000\d/.exec(detail)?.[0])).toEqual([
      "900005",
      "900004",
      "900003",
      "900002",
      "900001",
    ]);
    expect(await log(gateway, `outcome: DONE`)).toEqual([]);
    expect(await log(gateway, `to: "2026-03-18T10:20:00Z"`)).toEqual([]);
    expect(await log(gateway, `from: "2026-03-18T10:20:00Z"`)).toHaveLength(5);
  });

  it("is found entry by entry, and not by partners", async () => {
    await using gateway = await createTestGateway();
    const meadow = await onboard(gateway, "meadow-tv");
    const [entry] = await log(gateway);
    const query = `{ node(id: "${entry?.id}") { __typename } }`;
    expect((await gateway.ask(query)).data).toEqual({ node: { __typename: "AuditEntry" } });
    const { data, errors } = await gateway.as(meadow.key).ask(query);
    expect(data).toEqual({ node: null });
    expect(errors[0]?.extensions.code).toBe("NOT_FOUND");
    const whole = await gateway.as(meadow.key).ask("{ auditLog { nodes { detail } } }");
    expect(whole.errors[0]?.extensions.code).toBe("FORBIDDEN");
  });

  it.each([
    `updatePartner(input: { partner: { trackingId: "meadow-tv" }, name: "Other" })`,
    `suspendPartner(input: { partner: { trackingId: "meadow-tv" } })`,
  ])("is kept with a change of ours or not at all: without it nothing is changed by %s", async (mutation) => {
    await using gateway = await createTestGateway();
    await onboard(gateway, "meadow-tv");
    const { transaction } = gateway.store;
    const fail = () => Promise.reject(new Error("the disk is full"));
    Object.assign(gateway.store, {
      transaction: (work: Parameters<typeof transaction>[0]) =>
        transaction((tables) => work({ ...tables, audit: { ...tables.audit, end: fail, addObjects: fail } })),
    });
    await gateway.ask(`mutation { ${mutation} { userErrors { code } } }`);
    const { data } = await gateway.ask(`{ partner(by: { trackingId: "meadow-tv" }) { name status } }`);
    expect(data).toEqual({ partner: { name: "meadow-tv", status: "ACTIVE" } });
    const [entry] = await log(gateway, "");
    expect(entry?.outcome).not.toBe("DONE");
  });
});
