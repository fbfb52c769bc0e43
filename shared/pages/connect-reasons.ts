// Why a mailbox could not be connected, in the language of the person: the administrator's words are in English.
import type { Language } from '../domain/settings.ts';
import type { errorTraits, MaloteError } from '../errors.ts';

type Traits = typeof errorTraits;
type MailboxCode = {
  [Code in keyof Traits]: Traits[Code] extends { mailbox: true } ? Code : never;
}[keyof Traits];

/** Entra's numbers that say more than our code for them; see mailboxes/entra/errors.ts. */
type EntraNumber = 7000215 | 7000222 | 700027 | 700016 | 50011 | 53003 | 65001;

type Reasons = { byCode: Record<MailboxCode, string>; byNumber: Record<EntraNumber, string> };

/** One sentence and what is to be done, with Entra's number; empty for a failure of ours, of which nothing is told. */
export function reasonFor({ code, message }: MaloteError, language: Language): string {
  const { byCode, byNumber } = reasons[language];
  const [named, number = ''] = /AADSTS(\d{1,9})/.exec(message) ?? [];
  const known: Record<string, string | undefined> = { ...byCode, ...byNumber };
  const reason = known[number] ?? known[code] ?? '';
  return reason && named ? `${reason} (${named})` : reason;
}

const reasons: Record<Language, Reasons> = {
  'pt-BR': {
    byCode: {
      login_refused: 'O servidor de e-mail recusou o acesso.',
      login_unavailable: 'O login da Microsoft não responde no momento; tente mais tarde.',
      consent_required:
        'O consentimento não foi suficiente; é preciso dá-lo de novo, ou que um administrador o dê.',
      app_refused: 'A Microsoft não aceita o aplicativo; é preciso conferir o registro dele no Entra ID.',
      mailbox_missing: 'A caixa postal não foi encontrada.',
      permission_missing: 'O acesso à caixa postal não é permitido.',
      folder_missing: 'A caixa postal não tem a pasta configurada.',
      destination_missing: 'A caixa postal não tem a pasta de destino configurada.',
      disposal_refused: 'Os e-mails desta caixa postal não podem ser movidos nem excluídos.',
      host_unknown: 'O servidor de e-mail configurado não foi encontrado.',
      host_forbidden: 'O servidor de e-mail configurado não é permitido nesta instalação.',
      connection_refused: 'O servidor de e-mail não aceita conexões no endereço e na porta configurados.',
      connection_lost: 'A conexão com a caixa postal caiu; tente de novo.',
      mailbox_timeout: 'A caixa postal não respondeu a tempo; tente de novo.',
      mailbox_busy: 'A caixa postal está em uso por outro programa; tente mais tarde.',
      mailbox_throttled: 'O servidor limita a frequência de acesso à caixa postal; tente mais tarde.',
      tls_failed: 'Não foi possível criptografar a conexão com o servidor de e-mail.',
      certificate_invalid: 'O certificado do servidor de e-mail não é confiável.',
      protocol_violation: 'O servidor de e-mail respondeu algo inesperado.',
      secret_unreadable:
        'O segredo guardado do aplicativo não pode mais ser lido; é preciso informá-lo de novo.',
    },
    byNumber: {
      7000215:
        'O Entra ID não aceita o segredo do cliente; é preciso informar de novo o Valor dele, e não a ID.',
      7000222: 'O segredo do cliente expirou; é preciso criar outro e informá-lo.',
      700027: 'O Entra ID não conhece o certificado do aplicativo.',
      700016: 'O locatário não conhece o aplicativo; é preciso conferir a ID do cliente e a do locatário.',
      50011: 'O URI de redirecionamento não está registrado no aplicativo.',
      53003: 'Uma política da organização (acesso condicional) bloqueia o login.',
      65001: 'Falta o consentimento; talvez um administrador da organização tenha de dá-lo.',
    },
  },
  en: {
    byCode: {
      login_refused: 'The mail server refused the login.',
      login_unavailable: 'Microsoft’s sign-in does not answer at the moment; try again later.',
      consent_required: 'The consent was not enough; it has to be given again, or by an administrator.',
      app_refused:
        'Microsoft does not accept the application; its registration in Entra ID has to be checked.',
      mailbox_missing: 'The mailbox was not found.',
      permission_missing: 'The mailbox may not be opened.',
      folder_missing: 'The mailbox does not have the folder that is set.',
      destination_missing: 'The mailbox does not have the destination folder that is set.',
      disposal_refused: 'The mails of this mailbox can be neither moved nor deleted.',
      host_unknown: 'The mail server that is set cannot be found.',
      host_forbidden: 'The mail server that is set is not allowed in this installation.',
      connection_refused: 'The mail server takes no connections at the host and port that are set.',
      connection_lost: 'The connection to the mailbox broke; try again.',
      mailbox_timeout: 'The mailbox did not answer in time; try again.',
      mailbox_busy: 'The mailbox is in use by another program; try again later.',
      mailbox_throttled: 'The server limits how often the mailbox may be opened; try again later.',
      tls_failed: 'The connection to the mail server could not be encrypted.',
      certificate_invalid: 'The certificate of the mail server is not trusted.',
      protocol_violation: 'The mail server answered something unexpected.',
      secret_unreadable:
        'The kept secret of the application cannot be read any more; it has to be set again.',
    },
    byNumber: {
      7000215: 'Entra ID does not accept the client secret; its Value has to be set again, not its ID.',
      7000222: 'The client secret has expired; another one has to be made and set.',
      700027: 'Entra ID does not know the certificate of the application.',
      700016: 'The tenant does not know the application; its client ID and tenant ID have to be checked.',
      50011: 'The redirect URI is not registered with the application.',
      53003: 'A policy of the organisation (conditional access) blocks the sign-in.',
      65001: 'The consent is missing; an administrator of the organisation may have to give it.',
    },
  },
  es: {
    byCode: {
      login_refused: 'El servidor de correo rechazó el acceso.',
      login_unavailable: 'El inicio de sesión de Microsoft no responde en este momento; inténtelo más tarde.',
      consent_required:
        'El consentimiento no fue suficiente; hay que darlo de nuevo, o que lo dé un administrador.',
      app_refused: 'Microsoft no acepta la aplicación; hay que revisar su registro en Entra ID.',
      mailbox_missing: 'No se encontró el buzón.',
      permission_missing: 'No se permite abrir el buzón.',
      folder_missing: 'El buzón no tiene la carpeta configurada.',
      destination_missing: 'El buzón no tiene la carpeta de destino configurada.',
      disposal_refused: 'Los correos de este buzón no se pueden mover ni eliminar.',
      host_unknown: 'No se encontró el servidor de correo configurado.',
      host_forbidden: 'El servidor de correo configurado no se permite en esta instalación.',
      connection_refused:
        'El servidor de correo no acepta conexiones en la dirección y el puerto configurados.',
      connection_lost: 'La conexión con el buzón se cortó; inténtelo de nuevo.',
      mailbox_timeout: 'El buzón no respondió a tiempo; inténtelo de nuevo.',
      mailbox_busy: 'El buzón está en uso por otro programa; inténtelo más tarde.',
      mailbox_throttled: 'El servidor limita la frecuencia de acceso al buzón; inténtelo más tarde.',
      tls_failed: 'No se pudo cifrar la conexión con el servidor de correo.',
      certificate_invalid: 'El certificado del servidor de correo no es de confianza.',
      protocol_violation: 'El servidor de correo respondió algo inesperado.',
      secret_unreadable:
        'El secreto guardado de la aplicación ya no se puede leer; hay que indicarlo de nuevo.',
    },
    byNumber: {
      7000215: 'Entra ID no acepta el secreto del cliente; hay que indicar de nuevo su Valor, no su Id.',
      7000222: 'El secreto del cliente caducó; hay que crear otro e indicarlo.',
      700027: 'Entra ID no conoce el certificado de la aplicación.',
      700016: 'El inquilino no conoce la aplicación; hay que revisar el Id. de cliente y el de inquilino.',
      50011: 'El URI de redirección no está registrado en la aplicación.',
      53003: 'Una directiva de la organización (acceso condicional) bloquea el inicio de sesión.',
      65001: 'Falta el consentimiento; quizá deba darlo un administrador de la organización.',
    },
  },
};
