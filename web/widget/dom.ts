/** Elements are made, never parsed: a strict CSP with Trusted Types stays intact, and no text can become markup (T12). */
type Attributes = Readonly<Record<string, string | boolean>>;
type Child = Node | string | null | false;

/** An attribute that is `false` is left out, `true` is set empty. */
function setAttributes(node: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : value);
  }
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  for (const child of children) if (child !== null && child !== false) node.append(child);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
export const icons = {
  close: "M6 6l12 12M18 6 6 18",
  send: "M4.5 12 20 4.5 15.5 20l-3.4-6.6L4.5 12Zm7.6 1.4L20 4.5",
  attach: "m20 11.5-8.2 8.2a5 5 0 0 1-7.1-7.1l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.6 8.6a1.7 1.7 0 0 1-2.4-2.4l7.9-7.9",
  file: "M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8l-5-5Zm0 0v5h5",
  down: "m6 10 6 6 6-6",
} as const;

export function icon(name: keyof typeof icons): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  setAttributes(svg, { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" });
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", icons[name]);
  svg.append(path);
  return svg;
}

export interface KeyedNode {
  readonly key: string;
  /** The node is made anew when this differs from the one before. */
  readonly version: string;
  readonly make: () => HTMLElement;
}

/**
 * Returns a function that makes the children of `parent` equal to a list, and keeps the nodes that have not changed, so
 * that focus, selection and loaded pictures in them stay.
 */
export function makeKeyedList(parent: HTMLElement): (items: readonly KeyedNode[]) => void {
  let known = new Map<string, { version: string; node: HTMLElement }>();
  return (items) => {
    const next = new Map<string, { version: string; node: HTMLElement }>();
    let at: ChildNode | null = parent.firstChild;
    for (const { key, version, make } of items) {
      const old = known.get(key);
      const entry = old?.version === version ? old : { version, node: make() };
      if (old && old !== entry) {
        if (at === old.node) at = at.nextSibling;
        old.node.remove();
      }
      next.set(key, entry);
      if (entry.node === at) at = at.nextSibling;
      else parent.insertBefore(entry.node, at);
    }
    for (const [key, { node }] of known) if (!next.has(key)) node.remove();
    known = next;
  };
}
