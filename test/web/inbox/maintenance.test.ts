import { flushPromises } from "@vue/test-utils";
import { expect, it, vi } from "vitest";
import MaintenanceSettings from "../../../web/inbox/settings/MaintenanceSettings.vue";
import { idOf } from "./builders.ts";
import { findBarriers, mountScreen } from "./mount-screen.ts";

it("checks the lists page by page, and names what differed", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (input: string) => {
    asked.push(input);
    const first = { checked: 50, differences: [{ id: idOf(1), fields: ["status", "unread"] }], nextCursor: idOf(50) };
    return Response.json(input.includes("cursor") ? { checked: 2, differences: [], nextCursor: null } : first);
  });
  const wrapper = await mountScreen(MaintenanceSettings);
  await wrapper.get("button").trigger("click");
  await flushPromises();
  await vi.waitFor(() => expect(wrapper.get("[data-rebuild]").text()).toContain("52 conversations checked"));
  expect(asked).toEqual(["/api/projections/rebuild", `/api/projections/rebuild?cursor=${idOf(50)}`]);
  expect(wrapper.get("[data-rebuild]").text()).toContain("1 differed and was mended");
  expect(wrapper.get("li").text()).toContain("status, unread");
  expect(await findBarriers()).toEqual([]);
});

it("says why it could not go on, and goes on where it was", async () => {
  let isBroken = true;
  vi.stubGlobal("fetch", async (input: string) => {
    if (!input.includes("cursor")) return Response.json({ checked: 50, differences: [], nextCursor: "c" });
    return isBroken
      ? Response.json({ status: 500, code: "internal", detail: "", id: "E-1" }, { status: 500 })
      : Response.json({ checked: 1, differences: [], nextCursor: null });
  });
  const wrapper = await mountScreen(MaintenanceSettings);
  await wrapper.get("button").trigger("click");
  await vi.waitFor(() => expect(wrapper.get("[role=alert]").text()).toContain("E-1"));
  isBroken = false;
  await wrapper.get("button").trigger("click");
  await vi.waitFor(() => expect(wrapper.get("[data-rebuild]").text()).toContain("51 conversations checked"));
  expect(wrapper.text()).toContain("Everything agreed.");
});
