import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createTokenCache,
  type TokenCache,
  type TokenCacheOptions,
  type TokenSource,
} from "../../src/cache/token-cache.ts";
import type { SubscribeTokenRecord } from "../../src/model/token/token.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { createGate } from "../support/gate.ts";
import { publishToken, subscribeToken } from "../support/records.ts";
import { rejectionOf } from "../support/refusal.ts";

/** The subscribe tokens of an account, as the platform lists them: by age, in pages. Tests change what it has and says. */
class Platform implements TokenSource<SubscribeTokenRecord> {
  tokens = new Map<number, SubscribeTokenRecord>();
  calls: string[] = [];
  /** What a page holds, before the answer is under way. */
  page: (rows: SubscribeTokenRecord[], page: number) => SubscribeTokenRecord[] = (rows) => rows;
  /** Waited for while an answer is under way. */
  travel: (call: string) => unknown = () => undefined;

  constructor(...tokens: readonly SubscribeTokenRecord[]) {
    this.set(...tokens);
  }

  set(...tokens: readonly SubscribeTokenRecord[]): void {
    for (const token of tokens) this.tokens.set(token.id, token);
  }

  async list({ page, itemsOnPage }: { page: number; itemsOnPage: number }): Promise<SubscribeTokenRecord[]> {
    const rows = this.page([...this.tokens.values()].slice((page - 1) * itemsOnPage, page * itemsOnPage), page);
    await this.#answer(`page ${page}`);
    return rows;
  }

  async read(id: number): Promise<SubscribeTokenRecord | null> {
    const token = this.tokens.get(id) ?? null;
    await this.#answer(`token ${id}`);
    return token;
  }

  async #answer(call: string): Promise<void> {
    this.calls.push(call);
    await this.travel(call);
  }
}

const down = new UpstreamError("UPSTREAM_UNAVAILABLE", "down", { operation: "List" });
const noPublishTokens = { list: async () => [], read: async () => null };
const token = (id: number, label = "as it was") => subscribeToken({ id, label });
const many = (count: number) => Array.from({ length: count }, (_, index) => token(index + 1));

/** A cache over the platform, on a clock that tests move. */
function cacheOf(subscribeTokens: TokenSource<SubscribeTokenRecord>, options: Partial<TokenCacheOptions> = {}) {
  const clock = { now: 0 };
  const failures: unknown[] = [];
  const cache = createTokenCache({
    publishTokens: noPublishTokens,
    subscribeTokens,
    refreshAfterMs: 15_000,
    staleAfterMs: 300_000,
    monotonicMs: () => clock.now,
    onRefreshFailure: (error) => failures.push(error),
    ...options,
  });
  const labels = async () =>
    Object.fromEntries((await cache.read()).subscribe.all().map(({ id, label }) => [id, label]));
  return { cache, clock, failures, labels };
}

