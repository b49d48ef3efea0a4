/** Carries out the limits of a conversation's sockets. */
import type { AlarmClock } from "./alarms.ts";
import { CLOSE_CODES } from "./protocol.ts";
import { findRoom, helloEndsAt, isSilent, type Newcomer } from "./socket-limits.ts";
import { closeSocket, type OpenSocket, type Sockets } from "./sockets.ts";

/** Ms after which an alarm is set for a socket that has not said `hello`: those that do at once cost no row. */
const HELLO_PATIENCE_MS = 1_000;

/** Makes room for one more socket. @returns false where there is none */
export function makeRoom(sockets: Sockets, newcomer: Newcomer, now: number): boolean {
  const leaving = findRoom<OpenSocket>(sockets.list(), newcomer, now);
  for (const { socket } of leaving ?? []) closeSocket(socket, CLOSE_CODES.tooMuchTraffic, "too_much_traffic");
  return leaving !== null;
}

interface HelloParts {
  sockets: Sockets;
  clock: AlarmClock;
}

/** Has the alarm look after a socket that says nothing. */
export function expectHello(parts: HelloParts): void {
  setTimeout(() => lookAgain(parts), HELLO_PATIENCE_MS);
}

/** Ends the sockets that have never said `hello`; by the alarm. */
export function closeSilent(parts: HelloParts): void {
  const now = Date.now();
  for (const { socket, connection } of parts.sockets.list())
    if (isSilent(connection, now)) closeSocket(socket, CLOSE_CODES.badFrame, "hello_first");
  lookAgain(parts);
}

function lookAgain({ sockets, clock }: HelloParts): void {
  const endsAt = helloEndsAt(sockets.list());
  if (endsAt !== null) clock.wakeAt(endsAt);
}
