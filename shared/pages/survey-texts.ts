// What a customer reads who was asked how an attendance was, in each language.
import type { Language } from '../domain/settings.ts';
import type { FormFault } from '../domain/survey/read-answer.ts';

export type SurveyTexts = {
  /** Of the page that asks, and of the window when something is to be corrected. */
  title: string;
  corrected: (title: string) => string;
  intro: (company: string) => string;
  optional: string;
  comment: string;
  /** What nobody should fill in, where it is seen all the same. */
  leaveEmpty: string;
  send: string;
  sendChange: string;
  faultsTitle: string;
  faults: Record<FormFault['fault'], string>;
  thanks: string;
  changeableUntil: (until: string) => string;
  change: string;
  locked: string;
  late: string;
  unconfirmed: string;
  expired: { title: string; body: (since: string) => string };
  optedOut: { title: string; body: (company: string) => string; answerAnyway: string };
  tooMany: string;
  unavailable: string;
  tryAgain: string;
  typed: string;
  unknown: { title: string; body: string };
  trouble: { title: string; unread: string };
  languages: string;
  footer: {
    asks: (company: string) => string;
    kept: (days: number | null) => string;
    privacy: string;
    optOut: string;
  };
};

/** Each in its own words. */
export const languageNames: Record<Language, string> = {
  'pt-BR': 'Português',
  en: 'English',
  es: 'Español',
};

