import { DAY_MS, HOUR_MS } from "../calendar.ts";
import type { Broadcast } from "../media/derived-assets.ts";
import { uuidFromBits } from "../random.ts";
import { covers, type PublishToken } from "../tokens/token.ts";
import type { TokenRepository } from "../tokens/token-repository.ts";
import { hoursOnAir, type Traffic } from "../traffic/traffic.ts";

const RECORDED_DAYS = 30;

/**
 * Returns the recorded broadcasts of the month before the sandbox started, one for each day on air.
 *
 * Streams that are live at the start are not among them: their feeds are recorded as they run.
 */
export function pastRecordings(
  traffic: Traffic,
  publishTokens: TokenRepository<PublishToken>,
  beganAt: number,
): readonly Broadcast[] {
  const today = Math.floor(beganAt / DAY_MS);
  const recording = publishTokens.all().filter(({ record }) => record);
  return [...traffic.streams.values()].flatMap((stream) => {
    const { streamName, ingestBitsPerSecond } = stream.profile;
    const token = recording.find((candidate) => covers(candidate, streamName));
    if (!token) return [];
    return Array.from({ length: RECORDED_DAYS + 1 }, (_, index) => today - RECORDED_DAYS + index).flatMap((day) => {
      const hours = hoursOnAir(stream, day);
      const [startedAt, endedAt] = [hours.from * HOUR_MS, Math.min(hours.to * HOUR_MS, beganAt)];
      if (endedAt <= startedAt) return [];
      return {
        feedId: uuidFromBits(stream.key, day, 0, 0),
        tokenId: token.id,
        streamName,
        sourceId: null,
        simulcastId: null,
        priority: token.priority,
        bitsPerSecond: BigInt(ingestBitsPerSecond),
        startedAt,
        endedAt,
      };
    });
  });
}
