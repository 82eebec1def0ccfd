import type { IncomingMessage, ServerResponse } from "node:http";
import type { YogaServerInstance } from "graphql-yoga";
import { ANONYMOUS, type UnsentResponse, type UnsentResponses } from "../limits/unsent-responses.ts";
import type { LoadShedder } from "../scheduling/load-shedder.ts";
import type { Compress } from "./compression.ts";
import { type FastPath, type FastPathRequest, fastPathMediaType } from "./fast-path.ts";
import { bodyOfRequest, headOfRequest, toResponse } from "./fetch-http.ts";
import type { HttpResponse } from "./http-message.ts";
import { abort, createHeadReader, disconnectSignal, isDisconnected, readBody, whenReceived } from "./node-http.ts";
import type { EnqueueResponse } from "./response-batcher.ts";
import type { ServerContext } from "./server-context.ts";

export interface RequestHandlerOptions {
  readonly fastPath: FastPath;
  /** Answers the requests that the fast path does not. */
  readonly yoga: YogaServerInstance<ServerContext, object>;
  readonly loadShedder: LoadShedder;
  readonly unsent: Pick<UnsentResponses, "track">;
  readonly compress: Compress;
  readonly enqueueResponse: EnqueueResponse;
  /** Time after which a client that receives nothing of its response is disconnected, in milliseconds. */
  readonly stalledMs: number;
}

/** Serves requests of the fetch API and of node:http. */
export interface RequestHandler {
  /** @param peer network address of the client, where it is known */
  fetch(request: Request, peer?: string): Promise<Response>;
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** Creates the handler that counts each request, and serves it by the fast path or by yoga. */
export function createRequestHandler(options: RequestHandlerOptions): RequestHandler {
  const readHead = createHeadReader();
  const { fastPath, yoga, loadShedder, unsent, compress, enqueueResponse, stalledMs } = options;

  /** Counts a response that was given to its connection until its client has received it. */
  const trackSent = (request: IncomingMessage, response: ServerResponse, callerId: string, received: () => void) => {
    let tracked: UnsentResponse | null = null;
    const wait = (bytes: number) => {
      tracked = unsent.track(callerId);
      tracked.waiting(bytes);
    };
    whenReceived(request.socket, response, stalledMs, wait, () => {
      tracked?.end();
      received();
    });
  };

  return {
    fetch: async (request, peer) => {
      const head = headOfRequest(request, peer);
      const isAccepted = loadShedder.tryAcquire(null);
      try {
        const mediaType = fastPathMediaType(head);
        if (!mediaType) return await yoga.fetch(request, { head, isOverloaded: !isAccepted });
        const fastRequest: FastPathRequest = {
          head,
          mediaType,
          readBody: (onBody, onError) => void bodyOfRequest(request).then(onBody, onError),
          signal: () => request.signal,
          isDisconnected: () => request.signal.aborted,
        };
        const response = await new Promise<HttpResponse>((resolve) =>
          fastPath(fastRequest, !isAccepted, (message, callerId) =>
            compress(head, message, callerId ?? ANONYMOUS, resolve),
          ),
        );
        return toResponse(Response, response);
      } finally {
        if (isAccepted) loadShedder.release();
      }
    },
    handle: (request, response) => {
      const isAccepted = loadShedder.tryAcquire(request.socket);
      let isInFlight = isAccepted;
      const release = () => {
        if (isInFlight) loadShedder.release();
        isInFlight = false;
      };
      const head = readHead(request);
      const mediaType = fastPathMediaType(head);
      if (!mediaType) {
        // Yoga's promise waits until the client has received everything, and never settles if it disconnects before: the
        // request is over once there is a response.
        response.once("close", release);
        const context: ServerContext = {
          head,
          isOverloaded: !isAccepted,
          onResponse: ({ caller, streamed }) => {
            release();
            if (streamed) return;
            // Yoga writes to the connection before the next turn of the event loop.
            setImmediate(() => trackSent(request, response, caller?.principalId ?? ANONYMOUS, () => undefined));
          },
          abort: () => abort(request, response),
        };
        Promise.resolve(yoga(request, response, context))
          .catch(() => response.destroy())
          .finally(release);
        return;
      }
      const fastRequest: FastPathRequest = {
        head,
        mediaType,
        readBody: (onBody, onError) => readBody(request, onBody, onError),
        signal: () => disconnectSignal(response),
        isDisconnected: () => isDisconnected(response),
      };
      fastPath(fastRequest, !isAccepted, (message, principalId) => {
        const callerId = principalId ?? ANONYMOUS;
        compress(head, message, callerId, (compressed) =>
          enqueueResponse(response, compressed, () => trackSent(request, response, callerId, release)),
        );
      });
    },
  };
}
