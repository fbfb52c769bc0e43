// Access tokens for a mailbox: out of the cache while they are good, else from Entra ID, by one worker for all.
import { setTimeout as wait } from 'node:timers/promises';
import type { AccountInfo, ConfidentialClientApplication } from '@azure/msal-node';
import { MaloteError } from '../../errors.ts';
import { openApp, proofDigest } from './app.ts';
import { noToken, toTokenError } from './errors.ts';
import type { TokenLogin } from './login.ts';
import { cacheOnly, network, RequestNeeded } from './network.ts';
import { nobodyConnected } from './unconnected.ts';

// Entra ID may hand out another refresh token with every access token ("rotation"). Two workers that redeem the same one,
// or one whose new one is overwritten by an older write, can end up with none that is good. So whoever is to redeem it
// first says so in the item, under its ETag; the others wait for what comes of it.

/** What is kept of a mailbox's tokens. */
export type KeptTokens = {
  /** MSAL's cache as it writes it out; null before the first token. It holds tokens: to be sealed wherever it goes. */
  cache: string | null;
  /** What the app was proven with (`proofDigest`): of another proof it does not tell that Entra ID takes that. */
  provenBy: string | null;
  /** Until then somebody is asking Entra ID for new ones; RFC 3339 in UTC. */
  refreshingUntil: string | null;
  /** The account of the person who consented, and when; null for an app's own tokens. */
  connection: { account: string; at: string } | null;
};

/** Where the tokens of one mailbox are kept. Failures of the database are its own errors. */
export type TokenStore = {
  /** `tokens` is undefined when there are none, or none that may be used. */
  read: () => Promise<{ tokens: KeptTokens | undefined; etag: string | undefined }>;
  /** @returns the new ETag; undefined when another write came first */
  write: (tokens: KeptTokens, etag: string | undefined) => Promise<string | undefined>;
};

/** Gives access tokens; see `Credential` in mailboxes/session.ts. */
export type TokenSource = (options?: { renew: boolean }) => Promise<string>;

type Token = { value: string; endsAt: number };

/** How long what Entra ID gave is tried to be written. */
const KEEP_MS = 5_000;
/** One request to Entra ID may take 10 s, and before it the managed identity 5 s. */
const CLAIM_MS = 15_000 + KEEP_MS;
/** How far the clocks of two workers may be apart, as with the lease of a mailbox. */
const SKEW_MS = 30_000;
const LOOK_AGAIN_MS = 200;
/** As MSAL does: whoever gets a token has at least so long to use it. */
const RENEW_AHEAD_MS = 5 * 60_000;

const noTokens: KeptTokens = { cache: null, provenBy: null, refreshingUntil: null, connection: null };

/**
 * The tokens of one mailbox, for as long as it is open. Renewed when they end within five minutes, or when asked to.
 * @param store without it nothing is kept, which is for apps alone: a person's consent is what is kept
 */
export function tokenSource(
  login: TokenLogin,
  store: TokenStore | undefined,
  clock: () => Date,
): TokenSource {
  let last: Token | undefined;
  let pending: Promise<Token> | undefined;
  return async ({ renew } = { renew: false }) => {
    if (!renew && last && clock().getTime() < last.endsAt - RENEW_AHEAD_MS) return last.value;
    // Renewed, it may be one that another worker got meanwhile, but not the one that was given before.
    const before = last;
    const isWelcome = (token: Token) => !renew || (before !== undefined && token.value !== before.value);
    pending ??= acquire({ login, clock }, store, isWelcome).finally(() => {
      pending = undefined;
    });
    last = await pending;
    return last.value;
  };
}

/** Who asks, and what time it is. */
type Asking = { login: TokenLogin; clock: () => Date };

