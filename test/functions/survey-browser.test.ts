// The page of a survey in a browser: whoever uses it, and however, can read it and answer; and a scanner answers nothing.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { languages } from '../../shared/domain/settings.ts';
import type { Invitation } from '../../shared/domain/survey/invitation.ts';
import { type Api, startApi } from '../http/api.ts';
import { faultsOf, useBrowser } from '../support/browser.ts';
import { invitation } from '../support/invitation.ts';
import { everyKind } from '../support/survey-questions.ts';
import { inDays, invite, type Visited, type Visitor, visitorOf } from '../support/survey-visitor.ts';

const browser = await useBrowser();
const api: Api = await startApi({}, ['survey-page']);
after(() => api.close());
afterEach(() => api.databaseFaults.clear());

const addressHash = 'b'.repeat(16);
const answer = {
  answeredAt: inDays(0),
  answeredDay: '2026-03-02',
  changedAt: null,
  changes: 0,
  language: 'pt-BR' as const,
  answers: [{ questionId: 'atendimento', kind: 'csat' as const, question: 'Como?', value: 4 }],
  comment: 'Bom',
  suspect: false,
  alert: false,
};
const old = { answer: { ...answer, answeredAt: inDays(-2) } };
const tenPosts = { posts: Array.from({ length: 10 }, () => inDays(0)) };

type Way = (visitor: Visitor, query: string) => Promise<Visited>;
const opened: Way = (visitor, query) => visitor.open(query);
const posted: Way = (visitor, query) => visitor.post({ comment: 'Olá' }, query);
const without = (operation: string): Way => {
  return async (visitor, query) => {
    api.databaseFaults.add({ on: operation, action: 'refuse' });
    const visited = await posted(visitor, query);
    api.databaseFaults.clear();
    return visited;
  };
};

const states: [name: string, status: number, changes: Partial<Invitation>, way: Way][] = [
  ['open, standard', 200, { addressHash }, opened],
  ['open, of every kind', 200, { survey: everyKind, addressHash }, opened],
  ['invalid', 422, { survey: everyKind }, posted],
  ['changeable', 200, { survey: everyKind, answer, addressHash }, opened],
  ['not asked again', 200, { addressHash, optedOutAt: inDays(0) }, opened],
  ['locked', 200, old, opened],
  ['locked, and too late', 200, old, posted],
  ['expired', 410, { expiresAt: inDays(-1) }, opened],
  ['too many', 429, tenPosts, posted],
  ['unavailable', 503, {}, without('read surveys')],
];

/** 1280 x 1024 at 400 % is 320 x 256. */
const views = [
  { width: 320, height: 256, colorScheme: 'light' },
  { width: 1280, height: 1024, colorScheme: 'light' },
  { width: 320, height: 256, colorScheme: 'dark' },
] as const;

/** Shows what the app answered, with its headers, as if the browser had asked. */
async function show(page: Page, { status, headers, html }: Visited): Promise<void> {
  await page.unrouteAll();
  await page.route('**/s/*', route =>
    route.fulfill({ status, headers: Object.fromEntries(headers), body: html }),
  );
  await page.goto(`${api.url}/s/shown`);
}

