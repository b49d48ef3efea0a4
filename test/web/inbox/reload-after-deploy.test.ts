import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { reloadAfterDeploy, shouldReload } from "../../../web/inbox/reload-after-deploy.ts";

const NOW = 1_790_000_000_000;

beforeAll(reloadAfterDeploy);
beforeEach(() => sessionStorage.clear());
afterEach(() => vi.restoreAllMocks());

/** A chunk of the page is gone. @returns whether the page took care of it */
function missChunk(): boolean {
  return !window.dispatchEvent(new Event("vite:preloadError", { cancelable: true }));
}

describe("[T24] a chunk that a deploy has taken away", () => {
  it("loads the page anew, once: a page that is wrong itself says so instead of loading for ever", () => {
    const reload = vi.spyOn(window.location, "reload").mockImplementation(() => undefined);
    expect([missChunk(), missChunk(), missChunk()]).toEqual([true, false, false]);
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["never before", { reloadedAt: 0, isOnline: true }, true],
    ["a minute ago", { reloadedAt: NOW - 60_001, isOnline: true }, true],
    ["just now", { reloadedAt: NOW - 2_000, isOnline: true }, false],
    ["without a network", { reloadedAt: 0, isOnline: false }, false],
  ])("%s", (_name, state, expected) => expect(shouldReload({ now: NOW, ...state })).toBe(expected));
});
