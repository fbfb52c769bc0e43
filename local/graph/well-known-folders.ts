// The folders that every mailbox has from its first day, and the names that find them in any language.
// https://learn.microsoft.com/graph/api/resources/mailfolder

export type WellKnownFolder = { name: string; displayName: string; isHidden?: boolean };

/** What all folders that a person sees are below. */
export const rootName = 'msgfolderroot';

export const wellKnownFolders: readonly WellKnownFolder[] = [
  { name: 'archive', displayName: 'Archive' },
  { name: 'clutter', displayName: 'Clutter', isHidden: true },
  { name: 'conversationhistory', displayName: 'Conversation History' },
  { name: 'deleteditems', displayName: 'Deleted Items' },
  { name: 'drafts', displayName: 'Drafts' },
  { name: 'inbox', displayName: 'Inbox' },
  { name: 'junkemail', displayName: 'Junk Email' },
  { name: 'outbox', displayName: 'Outbox' },
  { name: 'sentitems', displayName: 'Sent Items' },
];

/** Beside the root, not below it: where mail goes that is deleted out of Deleted Items. */
export const recoverableName = 'recoverableitemsdeletions';
