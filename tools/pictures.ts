// Draws the page of a survey in its states for docs/: with the system's Chromium, the same page whoever draws it.
// Usage: npm run pictures
import { mkdirSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { defaultSettings } from '../shared/domain/settings.ts';
import type { Invitation } from '../shared/domain/survey/invitation.ts';
import { type Returned, type SurveyView, surveyPage } from '../shared/pages/survey-page.ts';

const folder = 'docs/pictures';
const now = new Date('2026-03-03T12:00:00Z');
const invitation = {
  serviceName: 'Suporte',
  expiresAt: '2026-03-16T18:00:00.000Z',
  changeableHours: 24,
  language: 'pt-BR',
  addressHash: 'x',
  answer: null,
  survey: {
    type: 'standard',
    questions: [{ id: 'satisfaction', type: 'csat', text: null, required: true }],
    commentDisabled: false,
    linkText: null,
  },
} as unknown as Invitation;
const scales: Invitation['survey'] = {
  type: 'custom',
  questions: [
    { id: 'nps', type: 'nps', text: 'Would you recommend us to a friend?', required: true },
    { id: 'ces', type: 'ces', text: 'How easy was it to have your request handled?', required: true },
  ],
  commentDisabled: false,
  linkText: null,
};
const answer = { answeredAt: '2026-03-03T11:00:00.000Z', answers: [], comment: null } as never;
const missing: Returned = {
  outcome: 'invalid',
  values: new URLSearchParams({ comment: 'Todo bien.' }),
  faults: [{ field: 'q.satisfaction', fault: 'missing' }],
};

type Drawing = {
  changes?: Partial<Invitation>;
  view?: Partial<SurveyView>;
  returned?: Returned;
  isDark?: true;
  part?: 'main';
};
const drawings: Record<string, Drawing> = {
  open: { view: { chosen: '4' } },
  'scales-dark': { changes: { survey: scales }, view: { language: 'en' }, isDark: true, part: 'main' },
  invalid: { view: { language: 'es' }, returned: missing, part: 'main' },
  answered: { changes: { answer } },
};

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [name, { changes, view, returned, isDark, part = 'body' }] of Object.entries(drawings)) {
  const page = await browser.newPage({
    viewport: { width: 340, height: 400 },
    colorScheme: isDark ? 'dark' : 'light',
  });
  const branding = { ...defaultSettings.branding, name: 'Contoso', privacyUrl: 'https://contoso.example/' };
  const made = surveyPage(
    {
      invitation: { ...invitation, ...changes },
      settings: { ...defaultSettings, branding },
      logo: null,
      language: 'pt-BR',
      now,
      shownAt: '',
      ...view,
    },
    returned,
  );
  await page.setContent(made.html);
  writeFileSync(`${folder}/survey-${name}.png`, await page.locator(part).screenshot());
  await page.close();
}
await browser.close();
