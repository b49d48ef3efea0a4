/** A configuration that cannot work: said by name, never by value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
