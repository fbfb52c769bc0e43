// The general settings: one record for the whole company, and what it is until somebody writes it.

export type Language = 'pt-BR' | 'en' | 'es';

export type Settings = {
  /** Base of survey links, without a final slash; null until set. */
  readonly publicUrl: string | null;
  /** Base of the download addresses in events, without a final slash; null takes `publicUrl`. */
  readonly internalUrl: string | null;
  readonly defaultLanguage: Language;
  /** IANA name, such as `America/Sao_Paulo`. */
  readonly timeZone: string;
  readonly branding: { readonly name: string | null; readonly logoUrl: string | null };
  /** Days after which a kind of record is forgotten; null keeps it. */
  readonly retentionDays: { readonly mails: number | null; readonly surveys: number | null };
};

/** What holds before anybody has written the settings. */
export const defaultSettings: Settings = {
  publicUrl: null,
  internalUrl: null,
  defaultLanguage: 'pt-BR',
  timeZone: 'America/Sao_Paulo',
  branding: { name: null, logoUrl: null },
  retentionDays: { mails: null, surveys: null },
};
