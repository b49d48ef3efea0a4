/** The API's path of one conversation; `rest` begins with a slash. */
export function conversationPath(id: string, rest = ""): string {
  return `/api/conversations/${encodeURIComponent(id)}${rest}`;
}
