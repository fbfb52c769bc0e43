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

/** A template of HTML; texts are escaped, for text and quoted attributes (HTML 13.1.2.3), pieces stand as they are. */
export function html(literals: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  return new Html(literals.map((literal, index) => literal + textOf(values[index] ?? '')).join(''));
}

function textOf(value: string | Html | Html[]): string {
  if (Array.isArray(value)) return value.map(({ text }) => text).join('');
  if (value instanceof Html) return value.text;
  return value.replaceAll(/[&<>"']/g, found => escapes[found] ?? '');
}
