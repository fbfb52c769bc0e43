// What a person reads who was asked to let a mailbox be read, in each language.
import type { Language } from '../domain/settings.ts';
import { type Html, html } from './html.ts';

type Text = { title: string; body: Html };

export type ConnectTexts = {
  connected: (account: string, address: string) => Text;
  cannotOpen: (account: string, address: string) => Text;
  declined: (entraCode: string) => Text;
  stale: Text;
  failed: (code: string, reason: string) => Text;
};

function paragraph(text: string): Html {
  return text === '' ? html`` : html`<p>${text}</p>`;
}

export const connectTexts: Record<Language, ConnectTexts> = {
  'pt-BR': {
    connected: (account, address) => ({
      title: 'A caixa postal está conectada',
      body: html`<p>A partir de agora, a conta <strong>${account}</strong> lê a caixa postal <strong>${address}</strong>.</p>
<p>Você pode fechar esta página.</p>`,
    }),
    cannotOpen: (account, address) => ({
      title: 'Esta conta não pode abrir a caixa postal',
      body: html`<p>A conta <strong>${account}</strong> não pode abrir a caixa postal <strong>${address}</strong>. Nada foi guardado.</p>
<p>Para entrar com outra conta, ou depois de essa conta receber acesso à caixa postal, peça um novo link ao administrador.</p>`,
    }),
    declined: entraCode => ({
      title: 'O consentimento não foi dado',
      body: html`<p>A caixa postal não foi conectada. Código da Microsoft: <strong>${entraCode}</strong></p>
<p>Se não era essa a intenção, peça um novo link ao administrador.</p>`,
    }),
    stale: {
      title: 'Este link não vale mais',
      body: html`<p>Ele já foi usado ou é antigo demais. Se a caixa postal já foi conectada, não falta mais nada; se não, peça um novo link ao administrador.</p>`,
    },
    failed: (code, reason) => ({
      title: 'A caixa postal não foi conectada',
      body: html`<p>Algo não funcionou, e não por sua causa. Informe o administrador: <strong>${code}</strong></p>
${paragraph(reason)}
<p>Para tentar de novo, peça a ele um novo link.</p>`,
    }),
  },
  en: {
    connected: (account, address) => ({
      title: 'The mailbox is connected',
      body: html`<p>From now on the account <strong>${account}</strong> reads the mailbox <strong>${address}</strong>.</p>
<p>You can close this page.</p>`,
    }),
    cannotOpen: (account, address) => ({
      title: 'This account cannot open the mailbox',
      body: html`<p>The account <strong>${account}</strong> cannot open the mailbox <strong>${address}</strong>. Nothing was kept.</p>
<p>To sign in with another account, or once this one was given access to the mailbox, ask the administrator for a new link.</p>`,
    }),
    declined: entraCode => ({
      title: 'Consent was not given',
      body: html`<p>The mailbox was not connected. Microsoft’s code: <strong>${entraCode}</strong></p>
<p>If that was not meant, ask the administrator for a new link.</p>`,
    }),
    stale: {
      title: 'This link is no longer valid',
      body: html`<p>It was used already, or is too old. If the mailbox was connected, nothing more is needed; if not, ask the administrator for a new link.</p>`,
    },
    failed: (code, reason) => ({
      title: 'The mailbox was not connected',
      body: html`<p>Something did not work, and not because of you. Tell the administrator: <strong>${code}</strong></p>
${paragraph(reason)}
<p>To try again, ask for a new link.</p>`,
    }),
  },
  es: {
    connected: (account, address) => ({
      title: 'El buzón está conectado',
      body: html`<p>Desde ahora, la cuenta <strong>${account}</strong> lee el buzón <strong>${address}</strong>.</p>
<p>Puede cerrar esta página.</p>`,
    }),
    cannotOpen: (account, address) => ({
      title: 'Esta cuenta no puede abrir el buzón',
      body: html`<p>La cuenta <strong>${account}</strong> no puede abrir el buzón <strong>${address}</strong>. No se guardó nada.</p>
<p>Para iniciar sesión con otra cuenta, o cuando esa cuenta tenga acceso al buzón, pida un enlace nuevo al administrador.</p>`,
    }),
    declined: entraCode => ({
      title: 'No se dio el consentimiento',
      body: html`<p>El buzón no se conectó. Código de Microsoft: <strong>${entraCode}</strong></p>
<p>Si no era esa la intención, pida un enlace nuevo al administrador.</p>`,
    }),
    stale: {
      title: 'Este enlace ya no es válido',
      body: html`<p>Ya se usó, o es demasiado antiguo. Si el buzón ya se conectó, no falta nada más; si no, pida un enlace nuevo al administrador.</p>`,
    },
    failed: (code, reason) => ({
      title: 'El buzón no se conectó',
      body: html`<p>Algo no funcionó, y no por su causa. Informe al administrador: <strong>${code}</strong></p>
${paragraph(reason)}
<p>Para volver a intentarlo, pídale un enlace nuevo.</p>`,
    }),
  },
};
