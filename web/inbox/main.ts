import { PiniaColada } from "@pinia/colada";
import { createPinia } from "pinia";
import { createApp } from "vue";
import App from "./App.vue";
import { i18n, startLocale } from "./i18n/i18n.ts";
import { createInboxRouter } from "./router.ts";
import { startTheme } from "./shell/theme.ts";
import "./styles.css";

// After a deploy the chunks that this page knows are gone; the new page names the new ones.
window.addEventListener("vite:preloadError", (event) => {
  event.preventDefault();
  window.location.reload();
});

startTheme();
await startLocale();

const pinia = createPinia();
createApp(App)
  .use(pinia)
  .use(PiniaColada, { queryOptions: { staleTime: 30_000, refetchOnWindowFocus: true } })
  .use(i18n)
  .use(createInboxRouter(pinia))
  .mount("#app");
