import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: ["./worker/db/schema.ts", "./worker/db/account-schema.ts", "./worker/db/mail-schema.ts"],
  out: "./migrations",
});
