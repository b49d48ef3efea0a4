import { PiniaColada } from "@pinia/colada";
import { createPinia } from "pinia";
import { createApp } from "vue";
import App from "./App.vue";
import { i18n, startLocale } from "./i18n/i18n.ts";
import { reloadAfterDeploy } from "./reload-after-deploy.ts";
import { createInboxRouter } from "./router.ts";
import { startTheme } from "./shell/theme.ts";
import "./styles.css";

reloadAfterDeploy();
startTheme();
await startLocale();

const pinia = createPinia();
createApp(App)
  .use(pinia)
  .use(PiniaColada, { queryOptions: { staleTime: 30_000, refetchOnWindowFocus: true } })
  .use(i18n)
  .use(createInboxRouter(pinia))
  .mount("#app");
