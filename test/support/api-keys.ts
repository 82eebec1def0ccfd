import { generateApiKey } from "../../src/auth/api-keys.ts";
import { allScopes } from "../../src/auth/scopes.ts";
import type { NewApiKey } from "../../src/store/api-keys.ts";
import type { TestGateway } from "./gateway.ts";

/** A key in the gateway's store. */
export async function addKey({ store, sandbox }: TestGateway, wish: Partial<NewApiKey> = {}) {
  const { key, hash } = generateApiKey();
  const defaults = { name: "a key", role: "OPERATOR", partnerId: null, scopes: allScopes, expiresAt: null } as const;
  const record = { ...defaults, allowedOrigins: [], allowedNetworks: [], ...wish };
  const { id } = await store.apiKeys.create(record, hash, sandbox.clock.now());
  return { id, key: key.reveal() };
}
