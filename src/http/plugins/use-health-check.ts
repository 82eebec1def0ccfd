import type { Plugin } from "graphql-yoga";

/** Whether the gateway can serve; the reason is the code of what fails. */
export type Readiness = ({ readonly isReady: true } | { readonly isReady: false; readonly reason: string }) & {
  /** What the gateway rests on, where it was looked at. */
  readonly parts?: { readonly platform: PartState; readonly store: PartState };
};

/** Whether a part answers. */
export type PartState = "UP" | "DOWN";

/** `GET /health`: the process is alive. `GET /readiness`: it can serve. Both answer anyone, and tell nothing else. */
export function useHealthCheck(readiness: () => Promise<Readiness>): Plugin {
  return {
    async onRequest({ url, request, endResponse, fetchAPI }) {
      if (url.pathname !== "/health" && url.pathname !== "/readiness") return;
      if (request.method !== "GET" && request.method !== "HEAD") {
        endResponse(new fetchAPI.Response(null, { status: 405, headers: { allow: "GET, HEAD" } }));
        return;
      }
      const state: Readiness = url.pathname === "/health" ? { isReady: true } : await readiness();
      const { parts } = state;
      const body = state.isReady
        ? { status: "ok", ...parts }
        : { status: "unavailable", reason: state.reason, ...parts };
      endResponse(fetchAPI.Response.json(body, { status: state.isReady ? 200 : 503 }));
    },
  };
}
