/** The turn of others while a mail is stored or read. */

/**
 * Ms. Not 0: a timer that is due at once comes back before a request has gone through the several turns that it needs, and
 * whoever waits gets one turn for each slice of ours.
 */
const REST_MS = 2;

export function restAWhile(): Promise<void> {
  return scheduler.wait(REST_MS);
}