/** Lets everything happen that needs no more than turns of the event loop. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const idsOf = async ({ read }: TokenCache) => (await read()).subscribe.all().map(({ id }) => id);

describe("token cache: the first refresh", () => {
  it.each([
    [0, 2],
    [1, 2],
    [100, 2],
    [200, 6],
    [250, 6],
    [650, 14],
  ])("takes in %d tokens with %d calls: pages are read until one is empty, some at once", async (count, calls) => {
    const platform = new Platform(...many(count));
    const { cache } = cacheOf(platform);
    expect(await idsOf(cache)).toEqual(many(count).map(({ id }) => id));
    expect(platform.calls).toHaveLength(calls);
    expect(new Set(platform.calls).size).toBe(calls);
  });

  it("continues after a short page", async () => {
    const platform = new Platform(...many(250));
    platform.page = (rows, page) => (page === 1 ? rows.slice(0, 40) : rows);
    expect(await idsOf(cacheOf(platform).cache)).toHaveLength(190);
  });

  it("runs once for concurrent reads, and not again while the tokens are fresh", async () => {
    const platform = new Platform(token(1));
    const { cache, clock } = cacheOf(platform);
    await Promise.all([cache.read(), cache.read(), cache.refresh()]);
    clock.now = 15_000;
    await cache.read();
    expect(platform.calls).toEqual(["page 1", "page 2"]);
  });

  it("asks for one page alone after a failure, since an open circuit breaker lets one call through", async () => {
    const platform = new Platform(...many(3));
    const { cache, clock } = cacheOf(platform);
    platform.travel = () => Promise.reject(down);
    await rejectionOf(cache.read());
    platform.calls = [];
    let isOpen = true;
    platform.travel = async (call) => {
      if (isOpen && call !== "page 1") throw down;
      await settle();
      isOpen = false;
    };
    clock.now += 1_000;
    expect((await cache.read()).subscribe.all()).toHaveLength(3);
    expect(platform.calls.slice(0, 2)).toEqual(["page 1", "page 2"]);
  });

  it("that fails rejects all who wait for it, and is not repeated for a second", async () => {
    const platform = new Platform(token(1));
    platform.travel = () => Promise.reject(down);
    const { cache, clock } = cacheOf(platform);
    expect(await Promise.all([rejectionOf(cache.read()), rejectionOf(cache.read())])).toEqual([down, down]);
    expect(platform.calls).toHaveLength(2);
    platform.travel = () => undefined;
    clock.now = 999;
    expect(await rejectionOf(cache.read())).toBe(down);
    expect(platform.calls).toHaveLength(2);
    clock.now = 1_000;
    expect(await idsOf(cache)).toEqual([1]);
  });
});

describe("token cache: a change of the account", () => {
  it("is visible at once: all tokens are read again, after a refresh that started before it", async () => {
    const platform = new Platform(token(1));
    const { cache, labels } = cacheOf(platform);
    await labels();
    const { wait, open } = createGate();
    platform.travel = wait;
    const begun = cache.refresh();
    platform.set(token(1, "by the account's new default"));
    const changed = cache.accountChanged();
    platform.travel = () => undefined;
    open();
    await Promise.all([begun, changed]);
    expect(await labels()).toEqual({ 1: "by the account's new default" });
    expect(platform.calls).toHaveLength(6);
  });

  it("costs no call if the tokens have never been read, and never fails", async () => {
    const platform = new Platform(token(1));
    const { cache, labels, failures } = cacheOf(platform);
    await cache.accountChanged();
    expect(platform.calls).toEqual([]);
    await labels();
    platform.travel = () => Promise.reject(down);
    await cache.accountChanged();
    expect(failures).toEqual([down]);
    expect(await labels()).toEqual({ 1: "as it was" });
  });
});

describe("token cache: a later refresh", () => {
  it("runs in the background: a read returns the cached tokens, and the next one the new", async () => {
    const platform = new Platform(token(1));
    const { clock, labels } = cacheOf(platform);
    await labels();
    platform.set(token(1, "changed"), token(2));
    clock.now = 15_001;
    expect(await labels()).toEqual({ 1: "as it was" });
    await settle();
    expect(await labels()).toEqual({ 1: "changed", 2: "as it was" });
  });

  it("runs once at a time for concurrent reads", async () => {
    const platform = new Platform(token(1));
    const { cache, clock } = cacheOf(platform);
    await cache.read();
    clock.now = 15_001;
    await Promise.all([cache.read(), cache.read(), cache.read()]);
    await settle();
    expect(platform.calls).toHaveLength(4);
  });

  it("is waited for when the tokens are stale", async () => {
    const platform = new Platform(token(1));
    const { clock, labels } = cacheOf(platform);
    await labels();
    platform.set(token(1, "changed"));
    clock.now = 300_001;
    expect(await labels()).toEqual({ 1: "changed" });
  });

  it("that fails is logged, rejects no read, and is not repeated for a second", async () => {
    const platform = new Platform(token(1));
    const { clock, labels, failures } = cacheOf(platform);
    await labels();
    platform.travel = () => Promise.reject(down);
    for (const now of [300_001, 300_500, 301_000]) {
      clock.now = now;
      expect(await labels()).toEqual({ 1: "as it was" });
    }
    expect(failures).toEqual([down]);
    expect(platform.calls).toHaveLength(4);
    clock.now = 301_001;
    await labels();
    await settle();
    expect(failures).toEqual([down, down]);
  });

  it("is not waited for after a failure until one has succeeded, however old the tokens are", async () => {
    const platform = new Platform(token(1));
    const { clock, labels } = cacheOf(platform);
    await labels();
    platform.travel = () => Promise.reject(down);
    clock.now = 300_001;
    await labels();
    const { wait, open } = createGate();
    platform.set(token(1, "changed"));
    platform.travel = wait;
    clock.now = 400_000;
    expect(await labels()).toEqual({ 1: "as it was" });
    open();
    await settle();
    expect(await labels()).toEqual({ 1: "changed" });
  });

  it("that fails makes old tokens stale, and reports their age; tokens that only need a refresh are not stale", async () => {
    const platform = new Platform(token(1));
    const { cache, clock } = cacheOf(platform);
    const ages: number[] = [];
    const read = () => cache.read((ageMs) => ages.push(ageMs));
    await read();
    platform.travel = () => Promise.reject(down);
    for (const now of [15_001, 300_000, 300_001, 86_400_000]) {
      clock.now = now;
      await read();
      await settle();
    }
    expect(ages).toEqual([300_001, 86_400_000]);
    platform.travel = () => undefined;
    clock.now += 1_000;
    await read();
    await settle();
    await read();
    expect(ages).toEqual([300_001, 86_400_000, 86_401_000]);
  });

  it("counts the age of the tokens from its end", async () => {
    const platform = new Platform(token(1));
    const { cache, clock } = cacheOf(platform);
    platform.travel = () => {
      clock.now = 20_000;
    };
    await cache.read();
    clock.now = 35_000;
    await cache.read();
    expect(platform.calls).toHaveLength(2);
  });

  it("stores one kind if the other fails, and ends for both before the next one starts", async () => {
    const platform = new Platform(token(1));
    const { wait, open } = createGate();
    const publishTokens = { list: () => Promise.reject(down), read: async () => null };
    const { cache, clock } = cacheOf(platform, { publishTokens });
    platform.travel = wait;
    const first = cache.read();
    await settle();
    clock.now = 5_000;
    const second = cache.read();
    expect(platform.calls).toEqual(["page 1", "page 2"]);
    open();
    expect(await rejectionOf(first)).toBe(down);
    expect(await rejectionOf(second)).toBe(down);
    expect((await cache.subscribeToken(1))?.label).toBe("as it was");
    expect(platform.calls).toHaveLength(2);
  });
});

describe("token cache: a token that a refresh does not list", () => {
  /** A cache that knows tokens 1 to 3, whose next list leaves out the second. */
  async function hiding() {
    const platform = new Platform(...many(3));
    const all = cacheOf(platform);
    await all.cache.read();
    platform.page = (rows) => rows.filter(({ id }) => id !== 2);
    platform.calls = [];
    return { platform, ...all };
  }

  it("is read by id, and stored if pages have only shifted", async () => {
    const { platform, cache, labels } = await hiding();
    platform.set(token(2, "still here"));
    await cache.refresh();
    expect(platform.calls).toEqual(["page 1", "page 2", "token 2"]);
    expect(await labels()).toEqual({ 1: "as it was", 2: "still here", 3: "as it was" });
  });

  it("is removed if its own read returns null", async () => {
    const { platform, cache, labels } = await hiding();
    platform.tokens.delete(2);
    await cache.refresh();
    expect(await labels()).toEqual({ 1: "as it was", 3: "as it was" });
  });

  it("stays if its own read fails, which fails the refresh", async () => {
    const { platform, cache, labels } = await hiding();
    platform.tokens.delete(2);
    platform.travel = (call) => (call === "token 2" ? Promise.reject(down) : undefined);
    expect(await rejectionOf(cache.refresh())).toBe(down);
    expect(await labels()).toHaveProperty("2");
  });

  it("is one of many, which are read up to eight at a time", async () => {
    const platform = new Platform(...many(50));
    const { cache } = cacheOf(platform);
    await cache.read();
    platform.tokens.clear();
    let [underWay, most] = [0, 0];
    platform.travel = async (call) => {
      if (!call.startsWith("token")) return;
      underWay += 1;
      most = Math.max(most, underWay);
      await settle();
      underWay -= 1;
    };
    await cache.refresh();
    expect(await idsOf(cache)).toEqual([]);
    expect(most).toBe(8);
  });
});