async function acquire(
  asking: Asking,
  store: TokenStore | undefined,
  isWelcome: (token: Token) => boolean,
): Promise<Token> {
  const { login, clock } = asking;
  if (!store) return (await request(asking, null)).token;
  const provenBy = proofDigest(login);
  let waitedFor: { claim: string; since: number } | undefined;
  for (;;) {
    const { tokens = noTokens, etag } = await store.read();
    const kept = tokens.provenBy === provenBy ? await cachedToken(login, tokens.cache) : undefined;
    if (kept && isWelcome(kept)) return kept;
    if (login.flow === 'authorizationCode' && tokens.cache === null) throw nobodyConnected();
    const { refreshingUntil } = tokens;
    if (refreshingUntil && clock().getTime() < Date.parse(refreshingUntil) + SKEW_MS) {
      // In our own time nobody holds one longer: whoever made it has died.
      if (waitedFor?.claim !== refreshingUntil)
        waitedFor = { claim: refreshingUntil, since: clock().getTime() };
      if (clock().getTime() < waitedFor.since + CLAIM_MS) {
        await wait(LOOK_AGAIN_MS);
        continue;
      }
    }
    const until = new Date(clock().getTime() + CLAIM_MS).toISOString();
    const claim = await store.write({ ...tokens, refreshingUntil: until }, etag);
    if (claim !== undefined) return renewed(asking, store, { tokens, claim });
  }
}

type Claimed = { tokens: KeptTokens; claim: string };

async function renewed(asking: Asking, store: TokenStore, { tokens, claim }: Claimed): Promise<Token> {
  const free = { ...tokens, refreshingUntil: null };
  const { token, cache } = await request(asking, tokens.cache).catch(async (error: unknown) => {
    // Left to end by itself, the claim would only make others wait.
    await store.write(free, claim).catch(() => {});
    throw error;
  });
  await keep(
    store,
    { ...free, cache, provenBy: proofDigest(asking.login) },
    { tokens, claim, clock: asking.clock },
  );
  return token;
}

/**
 * Writes what Entra ID gave. A database that is away is waited for, because a rotated refresh token that is not written is
 * lost; if it stays away the access token is good all the same, and Entra ID still takes the old refresh token for a
 * while. A write that came second is made again as long as the cache is the one that we began with: then another worker
 * took our claim for over. With another cache it has nothing to add: an earlier write of ours came through unanswered, or
 * somebody connected anew.
 */
async function keep(
  store: TokenStore,
  tokens: KeptTokens,
  { tokens: before, claim, clock }: Claimed & Pick<Asking, 'clock'>,
): Promise<void> {
  const patienceEnds = clock().getTime() + KEEP_MS;
  let etag: string | undefined = claim;
  do {
    try {
      if (await store.write(tokens, etag)) return;
      const found = await store.read();
      if (!found.tokens || found.tokens.cache !== before.cache) return;
      etag = found.etag;
    } catch (error) {
      if (!(error instanceof MaloteError && error.code === 'dependency_unavailable')) throw error;
      await wait(LOOK_AGAIN_MS);
    }
  } while (clock().getTime() < patienceEnds);
}

/** The token in the cache, while it is good; undefined when Entra ID has to be asked. */
async function cachedToken(login: TokenLogin, cache: string | null): Promise<Token | undefined> {
  if (cache === null) return undefined;
  try {
    return await ask(openApp(login, cacheOnly, cache), login, false);
  } catch (error) {
    if (error instanceof RequestNeeded) return undefined;
    throw toTokenError(error, login.flow);
  }
}

/** A new token, whatever is in the cache, and the cache with it. */
async function request(
  { login, clock }: Asking,
  cache: string | null,
): Promise<{ token: Token; cache: string }> {
  try {
    const app = openApp(login, network(clock), cache);
    const token = await ask(app, login, true);
    return { token, cache: app.getTokenCache().serialize() };
  } catch (error) {
    throw toTokenError(error, login.flow);
  }
}

async function ask(
  app: ConfidentialClientApplication,
  { flow, scopes }: TokenLogin,
  isNew: boolean,
): Promise<Token> {
  const result =
    flow === 'clientCredentials'
      ? await app.acquireTokenByClientCredential({ scopes, skipCache: isNew })
      : await app.acquireTokenSilent({ account: await accountIn(app), scopes, forceRefresh: isNew });
  if (!result?.accessToken) throw noToken();
  return { value: result.accessToken, endsAt: result.expiresOn?.getTime() ?? 0 };
}

/** A mailbox's cache has one account: whoever connected it last. */
async function accountIn(app: ConfidentialClientApplication): Promise<AccountInfo> {
  const [account] = await app.getTokenCache().getAllAccounts();
  if (!account) throw nobodyConnected();
  return account;
}
