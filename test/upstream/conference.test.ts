import { describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { conferenceFormat, createConference } from "../../src/upstream/conference.ts";
import { createScriptedPlatform, type ScriptedAnswer, TOKEN, upstreamFailure } from "../support/platform.ts";

const ID = "7e9c0a52-6a4e-4c8e-9f3f-0a1b2c3d4e5f";

/** One platform for both origins, and a clock that tests move. */
function createPlatform() {
  const platform = createScriptedPlatform({ format: conferenceFormat });
  const clock = { now: 0 };
  const app = { key: "app-key", secret: new Secret("app-secret") };
  const conference = createConference(platform.http, platform.http, app, () => clock.now);
  return Object.assign(platform, { conference, clock });
}

const token = (name: string, seconds = 1_800): ScriptedAnswer => ({
  body: { access_token: name, expires_in: seconds, token_type: "Bearer" },
});
const done: ScriptedAnswer = { body: "", headers: {} };

describe("the token of the app", () => {
  it("is asked for by client credentials, for no more than streaming, and is the bearer of calls", async () => {
    await using platform = createPlatform();
    platform.answer(token("one"), done);
    await platform.conference.stop(ID);
    const [asked, stopped] = platform.calls;
    expect(asked).toMatchObject({
      method: "POST",
      path: "/v1/auth/token",
      headers: {
        authorization: `Basic ${btoa("app-key:app-secret")}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: "grant_type=client_credentials&scope=comms%3Astream%3Awrite",
    });
    expect(stopped).toMatchObject({
      path: `/v3/conferences/mix/${ID}/rts/stop`,
      headers: { authorization: "Bearer one" },
      body: {},
    });
  });

  it("is kept until a minute before it ends, and asked for once by all who wait for it", async () => {
    await using platform = createPlatform();
    platform.answer(token("one"), done, done, done);
    await Promise.all([platform.conference.stop(ID), platform.conference.stopOwn(ID)]);
    platform.clock.now = 1_739_999;
    await platform.conference.stop(ID);
    platform.clock.now = 1_740_000;
    platform.answer(token("two"), done);
    await platform.conference.stop(ID);
    expect(platform.calls.map(({ headers }) => headers["authorization"]?.slice(0, 10))).toEqual([
      "Basic YXBw",
      "Bearer one",
      "Bearer one",
      "Bearer one",
      "Basic YXBw",
      "Bearer two",
    ]);
  });

  it("is renewed once when it is refused, and the call made again", async () => {
    await using platform = createPlatform();
    const refused: ScriptedAnswer = { status: 401, body: { error_reason: "Unauthorized" } };
    platform.answer(token("one"), refused, token("two"), done);
    await platform.conference.stop(ID);
    platform.answer(refused, token("three"), refused);
    const failure = await upstreamFailure(platform.conference.stop(ID));
    expect(failure).toMatchObject({ code: "UPSTREAM_UNAUTHORIZED", status: 401 });
    expect(failure.message).toContain("conference platform");
  });

  it.each([[{ access_token: 7, expires_in: 1 }], [{ access_token: "one" }], [{}]])(
    "is not believed when it is told with %j",
    async (body) => {
      await using platform = createPlatform();
      platform.answer({ body });
      expect((await upstreamFailure(platform.conference.stop(ID))).code).toBe("UPSTREAM_BAD_RESPONSE");
    },
  );
});

describe("a conference's stream", () => {
  it("comes with the account in either spelling, and with its secrets hidden", async () => {
    await using platform = createPlatform();
    const stream = {
      streamName: "s",
      streamAccountID: "A",
      subscribeToken: TOKEN,
      viewerURL: `https://v?token=${TOKEN}`,
    };
    platform.answer(token("one"), { body: stream }, { body: { streamAccountId: "B" } });
    const told = await platform.conference.start(ID, { width: 1280, height: 720, mixId: "m", layoutUrl: "default" });
    expect(told.streamAccountId).toBe("A");
    expect(told.subscribeToken?.reveal()).toBe(TOKEN);
    expect(JSON.stringify(told)).not.toContain(TOKEN);
    expect(platform.calls.at(-1)?.body).toEqual({ width: 1280, height: 720, mixId: "m", layoutUrl: "default" });
    expect(await platform.conference.start(ID, {})).toEqual({
      streamName: null,
      streamAccountId: "B",
      subscribeToken: null,
      viewerUrl: null,
    });
  });

  it("of one's own takes the stream's name and publish token", async () => {
    await using platform = createPlatform();
    platform.answer(token("one"), done);
    await platform.conference.startToOwn(ID, { streamName: "derby", publishToken: new Secret(TOKEN) });
    expect(platform.calls.at(-1)).toMatchObject({
      path: `/v2/conferences/mix/${ID}/rts/start`,
      body: { streamName: "derby", publishingToken: TOKEN },
    });
  });

  it.each([
    [{ error_description: "It is on already." }, "It is on already."],
    [{ message: "It is on already.", error_reason: "Conflict" }, "It is on already."],
    [{ error: "Conflict" }, "Conflict"],
    [{ type: "about:blank" }, "it gave no reason"],
    [{ message: `Bad token ${TOKEN}` }, "Bad token [secret]"],
  ])("that is refused with %j tells why", async (body, reason) => {
    await using platform = createPlatform();
    platform.answer(token("one"), { status: 409, body });
    const failure = await upstreamFailure(platform.conference.start(ID, {}));
    expect(failure).toMatchObject({ code: "UPSTREAM_REJECTED", message: `The platform refused: ${reason}` });
  });

  it("whose start is answered with nonsense may have begun", async () => {
    await using platform = createPlatform();
    platform.answer(token("one"), { body: "<html>", headers: { "content-type": "text/html" } });
    expect((await upstreamFailure(platform.conference.start(ID, {}))).code).toBe("OUTCOME_UNKNOWN");
  });
});