describe('in a browser', { skip: browser.skip }, () => {
  for (const [turn, [name, status, changes, way]] of states.entries()) {
    test(`${name}: readable for all, in each language, narrow and wide, by day and in the dark`, async () => {
      const page = await browser.open();
      const complaints: string[] = [];
      page.on('console', message => complaints.push(message.text()));
      for (const [index, language] of languages.entries()) {
        const visited = await way(await invite(api, { ...changes, language }), `?lang=${language}`);
        assert.equal(visited.status, status);
        await show(page, visited);
        // A look at everything takes long: each state has one in each view, and in each language, and so has each language.
        const thorough = views[(turn + index) % views.length];
        for (const view of views) {
          const { width, height, colorScheme } = view;
          await page.setViewportSize({ width, height });
          await page.emulateMedia({ colorScheme });
          const beyond = await page.evaluate<number>(`
            for (const details of document.querySelectorAll('details')) details.open = true;
            document.documentElement.scrollWidth - document.documentElement.clientWidth`);
          assert.equal(beyond, 0, `${name} ${language} ${width}: one has to scroll sideways`);
          if (view !== thorough) continue;
          assert.deepEqual(await faultsOf(page), [], `${name} ${language} ${width} ${colorScheme}`);
        }
      }
      const policy = complaints.filter(text => !/status of (4|5)\d\d/.test(text));
      assert.deepEqual(policy, []);
      await page.context().close();
    });
  }

  test('the page that opens nothing is readable for all', async () => {
    const page = await browser.open();
    for (const locale of languages) {
      const nobody = visitorOf(api, invitation({ attendanceId: 'nobody' }));
      await page.setExtraHTTPHeaders({ 'accept-language': locale });
      await page.goto(`${api.url}/s/${nobody.token}`);
      assert.equal(await page.getAttribute('html', 'lang'), locale);
      assert.deepEqual(await faultsOf(page), [], locale);
    }
    await page.context().close();
  });

  test('by keyboard alone a survey of every kind is answered', async () => {
    const page = await browser.open();
    const visitor = await invite(api, { survey: everyKind });
    await page.goto(`${api.url}/s/${visitor.token}`);
    const focused = () =>
      page.evaluate<Record<'name' | 'tag' | 'outlineStyle' | 'outlineWidth', string>>(`(() => {
        const { activeElement: element } = document;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return { name: element.getAttribute('name'), tag: element.tagName, outlineStyle, outlineWidth };
      })()`);
    const tabTo = async (wanted: string) => {
      for (let n = 0; n < 30; n++) {
        await page.keyboard.press('Tab');
        const { name, tag, outlineStyle, outlineWidth } = await focused();
        assert.ok(outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2, `${tag} shows no focus`);
        if (name === wanted || tag === wanted) return;
      }
      assert.fail(`${wanted} cannot be reached`);
    };
    await tabTo('q.atendimento');
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await tabTo('q.indicacao');
    await page.keyboard.press('ArrowUp');
    await tabTo('q.esforco');
    await page.keyboard.press('Space');
    await tabTo('text.falta');
    await page.keyboard.type('Nada');
    await tabTo('BUTTON');
    await page.keyboard.press('Enter');
    await page.waitForSelector('details');
    const { answer } = await visitor.kept();
    const said = answer?.answers.map(({ questionId, value }) => [questionId, value]);
    assert.deepEqual(said, [
      ['atendimento', 2],
      ['indicacao', 10],
      ['esforco', 1],
      ['falta', 'Nada'],
    ]);
    await page.context().close();
  });

  test('with scripts off it is corrected by the links of what is missing, and answered', async () => {
    const page = await browser.open({ javaScriptEnabled: false, viewport: { width: 320, height: 600 } });
    const visitor = await invite(api);
    await page.goto(`${api.url}/s/${visitor.token}`);
    await page.click('main button');
    await page.click('.box a');
    assert.match(page.url(), /#q-satisfaction$/);
    await page.check('text=5 – Ótimo');
    await page.click('main button');
    await page.waitForSelector('details');
    assert.equal((await visitor.kept()).answer?.answers[0]?.value, 5);
    await page.context().close();
  });

  test('with forced colours what is chosen and where one is can be seen', async () => {
    const page = await browser.open({ forcedColors: 'active' });
    const visitor = await invite(api, { survey: everyKind });
    await page.goto(`${api.url}/s/${visitor.token}?lang=en`);
    assert.deepEqual(await faultsOf(page), []);
    await page.focus('main textarea >> nth=-1');
    await page.keyboard.press('Tab');
    const seen = await page.evaluate(`(() => {
      const look = selector => getComputedStyle(document.querySelector(selector));
      const { borderTopStyle: border, outlineStyle: outline } = look('main button');
      return { radio: look('input[type=radio]').appearance, border, outline };
    })()`);
    assert.deepEqual(seen, { radio: 'auto', border: 'solid', outline: 'solid' });
    await page.context().close();
  });

  test('a scanner that follows every link, and one that runs scripts and waits, answer nothing', async () => {
    const visitor = await invite(api, { addressHash });
    const before = await visitor.kept();
    const links = ['', '?r=1', '?r=5'];
    for (const query of links) {
      for (const method of ['HEAD', 'GET']) {
        const { html } = await visitor.open(query, method);
        for (const [, href = ''] of html.matchAll(/href="(\?[^"]+)"/g)) {
          await visitor.open(href.replaceAll('&amp;', '&'), method);
        }
      }
    }
    const page = await browser.open();
    const methods: string[] = [];
    page.on('request', request => methods.push(request.method()));
    for (const query of links) {
      await page.goto(`${api.url}/s/${visitor.token}${query}`, { waitUntil: 'networkidle' });
    }
    assert.deepEqual(new Set(methods), new Set(['GET']));
    assert.deepEqual(await visitor.kept(), before);
    await page.context().close();
  });
});
