/** Returns the 405 response to a request by another method than GET or HEAD; null for these two. */
export function rejectOtherThanGet({ method }: Request, ResponseClass: typeof Response): Response | null {
  if (method === "GET" || method === "HEAD") return null;
  return new ResponseClass(null, { status: 405, headers: { allow: "GET, HEAD" } });
}
