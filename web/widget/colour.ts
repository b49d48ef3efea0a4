const HEX_COLOUR = /^#[0-9a-f]{6}$/i;
/** Relative luminance (WCAG 2) above which dark text has more contrast than white. */
const DARK_TEXT_LUMINANCE = 0.18;

/** `#rrggbb`, or null: nothing else ever reaches a stylesheet. */
export const parseColour = (colour: unknown): string | null =>
  typeof colour === "string" && HEX_COLOUR.test(colour) ? colour : null;

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The text colour that can be read on a colour: the one of the two with more contrast. */
export const textOn = (colour: string): string => (luminance(colour) > DARK_TEXT_LUMINANCE ? "#16161d" : "#ffffff");
