/** The variables of saved replies, by the names that people write between double braces. */
export const VARIABLES = ["contact.name", "agent.name", "company"] as const;
export type Variable = (typeof VARIABLES)[number];

// An empty value takes the space before it along, so that `Hi {{contact.name}},` becomes `Hi,` for a nameless person.
const PLACEHOLDER = / ?\{\{\s{0,5}([a-z.]{1,40})\s{0,5}\}\}/gu;

function isVariable(name: string): name is Variable {
  return VARIABLES.some((variable) => variable === name);
}

/** Fills in the variables; what is no variable stays as it was written. */
export function fillVariables(text: string, values: Record<Variable, string>): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    if (!isVariable(name)) return whole;
    const value = values[name];
    return value !== "" && whole.startsWith(" ") ? ` ${value}` : value;
  });
}
