/** A signed-in agent: cookie and `Origin` as a browser sends them. */
import * as v from "valibot";

export interface ApiAnswer {
  status: number;
  /** Parsed JSON; null where there is none. */
  body: unknown;
  headers: Headers;
}

export class AgentClient {
  readonly url: string;
  readonly cookie: string;

  constructor(url: string, cookie: string) {
    this.url = url;
    this.cookie = cookie;
  }

  /** @throws Error when the sign-in is refused */
  static async signIn(url: string, { email, password }: { email: string; password: string }): Promise<AgentClient> {
    const response = await fetch(`${url}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ email, password }),
    });
    if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
    const cookie = response.headers.getSetCookie().map((one) => one.split(";")[0]);
    return new AgentClient(url, cookie.join("; "));
  }

  async request(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { cookie: this.cookie, origin: this.url, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson()), text);
    return { status: response.status, body: parsed.success ? parsed.output : null, headers: response.headers };
  }

  /** @throws Error when the status is no success, or the answer has another shape */
  async get<S extends v.GenericSchema>(path: string, schema: S): Promise<v.InferOutput<S>> {
    return AgentClient.#expect(path, await this.request("GET", path), schema);
  }

  /** @throws Error when the status is no success, or the answer has another shape */
  async post<S extends v.GenericSchema>(path: string, body: unknown, schema: S): Promise<v.InferOutput<S>> {
    return AgentClient.#expect(path, await this.request("POST", path, body), schema);
  }

  static #expect<S extends v.GenericSchema>(path: string, answer: ApiAnswer, schema: S): v.InferOutput<S> {
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return v.parse(schema, answer.body);
  }
}
