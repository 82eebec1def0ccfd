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

/** A directory over the platform, on a clock that tests move. */
function directoryOf(subscribeTokens: TokenSource<SubscribeTokenRecord>, options: Partial<TokenCacheOptions> = {}) {
  const clock = { now: 0 };
  const failures: unknown[] = [];
  const directory = createTokenCache({
    publishTokens: noPublishTokens,
    subscribeTokens,
    refreshAfterMs: 15_000,
    staleAfterMs: 300_000,
    monotonicMs: () => clock.now,
    onRefreshFailure: (error) => failures.push(error),
    ...options,
  });
  const labels = async () =>
    Object.fromEntries((await directory.read()).subscribe.all().map(({ id, label }) => [id, label]));
  return { directory, clock, failures, labels };
}

/** Lets everything happen that needs no more than turns of the event loop. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A promise that a test keeps from settling until it says so. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const idsOf = async ({ read }: TokenCache) => (await read()).subscribe.all().map(({ id }) => id);

describe("the first reading", () => {
  it.each([
    [0, 2],
    [1, 2],
    [100, 2],
    [200, 6],
    [250, 6],
    [650, 14],
  ])("takes in %d tokens with %d calls: pages are read until one is empty, some at once", async (count, calls) => {
    const platform = new Platform(...many(count));
    const { directory } = directoryOf(platform);
    expect(await idsOf(directory)).toEqual(many(count).map(({ id }) => id));
    expect(platform.calls).toHaveLength(calls);
    expect(new Set(platform.calls).size).toBe(calls);
  });

  it("is not over at a page that is merely short", async () => {
    const platform = new Platform(...many(250));
    platform.page = (rows, page) => (page === 1 ? rows.slice(0, 40) : rows);
    expect(await idsOf(directoryOf(platform).directory)).toHaveLength(190);
  });

  it("is made once for all who ask at the same time, and not again while it is young", async () => {
    const platform = new Platform(token(1));
    const { directory, clock } = directoryOf(platform);
    await Promise.all([directory.read(), directory.read(), directory.refresh()]);
    clock.now = 15_000;
    await directory.read();
    expect(platform.calls).toEqual(["page 1", "page 2"]);
  });

  it("that fails is told to all who wait for it, and is not tried again for a second", async () => {
    const platform = new Platform(token(1));
    platform.travel = () => Promise.reject(down);
    const { directory, clock } = directoryOf(platform);
    expect(await Promise.all([rejectionOf(directory.read()), rejectionOf(directory.read())])).toEqual([down, down]);
    expect(platform.calls).toHaveLength(2);
    platform.travel = () => undefined;
    clock.now = 999;
    expect(await rejectionOf(directory.read())).toBe(down);
    expect(platform.calls).toHaveLength(2);
    clock.now = 1_000;
    expect(await idsOf(directory)).toEqual([1]);
  });
});

describe("a change of the account", () => {
  it("is seen at once: all is read again, anew where a reading had begun before it", async () => {
    const platform = new Platform(token(1));
    const { directory, labels } = directoryOf(platform);
    await labels();
    const { opened, open } = gate();
    platform.travel = () => opened;
    const begun = directory.refresh();
    platform.set(token(1, "by the account's new default"));
    const changed = directory.accountChanged();
    platform.travel = () => undefined;
    open();
    await Promise.all([begun, changed]);
    expect(await labels()).toEqual({ 1: "by the account's new default" });
    expect(platform.calls).toHaveLength(6);
  });

  it("costs nothing where the tokens have never been read, and does not fail where they can't be", async () => {
    const platform = new Platform(token(1));
    const { directory, labels, failures } = directoryOf(platform);
    await directory.accountChanged();
    expect(platform.calls).toEqual([]);
    await labels();
    platform.travel = () => Promise.reject(down);
    await directory.accountChanged();
    expect(failures).toEqual([down]);
    expect(await labels()).toEqual({ 1: "as it was" });
  });
});

describe("a later reading", () => {
  it("is made in the background: who asks gets what is known, and sees the new at the next question", async () => {
    const platform = new Platform(token(1));
    const { clock, labels } = directoryOf(platform);
    await labels();
    platform.set(token(1, "changed"), token(2));
    clock.now = 15_001;
    expect(await labels()).toEqual({ 1: "as it was" });
    await settle();
    expect(await labels()).toEqual({ 1: "changed", 2: "as it was" });
  });

  it("is one at a time, however many ask", async () => {
    const platform = new Platform(token(1));
    const { directory, clock } = directoryOf(platform);
    await directory.read();
    clock.now = 15_001;
    await Promise.all([directory.read(), directory.read(), directory.read()]);
    await settle();
    expect(platform.calls).toHaveLength(4);
  });

  it("is waited for when what is known is too old to be shown", async () => {
    const platform = new Platform(token(1));
    const { clock, labels } = directoryOf(platform);
    await labels();
    platform.set(token(1, "changed"));
    clock.now = 300_001;
    expect(await labels()).toEqual({ 1: "changed" });
  });

  it("that fails is told to the log, not to who asks, and is not tried again for a second", async () => {
    const platform = new Platform(token(1));
    const { clock, labels, failures } = directoryOf(platform);
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

  it("is not waited for while the platform fails, however old the tokens are, until one has succeeded", async () => {
    const platform = new Platform(token(1));
    const { clock, labels } = directoryOf(platform);
    await labels();
    platform.travel = () => Promise.reject(down);
    clock.now = 300_001;
    await labels();
    const { opened, open } = gate();
    platform.set(token(1, "changed"));
    platform.travel = () => opened;
    clock.now = 400_000;
    expect(await labels()).toEqual({ 1: "as it was" });
    open();
    await settle();
    expect(await labels()).toEqual({ 1: "changed" });
  });

  it("that fails makes stale what is known, and says how old it is; what is only aged is not stale", async () => {
    const platform = new Platform(token(1));
    const { directory, clock } = directoryOf(platform);
    const ages: number[] = [];
    const read = () => directory.read((ageMs) => ages.push(ageMs));
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

  it("counts its age from when it ended", async () => {
    const platform = new Platform(token(1));
    const { directory, clock } = directoryOf(platform);
    platform.travel = () => {
      clock.now = 20_000;
    };
    await directory.read();
    clock.now = 35_000;
    await directory.read();
    expect(platform.calls).toHaveLength(2);
  });

  it("of one kind does not keep the other from being taken in, and both are over before the next begins", async () => {
    const platform = new Platform(token(1));
    const { opened, open } = gate();
    const publishTokens = { list: () => Promise.reject(down), read: async () => null };
    const { directory, clock } = directoryOf(platform, { publishTokens });
    platform.travel = () => opened;
    const first = directory.read();
    await settle();
    clock.now = 5_000;
    const second = directory.read();
    expect(platform.calls).toEqual(["page 1", "page 2"]);
    open();
    expect(await rejectionOf(first)).toBe(down);
    expect(await rejectionOf(second)).toBe(down);
    expect((await directory.subscribeToken(1))?.label).toBe("as it was");
    expect(platform.calls).toHaveLength(2);
  });
});

describe("a token that a reading does not show", () => {
  /** A directory that knows tokens 1 to 3, whose next list leaves out the second. */
  async function hiding() {
    const platform = new Platform(...many(3));
    const all = directoryOf(platform);
    await all.directory.read();
    platform.page = (rows) => rows.filter(({ id }) => id !== 2);
    platform.calls = [];
    return { platform, ...all };
  }

  it("is asked for by itself, and kept as it is now when pages have only shifted", async () => {
    const { platform, directory, labels } = await hiding();
    platform.set(token(2, "still here"));
    await directory.refresh();
    expect(platform.calls).toEqual(["page 1", "page 2", "token 2"]);
    expect(await labels()).toEqual({ 1: "as it was", 2: "still here", 3: "as it was" });
  });

  it("is gone when the platform says so of it", async () => {
    const { platform, directory, labels } = await hiding();
    platform.tokens.delete(2);
    await directory.refresh();
    expect(await labels()).toEqual({ 1: "as it was", 3: "as it was" });
  });

  it("is kept when the platform can't be asked, and the reading has failed", async () => {
    const { platform, directory, labels } = await hiding();
    platform.tokens.delete(2);
    platform.travel = (call) => (call === "token 2" ? Promise.reject(down) : undefined);
    expect(await rejectionOf(directory.refresh())).toBe(down);
    expect(await labels()).toHaveProperty("2");
  });

  it("is one of many, which are not all asked for at once", async () => {
    const platform = new Platform(...many(50));
    const { directory } = directoryOf(platform);
    await directory.read();
    platform.tokens.clear();
    let [underWay, most] = [0, 0];
    platform.travel = async (call) => {
      if (!call.startsWith("token")) return;
      underWay += 1;
      most = Math.max(most, underWay);
      await settle();
      underWay -= 1;
    };
    await directory.refresh();
    expect(await idsOf(directory)).toEqual([]);
    expect(most).toBe(8);
  });
});

