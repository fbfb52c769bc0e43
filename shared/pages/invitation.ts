// The invitation ready to be sent: a subject, a text, and HTML that mail programs show, which have no style sheets and load nothing.
import type { Invitation } from '../domain/survey/invitation.ts';
import { type AskedQuestion, wordsOf } from '../domain/survey/question.ts';
import { Html, html } from './html.ts';
import { invitationTexts } from './invitation-texts.ts';
import { scaleTexts } from './scale-texts.ts';

type Facts = {
  invitation: Invitation;
  link: string;
  /** Who asks, as customers know them. */
  sender: string;
  /** IANA name. */
  timeZone: string;
};

export type ReadyInvitation = { subject: string; text: string; html: string };

const body =
  'margin:0;padding:24px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:24px;color:#1a1a1a;background-color:#ffffff';
const choice =
  'display:inline-block;padding:8px 16px;border:1px solid #5f6368;border-radius:4px;color:#0b4f8a;text-decoration:none';

/** What a customer reads. The choices of a standard survey are links that open the page with theirs chosen; none is an answer yet. */
export function readyInvitation({ invitation, link, sender, timeZone }: Facts): ReadyInvitation {
  const { language, survey, customerName, expiresAt } = invitation;
  const words = invitationTexts[language];
  const [question] = survey.questions;
  const isStandard = survey.type === 'standard' && question !== undefined;
  const greeting = words.greeting(customerName);
  const lead = isStandard ? words.thanks(sender) : words.request(sender);
  const asked = isStandard ? wordsOf(question, language) : undefined;
  const linkText = survey.linkText ?? words.linkText;
  const until = words.until(
    new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(new Date(expiresAt)),
  );
  const subject = words.subject(sender);
  const paragraphs = [greeting, lead, ...(asked === undefined ? [] : [asked])];
  return {
    subject,
    text: `${[...paragraphs, `${words.answerAt} ${link}`, until].join('\n\n')}\n`,
    html: html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${subject}</title>
</head>
<body style="${body}">
<p>${greeting}</p>
<p>${lead}</p>
${isStandard ? choices(question, invitation, link) : ''}<p><a href="${link}" style="color:#0b4f8a">${linkText}</a></p>
<p style="font-size:14px;color:#5f6368">${until}</p>
</body>
</html>
`.text,
  };
}

function choices(question: AskedQuestion, { language }: Invitation, link: string): Html {
  const links = scaleTexts[language].csat.map(
    (word, index) =>
      html`<p style="margin:8px 0"><a href="${link}?r=${`${index + 1}`}" style="${choice}">${`${index + 1}`} &ndash; ${word}</a></p>
`.text,
  );
  return html`<p><strong>${wordsOf(question, language)}</strong></p>
${new Html(links.join(''))}`;
}
