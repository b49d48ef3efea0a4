import type { RawData } from "ws";

/** The text of a frame; `ws` hands over buffers unless it is told otherwise. */
export const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString("utf8") : "");