describe("token cache: a write of the gateway", () => {
  /** Runs a write while the pages of a reading are under way, which show tokens 1 and 2 as they were. */
  async function duringReading(write: (all: ReturnType<typeof cacheOf> & { platform: Platform }) => unknown) {
    const platform = new Platform(...many(2));
    const all = cacheOf(platform);
    await all.cache.read();
    const { wait, open } = createGate();
    platform.travel = wait;
    const reading = all.cache.refresh();
    await settle();
    await write({ ...all, platform });
    open();
    await reading;
    platform.travel = () => undefined;
    return all.labels();
  }

  it("is visible at once", async () => {
    const { cache, labels } = cacheOf(new Platform(token(1)));
    await cache.read();
    cache.put(token(1, "ours"));
    cache.put(token(2, "ours"));
    cache.put(publishToken({ id: 1, label: "ours" }));
    expect(await labels()).toEqual({ 1: "ours", 2: "ours" });
    cache.delete("SubscribeToken", 1);
    expect(await labels()).toEqual({ 2: "ours" });
    expect((await cache.read()).publish.all().map(({ id }) => id)).toEqual([1]);
    cache.delete("PublishToken", 1);
    expect((await cache.read()).publish.all()).toEqual([]);
  });

  it("wins over a refresh that was running", async () => {
    expect(await duringReading(({ cache }) => cache.put(token(1, "ours")))).toEqual({
      1: "ours",
      2: "as it was",
    });
    expect(await duringReading(({ cache }) => cache.put(token(3, "ours")))).toEqual({
      1: "as it was",
      2: "as it was",
      3: "ours",
    });
    expect(await duringReading(({ cache }) => cache.delete("SubscribeToken", 1))).toEqual({ 2: "as it was" });
  });

  it("wins over a read by id that was running", async () => {
    const platform = new Platform(...many(2));
    const { cache, labels } = cacheOf(platform);
    await cache.read();
    platform.page = (rows) => rows.filter(({ id }) => id !== 2);
    const { wait, open } = createGate();
    platform.travel = (call) => (call === "token 2" ? wait() : undefined);
    const reading = cache.refresh();
    await settle();
    cache.put(token(2, "ours"));
    open();
    await reading;
    expect(await labels()).toEqual({ 1: "as it was", 2: "ours" });
  });

  it("does not win over the next refresh", async () => {
    const platform = new Platform(token(1));
    const { cache, labels } = cacheOf(platform);
    await cache.read();
    cache.put(token(1, "ours"));
    platform.set(token(1, "theirs, later"));
    await cache.refresh();
    expect(await labels()).toEqual({ 1: "theirs, later" });
  });
});

