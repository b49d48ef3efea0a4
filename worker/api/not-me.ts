/**
 * *This was not me*: the page behind the link in a code's mail. Its token is in the fragment and opening it changes nothing;
 * only a tap posts it, so that programs that follow links in mails stop nothing.
 */
import { Hono } from "hono";
import * as v from "valibot";
import { readForSession } from "../auth/confirming-secrets.ts";
import { newToken } from "../auth/hmac.ts";
import { configOf } from "../env.ts";
import { conversationStub } from "../objects.ts";
import type { AppEnv } from "./context.ts";
import { describe } from "./describe.ts";
import { readBody } from "./input.ts";
import { onError } from "./problems.ts";

const NONCE_BYTES = 16;

const TEXTS = {
  en: {
    title: "It was not me",
    text: "Somebody typed your address in a chat. Tap the button, and no more codes are sent to you from that chat.",
    button: "Send me no more codes",
    done: "Done. That chat sends you no more codes.",
    failed: "That did not work. Check the connection and try again.",
  },
  es: {
    title: "No he sido yo",
    text: "Alguien ha escrito tu dirección en un chat. Toca el botón y no se te enviarán más códigos desde ese chat.",
    button: "No me enviéis más códigos",
    done: "Hecho. Ese chat ya no te envía códigos.",
    failed: "No ha funcionado. Revisa la conexión e inténtalo de nuevo.",
  },
} as const;

const bodySchema = v.object({ token: v.pipe(v.string(), v.maxLength(1_000)) });

export const notMeApp = new Hono<AppEnv>()
  .get("/not-me", (c) => {
    const language = c.req.header("accept-language")?.toLowerCase().startsWith("es") === true ? "es" : "en";
    const nonce = newToken(NONCE_BYTES);
    c.header("content-security-policy", policy(nonce));
    c.header("referrer-policy", "no-referrer");
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
    return c.html(page(language, nonce));
  })
  .post(
    "/widget/not-me",
    describe({ summary: "No more codes to the address of a mailed link, from that chat", body: bodySchema, status: 204 }),
    async (c) => {
      const { token } = await readBody(c, bodySchema);
      const { APP_SECRET, APP_SECRET_OLDER } = configOf(c.env);
      const input = { signed: token, now: Date.now() };
      const known =
        (await readForSession(APP_SECRET, "stop-codes", input)) ??
        (APP_SECRET_OLDER === undefined ? null : await readForSession(APP_SECRET_OLDER, "stop-codes", input));
      // A bad link is answered like a good one: what it names is nobody's business.
      if (known !== null) await conversationStub(c.env, known.conversationId).stopCodes(known.email);
      return c.body(null, 204);
    },
  )
  .onError(onError);

function policy(nonce: string): string {
  return `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** All of it is ours: nothing of a request is in it. */
function page(language: keyof typeof TEXTS, nonce: string): string {
  const { title, text, button, done, failed } = TEXTS[language];
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${title}</title>
<style nonce="${nonce}">:root{color-scheme:light dark}body{font:17px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f6f6f9,#15151b);color:light-dark(#1c1c28,#ececf4)}
main{max-width:26rem;margin:1rem;padding:2rem;border-radius:1rem;background:light-dark(#fff,#1f1f28);border:1px solid light-dark(#e2e2ea,#33333f)}
h1{font-size:1.3rem;margin:0 0 .5rem}button{font:inherit;font-weight:600;min-height:3rem;padding:0 1.25rem;border:0;border-radius:.75rem;background:#4f46e5;color:#fff;cursor:pointer}
button:focus-visible{outline:3px solid light-dark(#1c1c28,#ececf4);outline-offset:2px}button[disabled]{opacity:.6}</style></head>
<body><main><h1>${title}</h1><p id="text">${text}</p><button id="stop" type="button">${button}</button><p id="state" role="status"></p></main>
<script nonce="${nonce}">const stop=document.getElementById("stop"),state=document.getElementById("state");
stop.addEventListener("click",async()=>{stop.disabled=true;state.textContent="";
try{const answer=await fetch("/widget/not-me",{method:"POST",credentials:"omit",headers:{"content-type":"application/json"},body:JSON.stringify({token:location.hash.slice(1)})});
if(!answer.ok)throw new Error();document.getElementById("text").textContent=${JSON.stringify(done)};stop.remove();history.replaceState(null,"",location.pathname)}
catch{state.textContent=${JSON.stringify(failed)};stop.disabled=false}});</script></body></html>`;
}
