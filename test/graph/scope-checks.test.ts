import { describe, expect, it } from "vitest";
import type { Caller } from "../../src/auth/caller.ts";
import type { Scope } from "../../src/auth/scopes.ts";
import { assertAllowed, type FieldCheck } from "../../src/schema/scope-checks.ts";
import { refusalOf } from "../support/refusal.ts";

const staff = (...scopes: Scope[]) => caller("ANALYST", scopes, null);
const partner = (...scopes: Scope[]) => caller("PARTNER", scopes, { trackingIds: ["acme"], status: "ACTIVE" });
const suspended = (...scopes: Scope[]) => caller("PARTNER", scopes, { trackingIds: ["acme"], status: "SUSPENDED" });

function caller(role: Caller["role"], scopes: readonly Scope[], own: object | null): Caller {
  return { role, scopes: new Set(scopes), partner: own } as unknown as Caller;
}

/** The code of the refusal, or nothing. */
function refusal(check: FieldCheck, by: Caller): string | undefined {
  try {
    assertAllowed(check, { caller: by });
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? "FAULT";
  }
}

describe("a field", () => {
  it.each<[string, FieldCheck, Caller, string | undefined]>([
    ["with a scope is for whoever has it", { scope: "token:read" }, partner("token:read"), undefined],
    ["with a scope is for nobody without it", { scope: "token:read" }, partner("usage:read"), "FORBIDDEN"],
    ["for staff is for staff with the scope", { staff: "token:read" }, staff("token:read"), undefined],
    ["for staff is not for staff without the scope", { staff: "token:read" }, staff("usage:read"), "FORBIDDEN"],
    ["for staff is never for a partner's caller", { staff: "token:read" }, partner("token:read"), "FORBIDDEN"],
    ["of an owner is for the owner", { owner: ["other", "acme"] }, partner(), undefined],
    ["of an owner is for staff", { owner: [null] }, staff(), undefined],
    ["of another owner is for no partner", { owner: ["other", null] }, partner(), "FORBIDDEN"],
    ["of nobody is for no partner", { owner: [] }, partner(), "FORBIDDEN"],
    ["with several is for whoever has one", { staff: "token:read", owner: ["acme"] }, partner(), undefined],
    ["that asks for nothing known is for nobody", {}, staff("token:read"), "FORBIDDEN"],
    [
      "that asks for what no caller can have is a fault",
      { $any: { scope: "token:read" } } as FieldCheck,
      staff("token:read"),
      "FAULT",
    ],
    ["is told by a function", () => true, partner(), undefined],
    ["is refused by a function", () => false, staff("token:read"), "FORBIDDEN"],
    ["is asked for by a function", () => ({ owner: ["acme"] }), partner(), undefined],
    [
      "that is answered later is a fault",
      (async () => true) as unknown as FieldCheck,
      staff("token:read"),
      "FORBIDDEN",
    ],
    ["of a suspended partner that signs tells why", { scope: "token:sign" }, suspended(), "PARTNER_NOT_ACTIVE"],
    ["for staff does not tell a suspended partner more", { staff: "token:sign" }, suspended(), "FORBIDDEN"],
  ])("%s", (_rule, check, by, code) => {
    expect(refusal(check, by)).toBe(code);
  });

  const STAFF = "This needs a key of the broadcaster's own people";
  it.each<[string, FieldCheck, Caller, object]>([
    [
      "the scope to whoever lacks it",
      { scope: "token:read" },
      partner("usage:read"),
      { message: "This needs the scope token:read, which the caller does not hold.", facts: { scope: "token:read" } },
    ],
    [
      "the scope to staff",
      { staff: "token:read" },
      staff("usage:read"),
      { message: "This needs the scope token:read, which the caller does not hold.", facts: { scope: "token:read" } },
    ],
    [
      "the broadcaster's key to a partner that holds the scope",
      { staff: "token:read" },
      partner("token:read"),
      { message: `${STAFF}; the caller has a partner's key.`, facts: { isForStaff: true } },
    ],
    [
      "key and scope to a partner that lacks both",
      { staff: "token:read" },
      partner("usage:read"),
      {
        message: `${STAFF} with the scope token:read; the caller has a partner's key.`,
        facts: { scope: "token:read", isForStaff: true },
      },
    ],
    [
      "the broadcaster's key to another partner",
      { owner: ["other"] },
      partner("usage:read"),
      { message: `${STAFF}; the caller has a partner's key.`, facts: { isForStaff: true } },
    ],
    [
      "that nobody may",
      () => false,
      staff("token:read"),
      { message: "This needs a right that no key has, which the caller does not hold.", facts: {} },
    ],
  ])("that is refused names %s", (_what, check, by, { message, facts }: { message?: string; facts?: object }) => {
    const error = refusalOf(() => assertAllowed(check, { caller: by }));
    expect({ message: error.message, facts: error.facts }).toStrictEqual({ message, facts });
  });
});