describe("token cache: one token by id", () => {
  it("costs no call if it is cached, and one otherwise", async () => {
    const platform = new Platform(token(1));
    const { cache } = cacheOf(platform);
    await cache.read();
    platform.set(token(2, "new"));
    expect((await cache.subscribeToken(1))?.id).toBe(1);
    expect((await cache.subscribeToken(2))?.label).toBe("new");
    expect((await cache.subscribeToken(2))?.label).toBe("new");
    expect(await cache.subscribeToken(3)).toBeNull();
    expect(await cache.publishToken(1)).toBeNull();
    expect(platform.calls.slice(2)).toEqual(["token 2", "token 3"]);
  });

  it("is not restored by a response that is older than its deletion", async () => {
    const platform = new Platform(token(1));
    const { wait, open } = createGate();
    platform.travel = (call) => (call === "token 1" ? wait() : undefined);
    platform.page = () => [];
    const { cache } = cacheOf(platform);
    await cache.read();
    const finding = cache.subscribeToken(1);
    cache.delete("SubscribeToken", 1);
    open();
    await finding;
    expect(await idsOf(cache)).toEqual([]);
  });
});

describe("token cache: tracking ids", () => {
  it("are those of all subscribe tokens, sorted, with their tokens by id", async () => {
    const tracked = (id: number, trackingId: string | null) => subscribeToken({ id, trackingId });
    const platform = new Platform(tracked(3, "b"), tracked(1, "b"), tracked(2, "a"), tracked(4, null));
    const { cache } = cacheOf(platform);
    const tokens = await cache.read();
    expect(tokens.trackingIds()).toEqual(["a", "b"]);
    expect(tokens.withTrackingId("b").map(({ id }) => id)).toEqual([1, 3]);
    expect(tokens.withTrackingId("nobody")).toEqual([]);
    cache.put(tracked(5, "constructor"));
    expect(tokens.trackingIds()).toEqual(["a", "b", "constructor"]);
  });
});

