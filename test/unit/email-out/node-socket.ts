import net from "node:net";
import tls from "node:tls";
import type { SmtpConnect, SmtpSocket } from "../../../worker/email/smtp-session.ts";

/** Node's sockets in the shape of workerd's. `ca` is trusted besides the usual ones. */
export function createNodeConnect(ca?: string): SmtpConnect {
  const options = { ...(ca === undefined ? {} : { ca }), servername: "localhost" };
  return ({ hostname, port }, { secureTransport }) => {
    const isTls = secureTransport === "on";
    return wrap(isTls ? tls.connect({ host: hostname, port, ...options }) : net.connect({ host: hostname, port }), options);
  };
}

function wrap(socket: net.Socket, options: { ca?: string; servername: string }): SmtpSocket {
  let onData: ((chunk: Buffer) => void) | undefined;
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => {
      onData = (chunk) => controller.enqueue(new Uint8Array(chunk));
      socket.on("data", onData);
      socket.once("end", () => closeQuietly(() => controller.close()));
      socket.once("close", () => closeQuietly(() => controller.close()));
      socket.on("error", (error) => closeQuietly(() => controller.error(error)));
    },
    cancel: () => void socket.destroy(),
  });
  const writable = new WritableStream<Uint8Array>({
    write: async (chunk) =>
      new Promise((resolve, reject) => {
        socket.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
  });
  return {
    readable,
    writable,
    startTls: () => {
      if (onData !== undefined) socket.off("data", onData);
      return wrap(tls.connect({ socket, ...options }), options);
    },
    close: async () => void socket.destroy(),
  };
}

function closeQuietly(close: () => void): void {
  try {
    close();
  } catch {
    // Closed already.
  }
}
