import { describe, expect, it } from "vitest";
import { createTestGateway } from "../support/gateway.ts";

const ZONES = ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "America/St_Johns", "Europe/Berlin", "UTC"];

describe("a month of a time zone", () => {
  it.each(ZONES)("is taken by records and recordings, also while it is under way: %s", async (timeZone) => {
    await using gateway = await createTestGateway();
    for (const month of ["2026-02", "2026-03"]) {
      const { errors } = await gateway.ask(
        `{ viewerRecords(first: 1, window: { month: "${month}" }, timeZone: "${timeZone}") { nodes { bytes } }
           mediaAssets(first: 1, window: { month: "${month}" }, timeZone: "${timeZone}") { nodes { name } } }`,
      );
      expect(errors).toEqual([]);
    }
    const { errors } = await gateway.ask(
      `{ viewerRecords(first: 1, window: { month: "2026-05" }, timeZone: "${timeZone}") { nodes { bytes } } }`,
    );
    expect(errors).toMatchObject([{ extensions: { code: "INVALID_WINDOW" } }]);
  });

  it.each([
    ["Europe/Berlin", "NOT_KEPT"],
    ["Asia/Kolkata", "OFFSET_NOT_WHOLE_HOURS"],
  ])("that figures can't be given for says why, with a window that works: %s", async (timeZone, reason) => {
    await using gateway = await createTestGateway();
    const usage = (window: string) => gateway.ask(`{ account { usage(window: ${window}) { total { bytesOut } } } }`);
    const { errors } = await usage(`{ month: "2026-02" }, timeZone: "${timeZone}"`);
    const valid = errors[0]?.extensions["valid"] as { from: string; to: string };
    expect(errors).toMatchObject([{ extensions: { reason }, message: expect.stringContaining(valid.from) }]);
    expect((await usage(`{ range: { from: "${valid.from}", to: "${valid.to}" } }`)).errors).toEqual([]);
  });

  it("is replaced by that of billing if it has no whole-hour offsets, as onboarding says", async () => {
    await using gateway = await createTestGateway();
    const notices = async (timeZone: string) => {
      const { data } = await gateway.ask<{ onboardPartner: { notices: string[]; userErrors: unknown[] } }>(
        `mutation { onboardPartner(input: { idempotencyKey: "${timeZone}", name: "A", trackingIds: ["${timeZone.slice(-6)}"],
           timeZone: "${timeZone}" }) { notices userErrors { code } } }`,
      );
      expect(data.onboardPartner.userErrors).toEqual([]);
      return data.onboardPartner.notices;
    };
    expect(await notices("Europe/Berlin")).toEqual([]);
    expect(await notices("Asia/Kolkata")).toEqual([
      expect.stringContaining("usage is in the account's `billingTimeZone`, now UTC."),
    ]);
  });
});
