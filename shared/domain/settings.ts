// The general settings: one record for the whole company, its rules, and what it is until somebody writes it.
import * as z from 'zod';
import { contrastBetween, LEAST_CONTRAST, paper } from './colour.ts';
import type { JsonObject } from './merge-patch.ts';
import { refusal } from './refusal.ts';
import { asks, line, timeZone, toFieldErrors, wholeNumber } from './schema-messages.ts';

export const languages = ['pt-BR', 'en', 'es'] as const;
export type Language = (typeof languages)[number];

export type Settings = {
  /** Base of survey links, without a final slash; null until set. */
  readonly publicUrl: string | null;
  /** Base of the download addresses in events, without a final slash; null takes `publicUrl`. */
  readonly internalUrl: string | null;
  readonly defaultLanguage: Language;
  /** IANA name, such as `America/Sao_Paulo`. */
  readonly timeZone: string;
  /** What customers see who answer a survey. */
  readonly branding: {
    readonly name: string | null;
    readonly logoUrl: string | null;
    /** `#rrggbb` in lower case; it can be read on the page. */
    readonly accent: string | null;
    /** Of the company's own page about privacy. */
    readonly privacyUrl: string | null;
  };
  /** Days after which a kind of record is forgotten; null keeps it. */
  readonly retentionDays: { readonly mails: number | null; readonly surveys: number | null };
};

/** What holds before anybody has written the settings. */
export const defaultSettings: Settings = {
  publicUrl: null,
  internalUrl: null,
  defaultLanguage: 'pt-BR',
  timeZone: 'America/Sao_Paulo',
  branding: { name: null, logoUrl: null, accent: null, privacyUrl: null },
  retentionDays: { mails: null, surveys: null },
};

/**
 * Where Entra ID sends a person back to who consented that a mailbox is read.
 * @param siteUrl base address of this app where `publicUrl` is unset
 */
export function callbackUrlOf({ publicUrl }: Pick<Settings, 'publicUrl'>, siteUrl: string): string {
  return `${publicUrl ?? siteUrl}/api/oauth/callback`;
}

const days = wholeNumber(1, 3650, 'leave it out to keep everything').optional();

/** Everything of the settings, once a change is merged in. */
export const settingsSchema = z.strictObject({
  publicUrl: baseUrl('https://atendimento.empresa.com.br').optional().meta({ title: 'Webhook externo' }),
  internalUrl: baseUrl('https://malote.empresa.com.br').optional().meta({ title: 'Webhook interno' }),
  defaultLanguage: z
    .enum(languages, { error: 'must be "pt-BR", "en" or "es"' })
    .default(defaultSettings.defaultLanguage)
    .meta({ title: 'Idioma padrão' }),
  timeZone: timeZone('give a time zone').default(defaultSettings.timeZone).meta({ title: 'Fuso horário' }),
  branding: z
    .strictObject(
      {
        name: line('give the name that customers know, or leave it out', 100).optional(),
        logoUrl: line('give the address of the logo, or leave it out', 500)
          .refine(isWebAddress, 'must be an address that begins with https://')
          .optional(),
        accent: line('give a colour such as #0b57a4, or leave it out', 7)
          .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #0b57a4')
          .transform(colour => colour.toLowerCase())
          .refine(colour => contrastBetween(colour, paper.light) >= LEAST_CONTRAST, {
            error: ({ input }) => `${tooPale(String(input))}; give a darker one`,
          })
          .optional(),
        privacyUrl: line('give the address of your page about privacy, or leave it out', 500)
          .refine(isWebAddress, 'must be an address that begins with https://')
          .optional(),
      },
      { error: asks('give an object', 'an object with name, logoUrl, accent and privacyUrl') },
    )
    .default({})
    .meta({ title: 'Marca' }),
  retentionDays: z
    .strictObject({ mails: days, surveys: days }, { error: asks('give an object', 'an object of days') })
    .default({})
    .meta({ title: 'Dias de retenção' }),
});

/**
 * Reads a whole document (the old settings with their change merged in).
 * @throws MaloteError `invalid` with every fault there is
 */
export function readSettingsDocument(document: JsonObject): Settings {
  const parsed = settingsSchema.safeParse(document);
  if (!parsed.success) throw refusal('invalid', toFieldErrors(parsed.error.issues));
  const { publicUrl, internalUrl, defaultLanguage, timeZone, branding, retentionDays } = parsed.data;
  return {
    publicUrl: publicUrl ?? null,
    internalUrl: internalUrl ?? null,
    defaultLanguage,
    timeZone,
    branding: {
      name: branding.name ?? null,
      logoUrl: branding.logoUrl ?? null,
      accent: branding.accent ?? null,
      privacyUrl: branding.privacyUrl ?? null,
    },
    retentionDays: { mails: retentionDays.mails ?? null, surveys: retentionDays.surveys ?? null },
  };
}

function tooPale(colour: string): string {
  const contrast = contrastBetween(colour, paper.light).toFixed(1);
  return `has a contrast of ${contrast} with white, and text needs ${LEAST_CONTRAST}`;
}

/** A base that addresses are appended to: normalised, without a final slash. */
function baseUrl(example: string) {
  const cure = `give the base address alone, such as ${example}`;
  return line(cure, 300)
    .superRefine((written, context) => {
      if (!isWebAddress(written)) {
        context.addIssue(`must begin with https:// (http:// only for localhost); ${cure}`);
        return;
      }
      const url = new URL(written);
      if (url.search !== '' || url.hash !== '' || written.includes('?') || written.includes('#')) {
        context.addIssue(`has a query or a fragment; ${cure}`);
      }
      if (url.username !== '' || url.password !== '') context.addIssue(`has a login; ${cure}`);
      if (/(^|\/)(api|s)(\/|$)/.test(url.pathname)) {
        context.addIssue(`has the path of a method; ${cure}: /api and /s are appended`);
      }
    })
    .transform(written => new URL(written).href.replace(/\/+$/, ''));
}

function isWebAddress(written: string): boolean {
  if (!URL.canParse(written)) return false;
  const { protocol, hostname } = new URL(written);
  const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  return protocol === 'https:' || (protocol === 'http:' && local);
}