export const surveyTexts: Record<Language, SurveyTexts> = {
  'pt-BR': {
    title: 'Conte como foi',
    corrected: title => `Falta algo: ${title}`,
    intro: company => `${company} gostaria de saber como foi o seu atendimento. Leva menos de um minuto.`,
    optional: '(opcional)',
    comment: 'Quer contar mais alguma coisa?',
    leaveEmpty: 'Deixe este campo vazio',
    send: 'Enviar resposta',
    sendChange: 'Enviar alteração',
    faultsTitle: 'Sua resposta ainda não foi enviada',
    faults: {
      missing: 'Escolha ou escreva uma resposta.',
      notAChoice: 'Escolha uma das respostas.',
      tooLong: 'O texto é longo demais: use até 1.000 caracteres.',
      notAsked: 'Esta pesquisa não tem comentário: apague o texto.',
    },
    thanks: 'Agradecemos a sua resposta',
    changeableUntil: until => `Se quiser, você pode alterá-la até ${until}.`,
    change: 'Alterar a resposta',
    locked: 'Ela foi registrada e já não pode ser alterada.',
    late: 'A alteração chegou tarde demais: vale a resposta que você já tinha enviado.',
    unconfirmed:
      'A alteração ainda não foi enviada: confira as respostas abaixo e envie mais uma vez, por favor.',
    expired: {
      title: 'Esta pesquisa já terminou',
      body: since => `O prazo para responder acabou em ${since}. Agradecemos o seu interesse.`,
    },
    optedOut: {
      title: 'Você não receberá mais pesquisas',
      body: company => `Está anotado: ${company} não pedirá mais a sua opinião.`,
      answerAnyway: 'Responder mesmo assim a esta pesquisa',
    },
    tooMany: 'Esta página foi enviada vezes demais em pouco tempo. Aguarde uma hora e envie de novo.',
    unavailable:
      'Não foi possível guardar a sua resposta, e não por sua causa. Nada se perdeu: aguarde um momento e envie de novo.',
    tryAgain: 'Enviar de novo',
    typed: 'O que você escreveu',
    unknown: {
      title: 'Este link não abre nenhuma pesquisa',
      body: 'Talvez o endereço esteja incompleto: abra o link de novo a partir da mensagem que você recebeu.',
    },
    trouble: {
      title: 'Algo não funcionou',
      unread:
        'O que foi enviado não pôde ser lido. Volte à página anterior, encurte os textos e envie de novo.',
    },
    languages: 'Idioma',
    footer: {
      asks: company => `Quem pergunta: ${company}.`,
      kept: days =>
        days === null
          ? 'A resposta é guardada sem prazo definido.'
          : `A resposta é guardada por ${days} ${days === 1 ? 'dia' : 'dias'}.`,
      privacy: 'Privacidade',
      optOut: 'Não quero mais receber pesquisas',
    },
  },
  en: {
    title: 'Tell us how it went',
    corrected: title => `Something is missing: ${title}`,
    intro: company => `${company} would like to know how you were served. It takes less than a minute.`,
    optional: '(optional)',
    comment: 'Is there anything else you would like to tell us?',
    leaveEmpty: 'Leave this field empty',
    send: 'Send answer',
    sendChange: 'Send change',
    faultsTitle: 'Your answer has not been sent yet',
    faults: {
      missing: 'Choose or write an answer.',
      notAChoice: 'Choose one of the answers.',
      tooLong: 'The text is too long: use up to 1,000 characters.',
      notAsked: 'This survey has no comment: clear the text.',
    },
    thanks: 'Thank you for your answer',
    changeableUntil: until => `If you like, you can change it until ${until}.`,
    change: 'Change the answer',
    locked: 'It was recorded and can no longer be changed.',
    late: 'The change came too late: the answer that you sent before holds.',
    unconfirmed: 'The change was not sent yet: please look at the answers below and send them once more.',
    expired: {
      title: 'This survey has ended',
      body: since => `It could be answered until ${since}. Thank you for your interest.`,
    },
    optedOut: {
      title: 'You will not receive any more surveys',
      body: company => `It is noted: ${company} will not ask for your opinion again.`,
      answerAnyway: 'Answer this survey all the same',
    },
    tooMany: 'This page was sent too many times within a short while. Wait an hour and send it again.',
    unavailable:
      'Your answer could not be kept, and not because of you. Nothing is lost: wait a moment and send it again.',
    tryAgain: 'Send again',
    typed: 'What you wrote',
    unknown: {
      title: 'This link does not open any survey',
      body: 'The address may be incomplete: open the link once more from the message that you received.',
    },
    trouble: {
      title: 'Something did not work',
      unread:
        'What was sent could not be read. Go back to the page before, shorten the texts and send it again.',
    },
    languages: 'Language',
    footer: {
      asks: company => `Who asks: ${company}.`,
      kept: days =>
        days === null
          ? 'The answer is kept without a fixed term.'
          : `The answer is kept for ${days} ${days === 1 ? 'day' : 'days'}.`,
      privacy: 'Privacy',
      optOut: 'I do not want any more surveys',
    },
  },
  es: {
    title: 'Cuéntenos cómo le fue',
    corrected: title => `Falta algo: ${title}`,
    intro: company => `${company} quisiera saber cómo fue su atención. Le llevará menos de un minuto.`,
    optional: '(opcional)',
    comment: '¿Quiere contarnos algo más?',
    leaveEmpty: 'Deje este campo vacío',
    send: 'Enviar respuesta',
    sendChange: 'Enviar cambio',
    faultsTitle: 'Su respuesta aún no se ha enviado',
    faults: {
      missing: 'Elija o escriba una respuesta.',
      notAChoice: 'Elija una de las respuestas.',
      tooLong: 'El texto es demasiado largo: use hasta 1.000 caracteres.',
      notAsked: 'Esta encuesta no tiene comentario: borre el texto.',
    },
    thanks: 'Agradecemos su respuesta',
    changeableUntil: until => `Si lo desea, puede cambiarla hasta el ${until}.`,
    change: 'Cambiar la respuesta',
    locked: 'Quedó registrada y ya no se puede cambiar.',
    late: 'El cambio llegó demasiado tarde: vale la respuesta que ya había enviado.',
    unconfirmed:
      'El cambio aún no se envió: revise las respuestas de abajo y envíelas una vez más, por favor.',
    expired: {
      title: 'Esta encuesta ya terminó',
      body: since => `El plazo para responder acabó el ${since}. Agradecemos su interés.`,
    },
    optedOut: {
      title: 'No recibirá más encuestas',
      body: company => `Queda anotado: ${company} no volverá a pedirle su opinión.`,
      answerAnyway: 'Responder de todos modos a esta encuesta',
    },
    tooMany: 'Esta página se envió demasiadas veces en poco tiempo. Espere una hora y envíela de nuevo.',
    unavailable:
      'No se pudo guardar su respuesta, y no por su causa. Nada se ha perdido: espere un momento y envíela de nuevo.',
    tryAgain: 'Enviar de nuevo',
    typed: 'Lo que escribió',
    unknown: {
      title: 'Este enlace no abre ninguna encuesta',
      body: 'Quizá la dirección esté incompleta: abra el enlace de nuevo desde el mensaje que recibió.',
    },
    trouble: {
      title: 'Algo no funcionó',
      unread:
        'Lo enviado no se pudo leer. Vuelva a la página anterior, acorte los textos y envíelo de nuevo.',
    },
    languages: 'Idioma',
    footer: {
      asks: company => `Quién pregunta: ${company}.`,
      kept: days =>
        days === null
          ? 'La respuesta se guarda sin plazo definido.'
          : `La respuesta se guarda durante ${days} ${days === 1 ? 'día' : 'días'}.`,
      privacy: 'Privacidad',
      optOut: 'No quiero recibir más encuestas',
    },
  },
};
