// A refusal as Entra words it: an OAuth error with an AADSTS code, and the ids that support asks for.
import { randomUUID } from 'node:crypto';
import { errors } from 'oidc-provider';

type Words = {
  /** 400 unless told. */
  status?: number;
  /** RFC 6749 5.2, or one of Entra's own. */
  error: string;
  code: number;
  text: string;
  suberror?: string;
};

export class Refusal extends errors.CustomOIDCProviderError {
  readonly words: Words;

  constructor(words: Words) {
    super(words.error, `AADSTS${words.code}: ${words.text}`);
    this.words = words;
    this.status = words.status ?? 400;
    this.statusCode = this.status;
  }
}

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-response-1 */
export function refusalBody(
  { words: { error, code, text, suberror } }: Refusal,
  correlationId = randomUUID() as string,
) {
  const timestamp = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const traceId = randomUUID();
  return {
    error,
    error_description: `AADSTS${code}: ${text} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [code],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    ...(suberror !== undefined && { suberror }),
  };
}
