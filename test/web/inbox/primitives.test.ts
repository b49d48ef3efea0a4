import { mount } from "@vue/test-utils";
import { describe, expect, it, vi } from "vitest";
import { initialsOf } from "../../../web/inbox/ui/initials.ts";
import IconButton from "../../../web/inbox/ui/IconButton.vue";
import UiButton from "../../../web/inbox/ui/UiButton.vue";
import { contrastWithWhite } from "../../../web/inbox/settings/contrast.ts";
import { makeSnippet } from "../../../web/inbox/settings/snippet.ts";
import { fromClock, toClock, withDay } from "../../../web/inbox/settings/week.ts";
import { browserName, displayName } from "../../../web/inbox/contact/visitor-facts.ts";
import { formatAge } from "../../../web/inbox/i18n/format-time.ts";

const widget = {
  colour: "#0f766e",
  position: "right" as const,
  greeting: { en: "", es: "" },
  launcherText: { en: `Chat "now" <b>`, es: "" },
  title: { en: "", es: "" },
  captureText: { en: "", es: "" },
  isCaptureShown: true,
  allowedOrigins: [],
  confirmPage: "",
};

describe("primitives", () => {
  it("a button that is no toggle does not say that it is not pressed", () => {
    expect(mount(IconButton, { props: { label: "x" } }).attributes("aria-pressed")).toBeUndefined();
    expect(mount(IconButton, { props: { label: "x", isPressed: false } }).attributes("aria-pressed")).toBe("false");
  });

  it("a busy button keeps the focus, and takes neither a second press nor its form's Enter", async () => {
    const onClick = vi.fn<() => void>();
    const props = { isBusy: true, disabled: true, type: "submit" as const, onClick };
    const button = mount(UiButton, { props, attachTo: document.body });
    button.element.focus();
    expect(document.activeElement).toBe(button.element);
    expect(button.attributes()).toMatchObject({ "aria-disabled": "true", "aria-busy": "true" });
    const press = new MouseEvent("click", { bubbles: true, cancelable: true });
    button.element.dispatchEvent(press);
    expect([press.defaultPrevented, onClick.mock.calls.length]).toEqual([true, 0]);
    await button.setProps({ isBusy: false });
    expect(button.attributes("disabled")).toBeDefined();
    button.unmount();
  });

  it.each([
    ["Ana Ruiz", "AR"],
    ["ana.ruiz@example.com", "AR"],
    ["Visitor 0137", "V"],
    ["李小龍", "李"],
    ["  ", "?"],
    ["1234", "1"],
  ])("the initials of %s are %s", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  it("ages are short", () => {
    const now = new Date(2026, 5, 10, 12).getTime();
    expect(formatAge(now - 5_000, now, "en", "now")).toBe("now");
    expect(formatAge(now - 5 * 60_000, now, "en", "now")).toBe("5m");
    expect(formatAge(now - 3 * 3_600_000, now, "en", "now")).toBe("3h");
  });
});

describe("settings", () => {
  it("[T12] the snippet escapes what the owner typed, and leaves out what is empty", () => {
    expect(makeSnippet("https://hilo.test", widget, "en")).toBe(
      `<script src="https://hilo.test/widget.js" data-colour="#0f766e" data-position="right" data-launcher-text="Chat &quot;now&quot; &lt;b>" async></script>`,
    );
    expect(makeSnippet("https://hilo.test", widget, "es")).not.toContain("data-launcher-text");
  });

  it("a colour's contrast with white is that of WCAG", () => {
    expect(contrastWithWhite("#000000")).toBeCloseTo(21);
    expect(contrastWithWhite("#ffffff")).toBeCloseTo(1);
    expect(contrastWithWhite("#767676")).toBeGreaterThan(4.5);
  });

  it("hours are minutes of the day, and midnight is the end of it", () => {
    expect([toClock(545), fromClock("09:05"), fromClock("23:59"), toClock(1440), fromClock("9")]).toEqual([
      "09:05",
      545,
      1440,
      "23:59",
      null,
    ]);
    expect(withDay([{ day: 3, from: 1, to: 2 }], 1, {})).toEqual([
      { day: 1, from: 540, to: 1080 },
      { day: 3, from: 1, to: 2 },
    ]);
    expect(withDay([{ day: 3, from: 1, to: 2 }], 3, null)).toEqual([]);
  });
});

describe("what a visitor's browser says", () => {
  it("is read where it is known, and shown as it is where not", () => {
    expect(browserName("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/128.0")).toBe("Firefox 128, Windows");
    expect(browserName("<b>strange</b>")).toBe("<b>strange</b>");
    expect(displayName("language", "es-ES", "en")).toBe("European Spanish");
    expect(displayName("language", "<b>", "en")).toBe("<b>");
  });
});
