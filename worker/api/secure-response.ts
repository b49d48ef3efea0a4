/** The one way out of the Worker: whichever door answered, and whatever went wrong behind it, browsers get the headers. */
import { DATA_HEADERS, HTTPS_ONLY } from "../domain/security-headers.ts";

/** What a door has set itself stays. A socket's answer is no page, and is passed on as it is. */
export function secureResponse(request: Request, response: Response): Response {
  if (response.status === 101) return response;
  // A copy: headers of what another service answered cannot be changed.
  const secured = new Response(response.body, response);
  const isHttps = new URL(request.url).protocol === "https:";
  for (const [name, value] of Object.entries({ ...DATA_HEADERS, ...(isHttps ? HTTPS_ONLY : {}) }))
    if (!secured.headers.has(name)) secured.headers.set(name, value);
  return secured;
}
