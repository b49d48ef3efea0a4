/** The people and conversations of the pictures: a bicycle workshop on a Monday morning. */

export const WORKSHOP = {
  name: "Ana Ruiz",
  email: "ana@pinon.example",
  password: "a password for pictures",
  company: "Piñón",
  mailbox: "taller@pinon.example",
};
export const COLLEAGUE = "Ben Hall";

interface Line {
  from: "customer" | "ana" | "ben";
  text: string;
}

/** A conversation by mail, or a chat of somebody who has left. */
export interface Scene {
  channel: "email" | "chat";
  /** Minutes between its last message and the picture. */
  ageMinutes: number;
  name: string;
  email: string;
  subject?: string;
  to?: string;
  lines: Line[];
  isUnread?: boolean;
}

/** Oldest first, as they are written. */
export const SCENES: Scene[] = [
  {
    channel: "email",
    ageMinutes: 1_560,
    name: "Lucía Prat",
    email: "lucia@prat.example",
    subject: "Invoice for March",
    lines: [
      { from: "customer", text: "Good morning, could you send me the invoice for my tune-up in March? Thank you!" },
      { from: "ben", text: "Good morning Lucía, it is in your mailbox now. Have a good ride!" },
    ],
  },
  {
    channel: "chat",
    ageMinutes: 240,
    name: "Oskar Lind",
    email: "oskar@lind.example",
    lines: [
      { from: "customer", text: "Do you rent child seats?" },
      { from: "ben", text: "We do, 5 € a day. Shall I keep one for you?" },
      { from: "customer", text: "Yes please, for Saturday" },
    ],
  },
  {
    channel: "email",
    ageMinutes: 96,
    name: "Nadia Benali",
    email: "nadia@benali.example",
    subject: "Re: Spring check for your e-bike",
    to: "taller+campaign-spring@pinon.example",
    lines: [{ from: "customer", text: "Hello! Is the offer still on, and does it include the battery test?" }],
    isUnread: true,
  },
  {
    channel: "email",
    ageMinutes: 47,
    name: "Hiro Tanaka",
    email: "hiro@tanaka.example",
    subject: "A wheel for touring",
    lines: [
      {
        from: "customer",
        text: "Hello,\n\nI ride from Lisbon to Istanbul in May and need a rear wheel that survives it: 36 spokes, rim brake, about 95 kg with luggage. What would you build, and what does it cost?\n\nHiro",
      },
      {
        from: "ana",
        text: "Hello Hiro,\n\nwhat a ride! I would lace a 36-hole touring rim three-cross with double-butted spokes, brass nipples and a sealed hub. That is 240 €, trued again for free after your first 500 km.\n\nIt takes us a week. When do you leave?",
      },
      {
        from: "customer",
        text: "On 2 May. A week is perfect. May I bring the old wheel on Wednesday, so that you can reuse the cassette?",
      },
    ],
    isUnread: true,
  },
  {
    channel: "chat",
    ageMinutes: 9,
    name: "",
    email: "",
    lines: [{ from: "customer", text: "Hola, do you have 28 inch inner tubes with the thin valve?" }],
    isUnread: true,
  },
];

export const HERO = { name: "Rosa Diaz", email: "rosa@diaz.example" };

export const SAVED_REPLIES = [
  {
    category: "Workshop",
    replies: [
      { title: "Opening hours", text: "We are here Monday to Friday 9:30–19:00, and Saturday 10:00–14:00." },
      { title: "Bring it in", text: "Hello {{contact.name}}, bring it in whenever it suits you; no appointment needed." },
      { title: "Ready to collect", text: "Good news: your bike is ready and waits for you." },
    ],
  },
  { category: "Prices", replies: [{ title: "Tune-up", text: "A tune-up costs 49 €, parts not included." }] },
];
