import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { type ConformantSandbox, createConformantSandbox } from "../support/conformance.ts";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { createTestGateway, START, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { platformTokens } from "../support/platform-tokens.ts";

/** Number of interleavings; the drill `interleavings` runs more. */
const INTERLEAVINGS = Number(process.env["INTERLEAVINGS"] ?? 12);
/** The first seed, to repeat one that failed. */
const FIRST_SEED = Number(process.env["INTERLEAVINGS_SEED"] ?? 1);
/** Interleavings over one platform: its token list grows, and is read by most operations. */
const PER_PLATFORM = 15;
const OPERATIONS = 6;

/** Numbers from 0 up to 1 that follow from a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface World {
  readonly sandbox: ConformantSandbox;
  readonly store: Store;
  readonly gateways: readonly [TestGateway, TestGateway];
}

const status = (mutation: string, id: string) =>
  `mutation { ${mutation}(input: { partner: { trackingId: "${id}" } }) { userErrors { code } } }`;

/** The operations as documents, for a partner and a key of their own. */
const operations: readonly ((id: string, key: string) => string)[] = [
  (id, key) =>
    `mutation { createSubscribeToken(input: { idempotencyKey: "${key}", label: "${key}", trackingId: "${id}",
       streams: [{ pattern: "derby-final" }] }) { userErrors { code } } }`,
  (id) => status("suspendPartner", id),
  (id) => status("resumePartner", id),
  (id, key) =>
    `mutation { rotatePartnerTokens(input: { idempotencyKey: "${key}", partner: { trackingId: "${id}" } }) { userErrors { code } } }`,
  (id, key) =>
    `mutation { syndicateStream(input: { idempotencyKey: "${key}", stream: { name: "derby-final" }, expiresInSeconds: 86400,
       partners: [{ trackingId: "${id}" }] }) { userErrors { code } } }`,
];

async function interleave(
  { sandbox, store, gateways }: World,
  seed: number,
): Promise<"ACTIVE" | "SUSPENDED" | "RETIRED"> {
  const random = randomOf(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const id = `partner-${seed}`;
  const { tokenIds } = await onboard(gateways[0], id, ["derby-final", "derby-semi"]);
  const byHand = tokenIds[1];
  await gateways[0].ask(
    `mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: ${byHand} }] }) { userErrors { code } } }`,
  );
  const documents = Array.from({ length: OPERATIONS }, (_, index) => pick(operations)(id, `${seed}-${index}`));
  if (random() < 0.15) documents[OPERATIONS - 1] = status("retirePartner", id);
  await Promise.all(
    documents.map(async (document) => {
      const gateway = pick(gateways);
      for (let turns = Math.floor(random() * 40); turns > 0; turns -= 1) await nextTurn();
      const { errors } = await gateway.ask(document);
      expect(errors, document).toEqual([]);
    }),
  );

  const partner = await store.partners.byTrackingId(id);
  if (!partner) throw new Error("the partner is registered");
  const activeIds = async () =>
    (await platformTokens(sandbox, id)).filter(({ isActive }) => isActive).map((token) => token.id);
  if (partner.status !== "ACTIVE") expect(await activeIds(), `seed ${seed}`).toEqual([]);
  if (partner.status !== "RETIRED") {
    if (partner.status === "SUSPENDED") await pick(gateways).ask(status("resumePartner", id));
    const all = (await platformTokens(sandbox, id)).map((token) => token.id);
    expect(await activeIds(), `seed ${seed}`).toEqual(all.filter((tokenId) => tokenId !== byHand));
  }
  return partner.status;
}

const kinds = databaseKinds.filter(({ kind, isReachable }) => isReachable && kind !== "file");
// Over PostgreSQL, where there is one; otherwise in memory.
for (const { kind } of kinds.slice(-1)) {
  describe(`two gateways over one store in ${kind}`, () => {
    it(`leave no usable token of an inactive partner, and none disabled by mistake, in ${INTERLEAVINGS} interleavings`, async () => {
      const ends = { ACTIVE: 0, SUSPENDED: 0, RETIRED: 0 };
      for (let first = 0; first < INTERLEAVINGS; first += PER_PLATFORM) {
        await using database = await createTestDatabase(kind);
        const sandbox = await createConformantSandbox({ startAt: START, frozen: true });
        const stores = [await database.open(), kind === "postgres" ? await database.open() : null] as const;
        const made = async (store: Store) => createTestGateway({ over: sandbox, gateway: { store } });
        const gateways = [await made(stores[0]), await made(stores[1] ?? stores[0])] as const;
        for (let index = first; index < Math.min(first + PER_PLATFORM, INTERLEAVINGS); index += 1) {
          ends[await interleave({ sandbox, store: stores[0], gateways }, FIRST_SEED + index)] += 1;
        }
        for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
        await sandbox.close();
      }
      if (INTERLEAVINGS >= 100) process.stdout.write(`${INTERLEAVINGS} interleavings ended ${JSON.stringify(ends)}\n`);
      expect(ends.SUSPENDED).toBeGreaterThan(0);
    }, 3_600_000);
  });
}
