/** After a deploy the chunks that this page knows are gone (404, T24); the new page names the new ones. */

const STORAGE_KEY = "hilo:reloaded-at";
/** A page that finds nothing right after it was loaded anew would load itself for ever. */
const RELOAD_INTERVAL_MS = 60_000;

/** Whether a chunk that could not be had is worth a new page: offline there is none, and what was typed is in this one. */
export function shouldReload(state: { now: number; reloadedAt: number; isOnline: boolean }): boolean {
  return state.isOnline && state.now - state.reloadedAt > RELOAD_INTERVAL_MS;
}

export function reloadAfterDeploy(): void {
  window.addEventListener("vite:preloadError", (event) => {
    const now = Date.now();
    const reloadedAt = Number(sessionStorage.getItem(STORAGE_KEY) ?? "0");
    // Not prevented, the error reaches the screen that needed the chunk, which says so.
    if (!shouldReload({ now, reloadedAt, isOnline: navigator.onLine })) return;
    event.preventDefault();
    sessionStorage.setItem(STORAGE_KEY, String(now));
    window.location.reload();
  });
}
