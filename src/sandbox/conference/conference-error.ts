import { json, ResponseError } from "../http/response.ts";

/** Returns an error in the conference platform's format, which differs from that of streaming. */
export function conferenceError(status: number, reason: string, description: string): ResponseError {
  return new ResponseError(
    json(status, { type: "about:blank", error_code: status, error_reason: reason, error_description: description }),
  );
}