describe("token cache: events in any order during a refresh", () => {
  /** What may happen: a write of ours, a change by others, a reading, a look at one token. */
  const events = fc.array(
    fc.record({
      what: fc.constantFrom("we change", "we delete", "they change", "they delete", "we read", "we look"),
      id: fc.integer({ min: 1, max: 120 }).map((number) => (number > 6 ? 95 + (number % 12) : number)),
    }),
    { minLength: 1, maxLength: 14 },
  );

  it("never undo a write of the gateway, and the cache ends as the platform is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), events, async (scheduler, all) => {
        const platform = new Platform(...many(104));
        const { cache } = cacheOf(platform, { refreshAfterMs: Number.POSITIVE_INFINITY });
        const { subscribe } = await cache.read();
        platform.travel = (call) => scheduler.schedule(Promise.resolve(), call);
        const written = new Map<number, number>();
        const writing = new Set<number>();
        let version = 0;
        const check = () => {
          for (const [id, least] of written) {
            const label = subscribe.get(id)?.label;
            if (platform.tokens.has(id)) expect(Number(label)).toBeGreaterThanOrEqual(least);
            else if (least === Number.POSITIVE_INFINITY) expect(label).toBeUndefined();
          }
        };

        const run = async ({ what, id }: { what: string; id: number }) => {
          if (what === "we read") return cache.refresh();
          if (what === "we look") return cache.subscribeToken(id);
          if (writing.has(id) || !platform.tokens.has(id)) return;
          version += 1;
          const changed = token(id, `${version}`);
          const isDeletion = what.endsWith("delete");
          if (isDeletion) platform.tokens.delete(id);
          else platform.tokens.set(id, changed);
          if (what.startsWith("they")) return;
          writing.add(id);
          await scheduler.schedule(Promise.resolve(), `${what} ${id}`);
          writing.delete(id);
          if (isDeletion) cache.delete("SubscribeToken", id);
          else cache.put(changed);
          written.set(id, isDeletion ? Number.POSITIVE_INFINITY : Number(changed.label));
        };
        const running = all.map(async (event) => {
          await scheduler.schedule(Promise.resolve(), event.what);
          check();
          await run(event);
          check();
        });
        await scheduler.waitFor(Promise.all(running));
        platform.travel = () => undefined;
        await cache.refresh();
        check();
        expect(subscribe.all()).toEqual([...platform.tokens.values()].sort((a, b) => a.id - b.id));
      }),
      { numRuns: 60 },
    );
  });
});
