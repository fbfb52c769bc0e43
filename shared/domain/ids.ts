// The ids of what there is: of services and of mails. Texts become ids at the edge, by the functions here.

declare const brand: unique symbol;

/** Id of a service: lower-case letters, digits and hyphens, chosen by us when the service is created. */
export type ServiceId = string & { readonly [brand]: 'ServiceId' };

/** `{serviceId}.{64 hex digits}`: the identity of a mail, the same for ever, however often it is read. */
export type MailKey = string & { readonly [brand]: 'MailKey' };
