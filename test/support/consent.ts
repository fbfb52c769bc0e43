// A person at Entra's sign-in page, without a browser: follows redirects, keeps cookies, answers the form.

type Answer = 'accept' | 'cancel';

/** The callback that the browser would be sent to, with `code` and `state`, or with `error`. Nobody is asked there. */
export async function consent(
  authorizeUrl: string,
  address: string,
  answer: Answer = 'accept',
): Promise<URL> {
  const cookies = new Map<string, string>();
  const origin = new URL(authorizeUrl).origin;
  const visit = async (url: URL, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
  let url = new URL(authorizeUrl);
  let response = await visit(url);
  for (;;) {
    const location = response.headers.get('location');
    if (location) {
      url = new URL(location, url);
      if (url.origin !== origin) return url;
      response = await visit(url);
      continue;
    }
    const page = await response.text();
    if (!page.includes('name="address"')) {
      throw new Error(`No sign-in page but HTTP ${response.status}: ${page}`);
    }
    response = await visit(url, { method: 'POST', body: new URLSearchParams({ address, answer }) });
  }
}
