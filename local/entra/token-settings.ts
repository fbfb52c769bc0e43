// How tokens are made: what a test changes while the issuer runs.

export type TokenSettings = {
  /** From `iat` to `exp`; a negative one makes tokens that are over already. */
  accessTokenLifetimeSeconds: number;
  /** What `expires_in` says when it is not the truth: MSAL renews by it, five minutes ahead. */
  announcedLifetimeSeconds?: number;
  /** Whether a second use of a refresh token revokes the grant. Entra itself lets it pass. */
  strictRotation: boolean;
};

export function usualSettings(): TokenSettings {
  return { accessTokenLifetimeSeconds: 3_600, strictRotation: false };
}

/** At least a second: oidc-provider knows no less. */
export function announcedSeconds(settings: TokenSettings): number {
  return Math.max(1, settings.announcedLifetimeSeconds ?? settings.accessTokenLifetimeSeconds);
}
