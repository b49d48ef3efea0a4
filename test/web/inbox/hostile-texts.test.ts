/** [T12] Whatever people can type is text on every screen: markup, templates, links that run something. */
import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import * as v from "valibot";
import type { Component } from "vue";
import { settingsSchema } from "../../../worker/domain/settings.ts";
import ContactPanel from "../../../web/inbox/contact/ContactPanel.vue";
import ContactsPage from "../../../web/inbox/contact/ContactsPage.vue";
import EventLine from "../../../web/inbox/conversation/EventLine.vue";
import MessageItem from "../../../web/inbox/conversation/MessageItem.vue";
import ThreadHeader from "../../../web/inbox/conversation/ThreadHeader.vue";
import { showLocale } from "../../../web/inbox/i18n/i18n.ts";
import LedgerPage from "../../../web/inbox/ledger/LedgerPage.vue";
import ConversationRow from "../../../web/inbox/list/ConversationRow.vue";
import SavedRepliesPage from "../../../web/inbox/saved-replies/SavedRepliesPage.vue";
import AgentSettings from "../../../web/inbox/settings/AgentSettings.vue";
import ApiKeySettings from "../../../web/inbox/settings/ApiKeySettings.vue";
import GeneralSettings from "../../../web/inbox/settings/GeneralSettings.vue";
import MailboxSettings from "../../../web/inbox/settings/MailboxSettings.vue";
import WidgetSettings from "../../../web/inbox/settings/WidgetSettings.vue";
import { aLiveConversation } from "./a-live-conversation.ts";
import { aConversation, aMessage, anEvent, idOf, ME } from "./builders.ts";
import { answerWith, mountScreen } from "./mount-screen.ts";

const HOSTILE = [
  `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`,
  `"><svg onload=window.hacked=1><a href="javascript:window.hacked=1">x</a>`,
  `{{constructor.constructor("window.hacked=1")()}} \${window.hacked=1}`,
  `@:thread.you {name} | @:{'thread.you'} {0}`,
  `javascript:window.hacked=1`,
  `</textarea></title></style><iframe srcdoc="<script>parent.hacked=1</script>">`,
];

const page = (...items: unknown[]) => ({ items, nextCursor: null });

/** Every screen, with one text wherever a person can have put one. */
function screensOf(text: string): [name: string, component: Component, props: Record<string, unknown>][] {
  const contact = { id: idOf(5), name: text, email: text };
  const visitor = { page: text, locale: text, userAgent: text, country: text };
  const lastMessage = {
    seq: 1,
    at: 1,
    author: { kind: "agent" as const, id: idOf(3), name: text },
    channel: "chat" as const,
    preview: text,
  };
  const conversation = aConversation(1, { contact, visitor, subject: text, lastMessage });
  const { live } = aLiveConversation(conversation);
  const message = aMessage({
    text,
    subject: text,
    quoted: text,
    author: { kind: "contact", name: text },
    channel: "email",
    attachments: [{ id: idOf(7), name: text, type: "text/plain", size: 1 }],
    delivery: { state: "failed", reason: text },
    mail: { from: { address: text, name: text }, others: [{ address: text, name: text }], forwardedBy: text, campaign: text },
  });
  answerWith({
    "GET /api/settings": {
      ...v.parse(settingsSchema, {}),
      company: text,
      security: { contact: text },
      widget: {
        ...v.parse(settingsSchema, {}).widget,
        title: { en: text, es: text },
        greeting: { en: text, es: text },
        allowedOrigins: [text],
      },
    },
    "GET /api/agents": page({ ...ME, name: text, email: text, role: "owner" }),
    "GET /api/api-keys": page({
      id: idOf(8),
      name: text,
      role: "agent",
      createdAt: 1,
      lastUsedAt: null,
      expiresAt: null,
      createdBy: { id: idOf(1), name: text },
    }),
    "GET /api/mailboxes": page({ id: idOf(9), address: text, name: text, signature: text, createdAt: 1 }),
    "GET /api/saved-replies": page({ id: idOf(1), categoryId: idOf(2), title: text, text }),
    "GET /api/saved-reply-categories": page({ id: idOf(2), name: text }),
    "GET /api/ledger": page({
      id: idOf(6),
      receivedAt: 1,
      from: text,
      to: text,
      subject: text,
      state: "filtered",
      verdict: text,
      reason: text,
      conversationId: idOf(1),
      isMovable: false,
      movingTo: null,
      movedFrom: null,
      size: 1,
    }),
    "GET /api/contacts": page({ ...contact, addresses: [], attributes: { [text]: text }, isBlocked: false, createdAt: 1 }),
    [`GET /api/contacts/${contact.id}`]: {
      ...contact,
      addresses: [{ email: text, isProven: true, isUndeliverable: true }],
      attributes: { [text]: text },
      isBlocked: false,
      createdAt: 1,
    },
    "GET /api/conversations": page(conversation),
  });
  const message1 = { message, conversation, isVisitorOnline: false, isFirstOfGroup: true, isSubjectShown: true };
  return [
    ["list", ConversationRow, { conversation, now: 2, isSelected: false, myId: ME.id, assigneeName: text }],
    ["thread header", ThreadHeader, { live, conversation, isPanelShown: true }],
    ["message", MessageItem, message1],
    [
      "event",
      EventLine,
      {
        event: anEvent({
          kind: "assigned",
          actor: { kind: "agent", id: idOf(3), name: text },
          subject: { id: idOf(4), name: text },
        }),
      },
    ],
    ["contact panel", ContactPanel, { live, conversation, hasBack: false }],
    ["contacts", ContactsPage, {}],
    ["saved replies", SavedRepliesPage, {}],
    ["ledger", LedgerPage, {}],
    ["agents", AgentSettings, {}],
    ["API keys", ApiKeySettings, {}],
    ["mailboxes", MailboxSettings, {}],
    ["general settings", GeneralSettings, {}],
    ["widget settings", WidgetSettings, {}],
  ];
}

beforeEach(async () => {
  localStorage.clear();
  await showLocale("en");
});

describe("[T12] hostile texts", () => {
  it.each(HOSTILE)("%s", async (text) => {
    for (const [name, component, props] of screensOf(text)) {
      const screen = await mountScreen(component, props);
      await flushPromises();
      const made = document.querySelectorAll("script, [onerror], [onload], iframe, img[src=x], [href^='javascript']");
      expect([name, [...made].map(({ outerHTML }) => outerHTML)]).toEqual([name, []]);
      // It is there, as it was typed: a screen without it would show nothing.
      const values = [...document.querySelectorAll<HTMLInputElement>("input, textarea")].map(({ value }) => value);
      const shown = [screen.text(), ...values, document.body.textContent].join("\n").replace(/\s+/g, " ");
      expect([name, shown.includes(text)]).toEqual([name, true]);
      screen.unmount();
    }
    expect("hacked" in window).toBe(false);
  });
});
