/** The code that only conversations with files need: fetched when the visitor attaches one, or is sent one. */
export { drawFile } from "./file-view.ts";
export { Uploads } from "./uploads.ts";
