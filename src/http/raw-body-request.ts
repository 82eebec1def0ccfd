import { IncomingMessage } from "node:http";

/** Receives a body in chunks. */
export interface BodySink {
  readonly chunk: (chunk: Uint8Array) => void;
  /** Called once, after the last chunk. */
  readonly end: () => void;
}

/**
 * A request whose body can be received as node:http reads it from the connection, without the cost of a stream. Overrides `push`, by
 * which node:http adds to the stream, and `readableEnded`, which it checks before it releases the request.
 *
 * @see docs/decisions/0008-raw-body-request.md
 */
export class RawBodyRequest extends IncomingMessage {
  #sink: BodySink | null = null;
  #hasStarted = false;

  static {
    const hasEnded = (request: RawBodyRequest): boolean =>
      request.#sink ? request.complete : Reflect.get(IncomingMessage.prototype, "readableEnded", request);
    Object.defineProperty(RawBodyRequest.prototype, "readableEnded", {
      get(this: RawBodyRequest) {
        return hasEnded(this);
      },
    });
  }

  /** Gives the whole body to the sink. Returns false if some of it has arrived already: then it must be read as a stream. */
  captureBody(sink: BodySink): boolean {
    if (this.#hasStarted) return false;
    this.#sink = sink;
    // Marks the body as read, so that node:http does not discard what arrives after the response.
    this.read(0);
    return true;
  }

  /** Called by node:http for each chunk, and with null at the end. */
  override push(chunk: Uint8Array | null): boolean {
    this.#hasStarted = true;
    if (!this.#sink) return super.push(chunk);
    if (chunk) this.#sink.chunk(chunk);
    else this.#sink.end();
    return true;
  }
}
