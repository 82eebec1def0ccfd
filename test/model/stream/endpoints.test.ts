import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/model/secret.ts";
import {
  conventionalHosts,
  embedHtml,
  hostedPlayerUrl,
  ingestEndpoints,
  playbackEndpoints,
} from "../../../src/model/stream/endpoints.ts";
import { publishToken } from "../../support/records.ts";

const DIRECTOR = "https://director.example";
const TOKEN = "0123456789abcdef".repeat(4);

describe("the addresses for watching", () => {
  it("are the hosted player, WHEP and the Director, and the player has a frame", () => {
    expect(playbackEndpoints(DIRECTOR, "SYN4DX", "derby-final")).toEqual({
      whepUrl: "https://director.example/api/whep/SYN4DX/derby-final",
      directorUrl: "https://director.example/api/director/subscribe",
    });
    expect(hostedPlayerUrl("SYN4DX", "derby-final")).toBe("https://viewer.millicast.com?streamId=SYN4DX/derby-final");
    expect(embedHtml("https://viewer.millicast.com?streamId=SYN4DX/derby-final")).toBe(
      '<iframe src="https://viewer.millicast.com?streamId=SYN4DX/derby-final" allow="autoplay; fullscreen" allowfullscreen style="width: 100%; aspect-ratio: 16 / 9; border: 0"></iframe>',
    );
  });

  it("carry any stream name without letting it out of its place", () => {
    const { whepUrl } = playbackEndpoints(DIRECTOR, "A", `a/b?c&d#e"><script>'é`);
    const player = hostedPlayerUrl("A", `ab?c&d#e"><script>'é`);
    expect(new URL(player).searchParams.get("streamId")).toBe(`A/ab?c&d#e"><script>'é`);
    expect(embedHtml(player).match(/[<>"]/g)?.join("")).toBe('<""""""><>'.replace('""""""', '"'.repeat(6)));
    expect(decodeURIComponent(new URL(whepUrl).pathname.split("/").at(-1) ?? "")).toBe(`a/b?c&d#e"><script>'é`);
  });

  it.each(["arena/cam 1", "/", "a/", "/a", "a//b"])(
    "are none of the hosted player for %j, which it would split",
    (name) => {
      for (const token of [undefined, "eyJ.a.b"]) {
        const call = () => hostedPlayerUrl("A", name, token);
        expect(call).toThrow(expect.objectContaining({ code: "NOT_PLAYABLE", message: expect.stringContaining(name) }));
      }
      expect(playbackEndpoints(DIRECTOR, "A", name).whepUrl).toContain(encodeURIComponent(name));
    },
  );

  it("can't be led out of the frame by an address", () => {
    expect(embedHtml('https://x?a="><script>&b')).toContain('src="https://x?a=&quot;><script>&amp;b" allow');
  });

  it("take a viewer's token behind the stream, as its own parameter", () => {
    const url = hostedPlayerUrl("A", "s", "eyJ.a.b");
    expect(url).toBe("https://viewer.millicast.com?streamId=A/s&token=eyJ.a.b");
    expect(embedHtml(url)).toContain('src="https://viewer.millicast.com?streamId=A/s&amp;token=eyJ.a.b"');
  });
});

describe("the addresses for broadcasting", () => {
  const hosts = { rtmpHost: "rtmp-phx.example", srtHost: "srt-phx.example" };
  const token = publishToken({ secret: new Secret(TOKEN) });

  it("are WHIP, RTMP, RTMPS and SRT, with the publish token in each form that they take", () => {
    expect(ingestEndpoints(DIRECTOR, hosts, token, "derby")).toEqual({
      whipUrl: "https://director.example/api/whip/derby",
      publishToken: TOKEN,
      rtmpServer: "rtmp://rtmp-phx.example:1935/v2/pub",
      rtmpsServer: "rtmps://rtmp-phx.example:443/v2/pub",
      rtmpStreamKey: `derby?token=${TOKEN}`,
      srtUrl: "srt://srt-phx.example:10000?streamid=derby%3Ft%3DASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8",
      srtStreamId: "derby?t=ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8",
      srtPassphrase: null,
    });
  });

  it("give SRT the bytes of the token in 43 characters, encoded once", () => {
    const { srtUrl } = ingestEndpoints(DIRECTOR, hosts, token, "a b?");
    const streamId = new URL(srtUrl.replace("srt:", "https:")).searchParams.get("streamid") ?? "";
    const [name, short] = streamId.split("?t=");
    expect(name).toBe("a b?");
    expect(short).toHaveLength(43);
    expect(Buffer.from(short ?? "", "base64url").toString("hex")).toBe(TOKEN);
  });

  it("say so when SRT is encrypted, and tell the passphrase", () => {
    const encrypted = publishToken({
      secret: new Secret(TOKEN),
      isSrtEncrypted: true,
      srtPassphrase: new Secret("pass phrase"),
    });
    const { srtUrl, srtPassphrase } = ingestEndpoints(DIRECTOR, hosts, encrypted, "derby");
    expect(srtUrl).toMatch(/%26e$/);
    expect(srtPassphrase).toBe("pass phrase");
  });

  it("keep a name with a slash in one part", () => {
    const { whipUrl, rtmpStreamKey } = ingestEndpoints(DIRECTOR, hosts, token, "box/1?x");
    expect(whipUrl).toBe("https://director.example/api/whip/box%2F1%3Fx");
    expect(rtmpStreamKey).toBe(`box%2F1%3Fx?token=${TOKEN}`);
  });

  it("follow the platform's naming in a cluster that is not listed", () => {
    expect(conventionalHosts("auto")).toEqual({
      rtmpHost: "rtmp-auto.millicast.com",
      srtHost: "srt-auto.millicast.com",
    });
  });
});
