/** The platform's TCP socket for the SMTP session. Only this file imports it, so that the rest runs anywhere. */
import { connect } from "cloudflare:sockets";
import type { SmtpConnect, SmtpSocket } from "./smtp-session.ts";

export const connectSmtp: SmtpConnect = (address, options) => toSmtpSocket(connect(address, options));

function toSmtpSocket(socket: Socket): SmtpSocket {
  // Failures show in reads and writes; unheard promises would be reported a second time.
  socket.opened.catch(() => undefined);
  socket.closed.catch(() => undefined);
  return {
    readable: socket.readable,
    writable: socket.writable,
    startTls: () => toSmtpSocket(socket.startTls()),
    close: async () => socket.close(),
  };
}
