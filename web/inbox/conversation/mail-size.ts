/** Larger mails, or such with more links, are offered as text only: cleaning and drawing them would stall the page. */
const MAIL_HTML_LENGTH_MAX = 1_000_000;
const MAIL_LINKS_MAX = 5_000;

/** Whether a mail's HTML can be shown in a frame. */
export function canShowHtml(html: string): boolean {
  if (html.length > MAIL_HTML_LENGTH_MAX) return false;
  return html.split(/<a\s/iu, MAIL_LINKS_MAX + 2).length <= MAIL_LINKS_MAX + 1;
}
