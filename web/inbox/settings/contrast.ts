function linear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** The contrast of white text on a colour such as `#5753c6` (WCAG 2, 1.4.3), 1 to 21; 21 for what is no colour yet. */
export function contrastWithWhite(colour: string): number {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/iu.exec(colour);
  if (!match) return 21;
  const [red = 0, green = 0, blue = 0] = match.slice(1).map((hex) => linear(Number.parseInt(hex, 16)));
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
