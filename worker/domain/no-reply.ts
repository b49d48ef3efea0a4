/** Names before the `@` behind which nobody reads. Pure. */

/** Their owner says so, perhaps with a word before it or after it: `shop-noreply@`, `no-reply+order-7@`. */
const NO_REPLY =
  /^(?:.*[._+-])?(?:(?:no|not|never|do[-_.]?not|dont)[-_.]?repl(?:y|ies)|no[-_.]?(?:responder|responda|contestar))(?:[._+-].*)?$/;
/** Machines that write by themselves: never answered automatically, though a person may read what comes back. */
const MACHINE = /^(?:mailer-daemon|postmaster|bounces?|notifications?|root|daemon|owner-.*|.*-request)(?:[+.-].*)?$/;

/** `no-reply@` and its like. */
export function isNoReply(address: string): boolean {
  return NO_REPLY.test(nameOf(address));
}

/** An address that gets no automatic answer. */
export function isMachine(address: string): boolean {
  return isNoReply(address) || MACHINE.test(nameOf(address));
}

function nameOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf("@"))).toLowerCase();
}