describe("a write of ours", () => {
  /** Runs a write while the pages of a reading are under way, which show tokens 1 and 2 as they were. */
  async function duringReading(write: (all: ReturnType<typeof directoryOf> & { platform: Platform }) => unknown) {
    const platform = new Platform(...many(2));
    const all = directoryOf(platform);
    await all.directory.read();
    const { opened, open } = gate();
    platform.travel = () => opened;
    const reading = all.directory.refresh();
    await settle();
    await write({ ...all, platform });
    open();
    await reading;
    platform.travel = () => undefined;
    return all.labels();
  }

  it("is seen at once", async () => {
    const { directory, labels } = directoryOf(new Platform(token(1)));
    await directory.read();
    directory.put(token(1, "ours"));
    directory.put(token(2, "ours"));
    directory.put(publishToken({ id: 1, label: "ours" }));
    expect(await labels()).toEqual({ 1: "ours", 2: "ours" });
    directory.delete("SubscribeToken", 1);
    expect(await labels()).toEqual({ 2: "ours" });
    expect((await directory.read()).publish.all().map(({ id }) => id)).toEqual([1]);
    directory.delete("PublishToken", 1);
    expect((await directory.read()).publish.all()).toEqual([]);
  });

  it("wins over a reading that was under way", async () => {
    expect(await duringReading(({ directory }) => directory.put(token(1, "ours")))).toEqual({
      1: "ours",
      2: "as it was",
    });
    expect(await duringReading(({ directory }) => directory.put(token(3, "ours")))).toEqual({
      1: "as it was",
      2: "as it was",
      3: "ours",
    });
    expect(await duringReading(({ directory }) => directory.delete("SubscribeToken", 1))).toEqual({ 2: "as it was" });
  });

  it("wins over the reading of a token by itself", async () => {
    const platform = new Platform(...many(2));
    const { directory, labels } = directoryOf(platform);
    await directory.read();
    platform.page = (rows) => rows.filter(({ id }) => id !== 2);
    const { opened, open } = gate();
    platform.travel = (call) => (call === "token 2" ? opened : undefined);
    const reading = directory.refresh();
    await settle();
    directory.put(token(2, "ours"));
    open();
    await reading;
    expect(await labels()).toEqual({ 1: "as it was", 2: "ours" });
  });

  it("does not win over the next reading, which is newer", async () => {
    const platform = new Platform(token(1));
    const { directory, labels } = directoryOf(platform);
    await directory.read();
    directory.put(token(1, "ours"));
    platform.set(token(1, "theirs, later"));
    await directory.refresh();
    expect(await labels()).toEqual({ 1: "theirs, later" });
  });
});

