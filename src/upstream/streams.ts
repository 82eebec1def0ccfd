import type { components } from "./generated/stream.ts";
import { object, optional, text } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/** Extent of a stop; `None` if nothing was live. */
export type StoppingLevel = components["schemas"]["StreamStoppingLevel"];

/** Control of live streams. Every method throws UpstreamError when there is no usable answer. */
export interface Streams {
  /** Ends the feeds of one stream; an encoder that is still allowed to will come back. @see POST /api/stream/stop */
  stop(streamId: string): Promise<StoppingLevel>;
  /** Ends every feed of the account. @see POST /api/stream/stop/all */
  stopAll(): Promise<StoppingLevel>;
  /**
   * Gives a publish token another default priority and drops its feeds, whose encoders come back with it. A feed that was
   * published with a priority of its own keeps that one. @see POST /api/stream/reprioritize
   */
  reprioritize(publishTokenId: number, priority: number): Promise<StoppingLevel>;
}

export function createStreams(http: Http): Streams {
  return {
    stop: (streamId) =>
      http.write({
        operation: "Stream_StopStream",
        method: "POST",
        path: "/api/stream/stop",
        body: { streamId } satisfies components["schemas"]["StopStreamRequest"],
        decode: stoppingLevel,
      }),
    stopAll: () =>
      http.write({
        operation: "Stream_StopByAccount",
        method: "POST",
        path: "/api/stream/stop/all",
        decode: stoppingLevel,
      }),
    reprioritize: (tokenId, updatePriority) =>
      http.write({
        operation: "Stream_ReprioritizeStream",
        method: "POST",
        path: "/api/stream/reprioritize",
        body: { tokenId, updatePriority } satisfies components["schemas"]["ReprioritizeStreamRequest"],
        decode: stoppingLevel,
      }),
  };
}

const levels: readonly string[] = ["Account", "Stream", "Feed", "Server", "Token", "None"] satisfies StoppingLevel[];

function stoppingLevel(data: unknown): StoppingLevel {
  const wire = object<components["schemas"]["LevelStreamStopped"]>(data, "data");
  const level = optional(wire.stoppingLevel, "data.stoppingLevel", text) ?? "None";
  return levels.includes(level) ? (level as StoppingLevel) : "None";
}
