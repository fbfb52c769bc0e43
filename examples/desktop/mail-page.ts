// A page that shows the HTML of a mail and lets none of it out: docs/html.md says why each part is there.

/** Only what stands in the mail itself: no scripts, no images from elsewhere, which would tell that the mail is read. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/**
 * @param html `html` of an event, as it is
 * @returns an HTML document
 */
export function mailPage(html: string): string {
  const mail = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<div style="overflow: hidden; contain: paint; overflow-wrap: anywhere">${html}</div>`;
  return `<!doctype html>
<meta charset="utf-8">
<title>Mail</title>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"
  style="width: 100%; height: 95vh; border: 0" srcdoc="${mail.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"></iframe>
`;
}