describe("one token by its id", () => {
  it("costs no call when it is known, and one when it is not", async () => {
    const platform = new Platform(token(1));
    const { directory } = directoryOf(platform);
    await directory.read();
    platform.set(token(2, "new"));
    expect((await directory.subscribeToken(1))?.id).toBe(1);
    expect((await directory.subscribeToken(2))?.label).toBe("new");
    expect((await directory.subscribeToken(2))?.label).toBe("new");
    expect(await directory.subscribeToken(3)).toBeNull();
    expect(await directory.publishToken(1)).toBeNull();
    expect(platform.calls.slice(2)).toEqual(["token 2", "token 3"]);
  });

  it("is not brought back by an answer that is older than its deletion", async () => {
    const platform = new Platform(token(1));
    const { opened, open } = gate();
    platform.travel = (call) => (call === "token 1" ? opened : undefined);
    platform.page = () => [];
    const { directory } = directoryOf(platform);
    await directory.read();
    const finding = directory.subscribeToken(1);
    directory.delete("SubscribeToken", 1);
    open();
    await finding;
    expect(await idsOf(directory)).toEqual([]);
  });
});

describe("tracking ids", () => {
  it("are those of all subscribe tokens, sorted, with their tokens by age", async () => {
    const tracked = (id: number, trackingId: string | null) => subscribeToken({ id, trackingId });
    const platform = new Platform(tracked(3, "b"), tracked(1, "b"), tracked(2, "a"), tracked(4, null));
    const { directory } = directoryOf(platform);
    const tokens = await directory.read();
    expect(tokens.trackingIds()).toEqual(["a", "b"]);
    expect(tokens.withTrackingId("b").map(({ id }) => id)).toEqual([1, 3]);
    expect(tokens.withTrackingId("nobody")).toEqual([]);
    directory.put(tracked(5, "constructor"));
    expect(tokens.trackingIds()).toEqual(["a", "b", "constructor"]);
  });
});

describe("whatever happens while answers are under way", () => {
  /** What may happen: a write of ours, a change by others, a reading, a look at one token. */
  const events = fc.array(
    fc.record({
      what: fc.constantFrom("we change", "we delete", "they change", "they delete", "we read", "we look"),
      id: fc.integer({ min: 1, max: 120 }).map((number) => (number > 6 ? 95 + (number % 12) : number)),
    }),
    { minLength: 1, maxLength: 14 },
  );

  it("what we wrote stays as we wrote it or later, and in the end all is as the platform has it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), events, async (scheduler, all) => {
        const platform = new Platform(...many(104));
        const { directory } = directoryOf(platform, { refreshAfterMs: Number.POSITIVE_INFINITY });
        const { subscribe } = await directory.read();
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
          if (what === "we read") return directory.refresh();
          if (what === "we look") return directory.subscribeToken(id);
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
          if (isDeletion) directory.delete("SubscribeToken", id);
          else directory.put(changed);
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
        await directory.refresh();
        check();
        expect(subscribe.all()).toEqual([...platform.tokens.values()].sort((a, b) => a.id - b.id));
      }),
      { numRuns: 60 },
    );
  });
});
