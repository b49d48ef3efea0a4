/**
 * Hands a request to the Worker, over a service binding: sign-in cookies stay of this site, and sockets pass through. The
 * request keeps its address, so that the Worker sees Pages' origin as its own.
 */
interface Forwarding {
  request: Request;
  env: { HILO: { fetch: (request: Request) => Promise<Response> } };
}

export const toWorker = ({ request, env }: Forwarding): Promise<Response> => env.HILO.fetch(request);
