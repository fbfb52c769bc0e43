// Text as HTML: whatever is put into a page is escaped, unless it is a piece of a page itself.

/** A piece of a page, in which nothing is left to escape. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template of HTML; the values are escaped, for text and quoted attributes (HTML 13.1.2.3). */
export function html(literals: TemplateStringsArray, ...values: (string | Html)[]): Html {
  const parts = literals.map((literal, index) => {
    const value = values[index] ?? '';
    return (
      literal +
      (value instanceof Html ? value.text : value.replaceAll(/[&<>"']/g, found => escapes[found] ?? ''))
    );
  });
  return new Html(parts.join(''));
}
