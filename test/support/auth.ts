import { pino } from "pino";
import { generateApiKey } from "../../src/auth/api-keys.ts";
import type { Caller, Credentials } from "../../src/auth/caller.ts";
import { type Auth, type AuthOptions, createAuth } from "../../src/auth/create-auth.ts";
import { allScopes } from "../../src/auth/scopes.ts";
import { createPartnerCache } from "../../src/cache/partner-cache.ts";
import type { RegisteredPartner } from "../../src/model/partner/partner.ts";
import { Secret } from "../../src/model/secret.ts";
import type { NewApiKey } from "../../src/store/api-keys.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { ApiKeyRecord } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { START } from "./gateway.ts";
import { at } from "./time.ts";

export const OPERATOR_KEY = "operator-key-of-the-tests";
export const API_SECRET = "api-secret-of-the-tests";

/** Authentication over a store in memory, at a time that tests set. */
export interface TestAuth extends Auth, AsyncDisposable {
  readonly store: Store;
  readonly clock: { now: number };
  /** Everything that was logged. */
  logged(): string;
  /** Who calls with this behind `Bearer`. */
  callerBy(bearer: Secret | string, from?: Partial<Credentials>): Promise<Caller | null>;
  /** Puts a key into the store. */
  addKey(key?: Partial<NewApiKey>): Promise<{ readonly key: Secret; readonly record: ApiKeyRecord }>;
  addPartner(name?: string): Promise<RegisteredPartner>;
}

/** `options` replace parts; the store of another one makes two gateways of one store. */
export async function createTestAuth(
  options: Partial<AuthOptions> & { readonly store?: Store } = {},
): Promise<TestAuth> {
  const store = options.store ?? (await openStore({ kind: "memory" }));
  const clock = { now: at(START) };
  const lines: string[] = [];
  const auth = createAuth({
    secret: new Secret(API_SECRET),
    operatorKey: new Secret(OPERATOR_KEY),
    operatorScopes: allScopes,
    partners: createPartnerCache(store.partners, () => clock.now),
    issuer: "syndigraph",
    identityProvider: null,
    now: () => clock.now,
    monotonicMs: () => clock.now,
    logger: pino({ level: "debug" }, { write: (line: string) => void lines.push(line) }),
    ...options,
    store,
  });
  return {
    ...auth,
    store,
    clock,
    logged: () => lines.join(""),
    callerBy: async (bearer, from) =>
      auth.authenticate({
        authorization: `Bearer ${typeof bearer === "string" ? bearer : bearer.reveal()}`,
        origin: null,
        address: null,
        ...from,
      }),
    addKey: async (wish) => {
      const { key, hash } = generateApiKey();
      const record = await store.apiKeys.create(
        {
          name: "a key",
          role: "OPERATOR",
          partnerId: null,
          scopes: allScopes,
          allowedOrigins: [],
          allowedNetworks: [],
          expiresAt: null,
          ...wish,
        },
        hash,
        clock.now,
      );
      return { key, record };
    },
    addPartner: (name = "Northwind") =>
      store.partners.create(
        { name, trackingIds: [name.toLowerCase()], contact: null, timeZone: "UTC", currency: "EUR", notes: null },
        clock.now,
      ),
    [Symbol.asyncDispose]: async () => {
      await auth.close();
      if (!options.store) await store.close();
    },
  };
}
