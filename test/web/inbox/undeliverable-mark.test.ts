import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import ContactAddresses from "../../../web/inbox/contact/ContactAddresses.vue";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import { useToasts } from "../../../web/inbox/ui/toasts.ts";
import { answerWith, findBarriers, mountScreen } from "./mount-screen.ts";

const EMAIL = "vera+x@example.com";
const list = (cause: string, reason: string) => ({ items: [{ email: EMAIL, cause, reason, at: 1 }], nextCursor: null });
const props = { primary: EMAIL, addresses: [{ email: EMAIL, isProven: true, isUndeliverable: true }] };

beforeEach(async () => showLocale("en"));

describe("[M4] [M5] an address that mail does not reach", () => {
  it("says why, and can be written to again", async () => {
    const sent = answerWith({
      "GET /api/undeliverable-addresses": list("bounce", "550 5.1.1 No such user"),
      "DELETE /api/undeliverable-addresses/vera%2Bx%40example.com": new Response(null, { status: 204 }),
    });
    const wrapper = await mountScreen(ContactAddresses, props);
    await flushPromises();
    expect(wrapper.text()).toContain("Undeliverable");
    expect(wrapper.text()).toContain("550 5.1.1 No such user");
    expect(await findBarriers()).toEqual([]);
    wrapper.get("button").element.focus();
    await wrapper.get("button").trigger("click");
    await wrapper.setProps({ addresses: [{ email: EMAIL, isProven: true, isUndeliverable: false }] });
    await flushPromises();
    // The button is gone with the mark: the focus is not lost to the page.
    expect(document.activeElement?.textContent).toContain(EMAIL);
    expect(sent.map(({ request }) => request)).toContain("DELETE /api/undeliverable-addresses/vera%2Bx%40example.com");
    expect(useToasts().value.at(-1)?.text).toBe(`Mail to ${EMAIL} is sent again.`);
  });

  it("is told apart from one that has reported our mail as spam", async () => {
    answerWith({ "GET /api/undeliverable-addresses": list("complaint", "The recipient reported this mail as spam.") });
    const wrapper = await mountScreen(ContactAddresses, props);
    await flushPromises();
    expect(wrapper.text()).toContain("Reported as spam");
    await showLocale("es");
    expect(wrapper.text()).toContain("Permitir correo de nuevo");
    expect(wrapper.text()).toContain("El destinatario marcó este correo como spam.");
  });
});
