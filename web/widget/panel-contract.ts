/**
 * What the loader and the panel know of each other. They may be of different deploys for an hour (each has its own cache
 * life), so this only ever grows, and every addition is optional.
 */
export interface VisitorContact {
  readonly email: string;
  readonly name?: string;
}

export type WidgetEvent = "message" | "open" | "close" | "unread";

export interface PanelHost {
  /** Where Hilo lives: the origin that the loader came from. */
  readonly origin: string;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  readonly locale: "en" | "es";
  /** `GET /widget/config` as parsed JSON; `null` where it could not be had. */
  readonly config: Promise<unknown>;
  /** False where the snippet names the colour: then the settings do not change it. */
  readonly isColourFree: boolean;
  readonly contact: VisitorContact | null;
  setColour(colour: string): void;
  setUnread(count: number): void;
  emit(event: WidgetEvent, detail?: unknown): void;
}

export interface Panel {
  readonly isOpen: boolean;
  open(shouldFocus: boolean): void;
  close(): void;
  identify(contact: VisitorContact): void;
  /** @param secret of a link from a mail */
  confirm?(secret: string): void;
  reset(): void;
}

export interface PanelModule {
  readonly mount: (host: PanelHost) => Panel;
}

/** Begins the fragment of a link from a mail that shows that an address is theirs. */
export const CONFIRM_FRAGMENT = "#hilo-confirm=";
/** All that this device keeps for one Hilo lies under this. */
export const storagePrefix = (origin: string): string => `hilo:${origin.replace(/^https?:\/\//, "")}:`;
/** Begins the keys of messages that the visitor has sent and no server has acknowledged (local storage). */
export const UNSENT_KEY = "unsent";
/** Token and conversation of this device (local storage). */
export const VISITOR_KEY = "visitor";
/** `open` or `closed`, once the panel has been opened in this tab (session storage). */
export const TAB_KEY = "tab";
