/** Pictures that a mail shows from other servers: Hilo fetches them, once somebody asks for them. */
import { ref, type Ref } from "vue";
import { PICTURE_LINKS_MAX } from "../../../worker/domain/outside-address.ts";
import type { PictureLinks } from "../../../worker/domain/picture-shapes.ts";
import { request } from "../api/http.ts";
import { findRemoteImages } from "./mail-document.ts";

export interface RemoteImages {
  /** Address → ours, which is signed; empty until `show` was called. */
  remotes: Ref<ReadonlyMap<string, string>>;
  state: Ref<"waiting" | "loading" | "shown" | "failed">;
  show: () => Promise<void>;
}

export function useRemoteImages({ html }: { html: string }): RemoteImages {
  const remotes: RemoteImages["remotes"] = ref(new Map());
  const state: RemoteImages["state"] = ref("waiting");

  async function show(): Promise<void> {
    state.value = "loading";
    try {
      remotes.value = await signAll([...findRemoteImages(html)]);
      state.value = "shown";
    } catch {
      state.value = "failed";
    }
  }

  return { remotes, state, show };
}

async function signAll(urls: readonly string[]): Promise<Map<string, string>> {
  const signed = new Map<string, string>();
  for (let at = 0; at < urls.length; at += PICTURE_LINKS_MAX) {
    const part = urls.slice(at, at + PICTURE_LINKS_MAX);
    const { links } = await request<PictureLinks>("/api/pictures", { method: "POST", body: { urls: part } });
    for (const [index, link] of links.entries()) if (link !== null) signed.set(part[index] ?? "", link);
  }
  return signed;
}
