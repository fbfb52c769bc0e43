// How servers say for people to read that a mail did not arrive: their names, their subjects, their words.

/** Who sends bounces and hardly anything else: the local parts of their From. */
const daemonAddress =
  /^(?:mailer-?daemon|mail-?daemon|post_?master|mail(?:er)?[-_.]?(?:delivery|system)|mail(?:er)?[-_.]?(?:delivery|system)[\w.-]{1,40}|mdaemon|[\w.-]{1,40}-mta-sts|ndr|microsoftexchange[0-9a-f]+|no-?reply-?bounce)@/i;
const daemonName =
  /mail(?:er)?[ -]?daemon|mail delivery|delivery (?:sub)?system|post_?master|(?:mail|system) administrator/i;

/** What subjects say of a failure when a server writes them. */
const failureSubject =
  /undeliver|non.?deliver|returned (?:mail|to sender)|failure notice|(?:delivery|mail|message|e-?mail).{0,40}(?:fail|problem|error|delay|status|not deliver|refus|reject|return)|(?:could|can|was|is|has).{0,4} ?not.{0,20}deliver|user unknown|unzustellbar|nicht (?:zugestellt|zustellbar)|não (?:foi |é possível )?entreg|falha (?:na|de) entrega|devolvid[oa]|no (?:se (?:pud[oe]|puede|ha podido) )?entreg|non remis|non distribu|échec|(?:mancat[ao]|mancato) (?:consegna|recapito)|non recapitabile|onbestelbaar|недоставлен|не доставлен|配信|配達|不達|送信|退信/i;

/** Whole subjects that hardly a person writes, from servers that say nothing else of themselves. */
const failureSubjectAlone =
  /^(?:undeliver(?:able|ed)(?: mail| message)?(?: returned to sender)?\s?(?::|$)|mail delivery (?:failed|failure|system)|(?:mail|message|e-?mail) could not be delivered|message delivery has failed|delivery (?:status )?(?:notification|failure)|failure notice|returned mail\s?:|unzustellbar\s?:|não (?:foi possível entregar|entregue|é possível entregar)\s?:|no se puede entregar\s?:|non remis\s?:)/i;

const success = /(?:^|[^n])success|\brelayed\b/i;

/** What their first lines say. */
const failureText = new RegExp(
  [
    /undeliver|(?:could|can|was|has|have|were|is)(?: ?not|n['’]t)(?: yet)?(?: been| be)?(?: successfully)? (?:deliver|sen[dt]|reach)/,
    /not (?:be )?(?:successfully )?delivered|(?:unable|not able) to (?:deliver|send|reach)|did ?n[o'’]t reach|failed to deliver/,
    /delivery (?:to the following|has failed|has been failed|failed|failure|attempts?|error)|(?:error|problem|trouble)[^\n]{0,30}deliver|deliver[^\n]{0,20}problems/,
    /permanent(?:ly)? (?:fatal )?(?:error|fail)|fatal errors|user (?:is )?unknown|unknown (?:user|recipient)|no such (?:user|person|recipient)/,
    /no valid recipient|mailbox (?:is )?(?:full|unavailable|not found|disabled)|recipients? (?:rejected|failed|could|unknown)/,
    /returned to (?:you|sender|the sender)|following (?:address|recipient)|not listed in|has been (?:rejected|blocked|returned)/,
    /over ?quota|will be retried|(?:^|[^\d.])5\d\d[ -]5\.\d{1,3}\.\d{1,3}|host unknown|mail(?:box|folder)? is full/,
    /não (?:foi|pôde|pode|conseguimos|conseguiu)[^\n]{0,20}(?:entreg|envi)|não entregue|falha na entrega|não (?:foi )?encontrad|caixa[^\n]{0,20}cheia/,
    /no (?:se )?(?:ha podido|ha sido|pudo|puede|fue|han podido)[^\n]{0,20}entreg|no se entreg|no se ha encontrado/,
    /nicht (?:zugestellt|zustellbar|ausgeliefert)|unzustellbar|konnte nicht|n['’]a pas (?:pu être|été) (?:remis|distribu|envoy)|non remis/,
    /échec de (?:la )?(?:remise|distribution)|non (?:è stato|è possibile)[^\n]{0,20}(?:recapit|consegn)|kon niet worden (?:bezorgd|afgeleverd)/,
    /не (?:может быть|была?|было|удалось|смогли)[^\n]{0,20}достав|недоставлен|не доставлен/,
    /(?:配信|配達|送信|お届け|届け)[^\n]{0,20}(?:できません|出来ません|でき|失敗|不能)|エラー|见附件|退信|无法(?:投递|送达)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

const delayText =
  /has not yet been delivered|will (?:be retried|keep trying|continue to try|try again)|warning message only|(?:do|need) not (?:need to )?resend|delivery (?:is |has been )?delayed|not (?:been )?delivered (?:yet|after)/i;
const delaySubject = /delay|warning|atrasad|retras|verzögert|retard/i;

/** Where the report ends and the mail that bounced begins. */
const originalBelow =
  /^[\s>]{0,8}-{2,}.{0,20}(?:below this line|(?:this|enclosed) is a copy|original (?:message|mail)|unsent message|undelivered message|returned (?:mail|message)|message header|the header|header of)|^.{0,8}(?:the |your )?original (?:message|mail|header)s? ?(?:follows|below|is (?:below|attached)|:)|^(?:message headers? follow|(?:a )?copy of (?:the|your) message|the header of the original|mensagem original|-{2,}.{0,5}mensagem original)|^[ \t>]{0,8}(?:Received|Return-Path|DKIM-Signature):\s/im;

/** So much of a report is read, the beginning of the mail that it returns included. */
const reportCharacters = 40_000;
/** So much of what the server itself wrote. */
const proseCharacters = 20_000;

/** What the server wrote, and the beginning of the mail that it returns in its text; empty when it returns none there. */
export function splitReport(text: string): { prose: string; returned: string } {
  const read = text.slice(0, reportCharacters);
  const below = originalBelow.exec(read);
  return {
    prose: read.slice(0, Math.min(below?.index ?? read.length, proseCharacters)),
    returned: below ? read.slice(below.index) : '',
  };
}

/** What of a header speaks for a report of a failure, each by itself not enough. */
export type FailureSigns = {
  /** Whether its From is a server's. */
  daemon: boolean;
  subject: boolean;
  /** Whether only a server writes such a subject. */
  subjectAlone: boolean;
};

/** @param from the first sender, undefined when there is none */
export function readFailureSigns(
  from: { name: string; address: string } | undefined,
  subject: string,
): FailureSigns {
  const arrived = success.test(subject);
  return {
    daemon:
      from !== undefined && (daemonAddress.test(from.address) || daemonName.test(from.name.slice(0, 200))),
    subject: !arrived && failureSubject.test(subject),
    subjectAlone: !arrived && failureSubjectAlone.test(subject),
  };
}

/** Whether a server says in its own words that a mail did not arrive. */
export function saysFailed(subject: string, prose: string): boolean {
  return !success.test(subject) && failureText.test(prose);
}

/** Whether the server goes on trying. */
export function saysDelayed(subject: string, prose: string): boolean {
  return delayText.test(prose) || (delaySubject.test(subject) && !/fail/i.test(subject));
}
