import { describe, expect, it } from "vitest";
import { addressWithoutSecrets } from "../../../src/model/token/restream.ts";

describe("addressWithoutSecrets", () => {
  it.each([
    ["rtmp://host.example/app/instance", "rtmp://host.example/app/instance"],
    ["rtmps://user:pa/ss@host.example:443/app", "rtmps://user:pa/ss@host.example:443/app"],
    ["rtmps://user:pass@host.example:443/app", "rtmps://host.example:443/app"],
    ["srt://host.example:9000?passphrase=a&streamid=b#c", "srt://host.example:9000"],
    ["srt://host.example:9000#passphrase", "srt://host.example:9000"],
    ["rtmp://a:b@c@host.example/app?x\ny", "rtmp://host.example/app"],
    ["not an address", "not an address"],
  ])("of %s is %s", (url, shown) => {
    expect(addressWithoutSecrets(url)).toBe(shown);
  });
});
