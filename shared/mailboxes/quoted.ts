// The words of others (mail servers, Entra ID) as they may be quoted: without what they were shown, addresses and subjects.
import type { Proof } from './proof.ts';

const MASK = '***';
/** Longer than any sentence that helps. */
const LONGEST = 200;
const LONGEST_READ = 2_000;

// Servers repeat what they refuse: the command, its arguments, a header. Their words go to administrators, and in
// `service.failing` to the platform and the log, which are to see no secret, no address and no subject. The address that a
// server says help is at must stay readable, though it is long.

/**
 * A server's words in one line of at most 200 characters, to be put into a message.
 * @param proof by what the login was tried, of which nothing is left in any encoding
 */
export function quoted(said: string, proof?: Proof): string {
  const mask = masker(proof);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a line must not have; a NUL stays until logins are found.
  const line = beginningOf(said).replaceAll(/[\x01-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ');
  return mask(line).replaceAll('\0', ' ').trim().slice(0, LONGEST);
}

/** So much of it that is looked through; not with the half of a word. */
function beginningOf(said: string): string {
  return said.length <= LONGEST_READ ? said : said.slice(0, LONGEST_READ).replace(/\S*$/, '');
}

/** Help is at addresses such as https://support.google.com/mail/answer/78754. */
const webAddress = /(https?:\/\/[^\s<>"'/?#@]+)([^\s<>"']*)/gi;

function masker(proof: Proof | undefined): (text: string) => string {
  const secrets = secretsOf(proof);
  const forms = [...new Set(secrets.flatMap(formsOf))].toSorted((one, other) => other.length - one.length);
  const patterns = forms.map(patternOf);
  const ofSecrets = (text: string) =>
    patterns.reduce((left, pattern) => left.replaceAll(pattern, MASK), text);
  // Whole words first: of one that hides a secret, nothing is to be left.
  const within = (text: string, tooLong: RegExp) =>
    ofSecrets(
      text
        .replaceAll(subject, `$1${MASK}`)
        .replaceAll(encodedWord, MASK)
        .replaceAll(encodedBytes, word =>
          [word, ...word.split('/')].some(part => isLogin(part, secrets)) ? MASK : word,
        )
        .replaceAll(percentEncoded, word => (hasSecret(percentDecoded(word), secrets) ? MASK : word))
        .replaceAll(address, MASK)
        .replaceAll(tooLong, MASK),
    ).replaceAll(/\*{4,}/g, MASK);
  return text => {
    const parts: string[] = [];
    let end = 0;
    for (const { 0: whole, 1: origin = '', 2: rest = '', index } of text.matchAll(webAddress)) {
      parts.push(within(text.slice(end, index), longWord), ofSecrets(origin), within(rest, longPiece));
      end = index + whole.length;
    }
    return [...parts, within(text.slice(end), longWord)].join('');
  };
}

/** A header that a server repeats, to the end of its line. */
const subject = /\b((?:subject|assunto|asunto)\s*[:=]\s*)(?!\*).+/gi;
/** RFC 2047: names and subjects. */
const encodedWord = /=\?[^\s?]+\?[bq]\?[^\s?]*\?=/gi;
const address = /(?:"[^"\n]*"|[^\s'"<>()[\]{},;:/?&=#]+)(?:@|%40)[^\s'"<>()[\]{},;:/?&=#]+/gi;
/** Logins and tokens as they are sent: no sentence has so long a word. */
const longWord = /[A-Za-z0-9+/=._-]{40,}/g;
/** In the address of a page: a part of its path or query. */
const longPiece = /[A-Za-z0-9+%._~-]{30,}={0,2}/g;
/** No login begins with a byte that is a slash in base64, and paths do. */
const encodedBytes = /[A-Za-z0-9+_-][A-Za-z0-9+/_-]{3,}={0,2}/g;
const percentEncoded = /[^\s'"<>&=]*%[0-9a-f]{2}[^\s'"<>&=]*/gi;

/** The password; the token, and its parts, of which one alone may be repeated. */
function secretsOf(proof: Proof | undefined): string[] {
  if (proof === undefined) return [];
  if (proof.type === 'password') return [proof.password].filter(Boolean);
  return [proof.token, ...proof.token.split('.').filter(part => part.length >= 16)].filter(Boolean);
}

/** The ways in which a secret may come back, but for those that are found by decoding. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  // Google shows its app passwords in groups; a server may choke on one of several words.
  const words = secret.split(/\s+/).filter(word => word.length >= SHORTEST_ANYWHERE);
  return [
    secret,
    ...words,
    secret.replaceAll(/\s/g, ''),
    // RFC 9051 4.3, JSON, HTML, and addresses.
    secret.replaceAll(/["\\]/g, '\\$&'),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams([['', secret]]).toString().slice(1),
    hex,
    // UTF-8 that was read as ISO 8859-1, and base64 wherever the secret begins in it.
    bytes.toString('latin1'),
    ...[0, 1, 2].map(before => base64Within(bytes, before)).filter(text => text.length >= 6),
  ].filter(Boolean);
}

/** The characters of base64 that depend on these bytes alone, with so many others before them. */
function base64Within(bytes: Buffer, before: number): string {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const whole = Math.floor(((before + bytes.length) * 8) / 6);
  return encoded.slice(Math.ceil((before * 8) / 6), whole);
}

/** Shorter ones are found in any sentence, and count only where they stand alone. */
const SHORTEST_ANYWHERE = 4;

function patternOf(form: string): RegExp {
  const literal = RegExp.escape(form);
  return form.length < SHORTEST_ANYWHERE
    ? new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu')
    : new RegExp(literal, 'gi');
}

/**
 * Whether a word is base64 of a login: of the secret, or of readable text, as AUTH PLAIN, AUTH LOGIN, CRAM-MD5 and XOAUTH2
 * send it. Few words of a language decode to text, and those are told by their letters.
 */
function isLogin(word: string, secrets: string[]): boolean {
  const bytes = Buffer.from(word, 'base64');
  if (hasSecret(bytes.toString(), secrets) || hasSecret(bytes.toString('latin1'), secrets)) return true;
  return bytes.length >= 6 && !ofLanguage.test(word) && isText(bytes);
}

const ofLanguage = /^(?:[A-Z]?[a-z]+|[A-Z]+)(?:[-_/](?:[A-Z]?[a-z]+|[A-Z]+))*$/;

function isText(bytes: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return !/\p{Cc}/u.test(text.replaceAll('\0', '').replaceAll('\u0001', ''));
  } catch {
    return false;
  }
}

function hasSecret(decoded: string, secrets: string[]): boolean {
  return secrets.some(secret =>
    secret.length < SHORTEST_ANYWHERE ? decoded.split('\0').includes(secret) : decoded.includes(secret),
  );
}

function percentDecoded(word: string): string {
  const bytes = word.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}
